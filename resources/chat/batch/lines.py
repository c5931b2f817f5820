"""How the lines of batch files are written, and what each of those that come back means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from resources.chat import openai_wire as wire
from resources.chat.messages import ChatReply, GiveUp, Json, StopAsking, TryAgain

ENDPOINT = "/v1/chat/completions"
ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One line of an output or error file.

    Attributes:
        status: HTTP status of the request, null when it was never carried out.
        body: Its response's body, or what the endpoint says about why there is none.
    """

    custom_id: str
    status: int | None
    body: str

    @property
    def is_ours(self) -> bool:
        """Whether the id is one that a job of ours may have given."""
        return ID.fullmatch(self.custom_id) is not None


def request_line(custom_id: str, body: Mapping[str, Json]) -> bytes:
    """Return the line that asks for one chat completion."""
    asked = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body}
    return orjson.dumps(asked, option=orjson.OPT_APPEND_NEWLINE)


def read_result(line: bytes) -> ResultLine | None:
    """Read one line of a result file, null when it is none."""
    try:
        parsed = orjson.loads(line)
        custom_id, response = parsed["custom_id"], parsed.get("response")
        if not isinstance(custom_id, str):
            return None
        if response is None:
            return ResultLine(custom_id, None, orjson.dumps(parsed.get("error")).decode())
        return ResultLine(
            custom_id, int(response["status_code"]), orjson.dumps(response["body"]).decode()
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def meaning(
    name: str,
    settings: wire.Spoken,
    discount: float,
    line: ResultLine,
    latency_s: float,
    key: str | None,
) -> ChatReply | TryAgain | GiveUp | StopAsking:
    """Tell, by status and code alone, what a line means for its request.

    Args:
        name: The model's name in the settings.
        settings: Its settings, for the price.
        discount: What the price is multiplied by.
        line: The line.
        latency_s: Seconds that the batch took.
        key: The API key, which a body may repeat.
    """
    if line.status is None:  # expired, cancelled, timed out: nothing was answered
        said = wire.without_secrets(line.body, key)
        return TryAgain(f"the batch ended without this request: {said}")
    if 200 <= line.status < 300:
        return wire.reply_of(settings, line.body, latency_s, discount)
    if wire.is_content_filter(line.status, wire.error_code(line.body)):
        return wire.content_filtered(line.body, key)
    return wire.failure_of(name, line.status, line.body, {}, key)
