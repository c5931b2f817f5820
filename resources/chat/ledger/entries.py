"""What is put into the ledger and what is found there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resources.chat.messages import Answer, ChatReply


class LedgerError(RuntimeError):
    """The ledger cannot be read or written; asking stops, nothing that was committed is lost."""


@dataclass(frozen=True, slots=True)
class Received:
    """A response, with the answer it gave to each of its items.

    Attributes:
        response_id: 32 hexadecimal characters; the ledger takes each only once.
        keys: The items' answer keys, 32 hexadecimal characters each.
        items: The items themselves, for replay.
        reply: The response; one with outcome ``FAILED`` was not paid for and is not kept.
        answers: One answer a key.
    """

    response_id: str
    stage: str
    model: str
    prompt_version: str
    image_id: str | None
    keys: Sequence[str]
    items: Sequence[Mapping[str, Any]]
    reply: ChatReply
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds under a key."""

    answer: Answer
    attempts: int
