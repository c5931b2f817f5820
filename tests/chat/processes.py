"""What these tests do in processes of their own, forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from asked import FILTER, labels, openai_model, picture, picture_of

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.limits import Limits
from resources.chat.messages import Answer


def forking(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Return what starts processes within milliseconds, and shares no thread with this one."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["processes"])
    return context


def ask_the_filter(url: str, folder: str, pictures: int, items: int) -> list[Answer]:
    """Ask the filter about every picture of a folder and every item; a process of its own may."""
    questions = [q for n in range(pictures) for q in labels(picture_of(Path(folder), n), items)]
    model = openai_model(url, concurrency=16, items_per_request=2)
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
    answers, _ = ask(FILTER, questions, model, ledger)
    ledger.close()
    return answers


def ask_at_a_rate(
    server: str, ledger: str, folder: str, number: int, per_minute: int, seconds: float
) -> None:
    """Ask about one picture for so long, within a rate that all who share the ledger keep."""
    questions = labels(picture(Path(folder), number), 10_000)
    model = openai_model(f"{server}/v1", items_per_request=1, concurrency=32)
    limits = Limits("shared", requests_per_minute=per_minute, deadline_s=seconds)
    held = Ledger(ledger)
    ask(FILTER, questions, model, held, limits=limits)
    held.close()
