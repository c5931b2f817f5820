"""Finding the JSON in what a model said."""

from __future__ import annotations

import json
from collections.abc import Iterator

from resources.chat.messages import Json
from resources.chat.stages import UnusableReply

MAX_STARTS = 200
"""How many brackets of a reply are tried as the beginning of JSON, so that no reply is slow."""
THOUGHT_END = "</think>"


def json_in(text: str) -> Json:
    """Return the first JSON object or array in a reply, also inside prose or a code fence.

    Raises:
        UnusableReply: There is none.
    """
    for value in _values(text, "{["):
        return value
    raise UnusableReply(f"the reply holds no JSON: {text[:80]!r}")


def object_in(text: str) -> dict[str, Json]:
    """Return the first JSON object in a reply.

    Raises:
        UnusableReply: There is none.
    """
    for value in _values(text, "{"):
        if isinstance(value, dict):
            return value
    raise UnusableReply(f"the reply holds no JSON object: {text[:80]!r}")


def _values(text: str, openings: str) -> Iterator[Json]:
    """Yield the JSON values that begin with one of these brackets, outermost first.

    What a model thought aloud before its reply is skipped.
    """
    text = text.rpartition(THOUGHT_END)[2]
    decoder = json.JSONDecoder()
    start = 0
    for _ in range(MAX_STARTS):
        start = _next_opening(text, start, openings)
        if start < 0:
            return
        try:
            value, start = decoder.raw_decode(text, start)
            yield _encodable(value)
        except (ValueError, RecursionError):
            start += 1


def _next_opening(text: str, start: int, openings: str) -> int:
    places = [text.find(opening, start) for opening in openings]
    return min((place for place in places if place >= 0), default=-1)


def _encodable(value: Json) -> Json:
    """Return the value without lone surrogates, which JSON can spell and UTF-8 cannot."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return value
