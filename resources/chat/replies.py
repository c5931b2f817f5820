"""Finding the JSON in what a model said."""

from __future__ import annotations

import json

from resources.chat.messages import Json
from resources.chat.stages import UnusableReply


def json_in(text: str) -> Json:
    """Return the first JSON object or array in a reply, also inside prose or a code fence.

    Raises:
        UnusableReply: There is none.
    """
    decoder = json.JSONDecoder()
    start = 0
    while (start := _next_opening(text, start)) >= 0:
        try:
            return decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            start += 1
    raise UnusableReply(f"the reply holds no JSON: {text[:80]!r}")


def object_in(text: str) -> dict[str, Json]:
    """Return the first JSON object in a reply.

    Raises:
        UnusableReply: The first JSON in it is no object, or there is none.
    """
    found = json_in(text)
    if not isinstance(found, dict):
        raise UnusableReply(f"the reply is no JSON object: {text[:80]!r}")
    return found


def _next_opening(text: str, start: int) -> int:
    places = [place for place in (text.find("{", start), text.find("[", start)) if place >= 0]
    return min(places, default=-1)
