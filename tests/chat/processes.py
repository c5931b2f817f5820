"""What these tests do in processes of their own, forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from asked import (
    FILTER,
    VOTE,
    PricedModel,
    labels,
    openai_model,
    picture,
    picture_of,
    plain_stage,
    votes,
)

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.limits import Limits
from resources.chat.limits.budget import Budget, BudgetSpent
from resources.chat.messages import Answer
from resources.chat.stages import Question


def forking(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Return what starts processes within milliseconds, and shares no thread with this one."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["processes"])
    return context


def ask_the_filter(
    url: str, folder: str, pictures: int, items: int, items_per_request: int = 2
) -> list[Answer]:
    """Ask the filter about every picture of a folder and every item; a process of its own may."""
    questions = [q for n in range(pictures) for q in labels(picture_of(Path(folder), n), items)]
    model = openai_model(url, concurrency=16, items_per_request=items_per_request)
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
    answers, _ = ask(FILTER, questions, model, ledger)
    ledger.close()
    return answers


def ask_for_votes(
    server: str, ledger: str, folder: str, pictures: Sequence[int], items: int
) -> list[Answer]:
    """Ask a referee about every item of these pictures, in this order."""
    questions = [q for n in pictures for q in votes(picture_of(Path(folder), n), items)]
    held = Ledger(ledger)
    answers, _ = ask(VOTE, questions, openai_model(server, concurrency=4), held)
    held.close()
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


def ask_within_a_budget(ledger: str, first: int, total_usd: float) -> None:
    """Ask until everybody's budget ends; each request may cost 1.0 and costs 0.25."""
    questions = [Question({"n": first + n}) for n in range(400)]
    held = Ledger(ledger)
    with suppress(BudgetSpent):
        model = PricedModel(concurrency=8, latency_s=0.01)
        ask(plain_stage(), questions, model, held, budget=Budget(total_usd))
    held.close()


def ask_within_a_budget_for_ever(ledger: str, total_usd: float) -> None:
    """Hold a part of the budget until killed."""
    held = Ledger(ledger)
    model = PricedModel(concurrency=8, latency_s=3600)
    ask(
        plain_stage(),
        [Question({"n": -n}) for n in range(8)],
        model,
        held,
        budget=Budget(total_usd),
    )
