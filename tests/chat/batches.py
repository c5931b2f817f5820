"""What the tests of batches ask with."""

from __future__ import annotations

from collections import Counter
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from asked import VOTE, picture, votes
from batch_server import BatchServer

from resources.chat.asking import Tally, ask
from resources.chat.batch.jobs import Job, JobStore
from resources.chat.batch.model import BatchChat
from resources.chat.ledger import Ledger
from resources.chat.messages import Answer
from tg_assets.settings import OpenAIBatchModel, Price

NAME = "cheap"


def batch_model(url: str, **settings: Any) -> BatchChat:
    values = {
        "model": "schema",
        "price": Price(input=1.0, output=10.0),
        "base_url": url,
        "api_key_env": None,
        "poll_s": 0.02,
        "timeout_s": 10,
        **settings,
    }
    return BatchChat(NAME, OpenAIBatchModel(provider="openai-batch", **values))


def opened(folder: Path) -> Ledger:
    return Ledger(f"sqlite:///{folder}/ledger.sqlite")


def jobs(ledger: Ledger) -> list[Job]:
    return JobStore(ledger.engine).jobs()


def executed_twice(server: BatchServer) -> list[tuple[str, str]]:
    """Return the (image, item) pairs that the server carried out more than once."""
    seen = Counter(
        (entry["image"], str(item)) for entry in server.executed for item in entry["items"]
    )
    return [pair for pair, count in seen.items() if count > 1]


def ask_votes(
    url: str, folder: Path, count: int, first_picture: int = 1, **settings: Any
) -> tuple[list[Answer], Tally]:
    """Ask for votes about a picture, in whatever process this is."""
    ledger = opened(folder)
    try:
        questions = votes(picture(folder, first_picture), count)
        return ask(VOTE, questions, batch_model(url, **settings), ledger)
    finally:
        ledger.close()


FORKED = get_context("forkserver")
"""Processes that have the provider imported already: real ones, begun in a moment."""
FORKED.set_forkserver_preload(["batches"])


def start_asking(url: str, folder: Path, count: int) -> BaseProcess:
    """Ask in a process of its own, which can be killed."""
    process = FORKED.Process(target=ask_votes, args=(url, folder, count), daemon=True)
    process.start()
    return process
