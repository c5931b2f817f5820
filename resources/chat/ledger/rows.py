"""Rows as they go to the database: plain tuples, because there are very many of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from resources.chat.ledger.entries import Received
from resources.chat.ledger.packing import pack
from resources.chat.ledger.schema import FINAL_CODES, KEY_CHARS, OUTCOME_CODES
from resources.chat.messages import Json, Outcome

Asking = tuple[str, str, str]
"""Stage, model, prompt version."""


class ResponseRow(NamedTuple):
    """A row of ``responses``, without its number."""

    id: str
    asking: int
    image_id: str | None
    item_keys: bytes
    items: bytes
    outcome: int
    reason: str | None
    raw: bytes
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    latency_s: float
    received_at: int


class AnswerRow(NamedTuple):
    """A row of ``answers``."""

    key: str
    asking: int
    response: int | None
    outcome: int
    value: str | None
    reason: str | None
    attempts: int
    asked: bytes | None


@dataclass(slots=True)
class Sums:
    """What responses add to the sums of what is asked of whom."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    latency_s: float = 0.0


def asking_of(item: Received) -> Asking:
    """Return what was asked of whom."""
    return item.stage, item.model, item.prompt_version


def is_paid(item: Received) -> bool:
    """Whether there is a response to keep."""
    return item.reply.outcome != Outcome.FAILED


def response_row(item: Received, asking: int) -> ResponseRow:
    """Return a response's row."""
    reply = item.reply
    return ResponseRow(
        id=checked(item.response_id),
        asking=asking,
        image_id=item.image_id,
        item_keys=bytes.fromhex("".join(map(checked, item.keys))),
        items=pack(_json(list(item.items))),
        outcome=OUTCOME_CODES[reply.outcome],
        reason=storable(reply.reason),
        raw=pack(reply.raw),
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost_usd=reply.cost_usd,
        latency_s=reply.latency_s,
        received_at=time.time_ns() // 1_000_000,
    )


def answer_rows(item: Received, asking: int, response: int | None) -> Iterator[AnswerRow]:
    """Return the rows of a response's answers; null: a request that was not paid for."""
    attempts = int(response is not None)  # only what was paid for counts against the limit
    for key, asked, answer in zip(item.keys, item.items, item.answers, strict=True):
        yield AnswerRow(
            checked(key),
            asking,
            response,
            OUTCOME_CODES[answer.outcome],
            None if answer.value is None else _json(answer.value),
            None if answer.reason is None else storable(answer.reason),
            attempts,
            None if attempts else pack(_json({"image_id": item.image_id, "item": asked})),
        )


def merged(rows: Iterable[AnswerRow]) -> list[AnswerRow]:
    """Return one row a key: the first final one, else the last, with the attempts of all.

    In the order of keys, so that two processes that write the same ones wait for each other
    instead of locking each other out, and so that neighbours meet the same page.
    """
    found: dict[str, AnswerRow] = {}
    for row in rows:
        before = found.get(row.key)
        if before is None:
            found[row.key] = row
            continue
        kept = before if before.outcome in FINAL_CODES else row
        found[row.key] = kept._replace(attempts=before.attempts + row.attempts)
    return [found[key] for key in sorted(found)]


def sums_of(rows: Iterable[ResponseRow]) -> Mapping[int, Sums]:
    """Return what responses add up to, by asking, in the order of askings."""
    found: dict[int, Sums] = {}
    for row in rows:
        sums = found.setdefault(row.asking, Sums())
        sums.requests += 1
        sums.prompt_tokens += row.prompt_tokens
        sums.completion_tokens += row.completion_tokens
        sums.cost_usd += row.cost_usd
        sums.latency_s += row.latency_s
    return dict(sorted(found.items()))


def keys_of(packed: bytes) -> Sequence[str]:
    """Return the keys of a response's items."""
    text = bytes(packed).hex()
    return [text[start : start + KEY_CHARS] for start in range(0, len(text), KEY_CHARS)]


def checked(digest: str) -> str:
    """Return a key or an id as it is.

    Raises:
        ValueError: It is none.
    """
    if len(digest) != KEY_CHARS:
        raise ValueError(f"{digest!r} is no digest of {KEY_CHARS} hexadecimal characters")
    return digest


def storable(text: str | None) -> str | None:
    """Return a text that every database takes: PostgreSQL has no NUL, UTF-8 no lone surrogate."""
    if text is None:
        return None
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _json(value: Json) -> str:
    return orjson.dumps(value, default=dict).decode()
