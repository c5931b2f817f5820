"""OpenAI's chat completions as bytes: what a request says, and what a response means.

Knows no client library: online calls, batch files and local servers speak the same protocol.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import orjson

from resources.chat.messages import (
    ChatReply,
    ChatRequest,
    GiveUp,
    Json,
    Outcome,
    StopAsking,
    TryAgain,
)
from tg_assets.settings_models import Price

IMAGE_ID_HEADER = "x-image-id"
"""Names the image to servers that know it (`tg serve`); others ignore it."""
MORE_ROOM = 4
"""How many times longer a reply may be that is asked for again because it was cut."""
STOP_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "invalid_api_key"})
STOP_STATUSES = (401, 402, 403, 404)
FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
TRY_AGAIN_STATUSES = (408, 409, 429)
OVERLOAD_STATUSES = (429, 503, 529)
LONGEST_RETRY_AFTER_S = 300.0
LONGEST_REASON = 1_000
DATA_URL = re.compile(r"data:[\w/.+-]*;base64,[A-Za-z0-9+/=_-]*")


class Spoken(Protocol):
    """What of a model's settings shapes its requests; every OpenAI-compatible provider has it."""

    @property
    def model(self) -> str:
        """Its name at the endpoint."""

    @property
    def structured(self) -> str:
        """``json_schema``, ``json_object`` or ``none``."""

    @property
    def temperature(self) -> float | None:
        """Null leaves it to the server."""

    @property
    def max_tokens(self) -> int:
        """Of a reply."""

    @property
    def max_image_side(self) -> int:
        """Pixels."""

    @property
    def image_detail(self) -> str:
        """``auto``, ``low`` or ``high``."""

    @property
    def price(self) -> Price:
        """Per million tokens."""


def identity_of(settings: Spoken) -> str:
    """Return everything of the settings that shapes replies, as canonical JSON."""
    parts = {
        "model": settings.model,
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "structured": settings.structured,
        "max_image_side": settings.max_image_side,
        "image_detail": settings.image_detail,
    }
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()


def completion_room(settings: Spoken, request: ChatRequest) -> int:
    """Return how many tokens the reply may have."""
    return settings.max_tokens * (MORE_ROOM if request.more_room else 1)


def body_of(
    settings: Spoken, request: ChatRequest, image_urls: Sequence[str] = ()
) -> dict[str, Json]:
    """Return the request's JSON body.

    Args:
        settings: The model's settings.
        request: What is asked.
        image_urls: The request's picture, or a video's frames in order, as URLs that the server
            can read (most often data URLs); none when it shows nothing.
    """
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": url, "detail": settings.image_detail}}
        for url in image_urls
    ]
    content.append({"type": "text", "text": request.text})
    body: dict[str, Json] = {
        "model": settings.model,
        "messages": [{"role": "user", "content": content}],
        "max_completion_tokens": completion_room(settings, request),
    }
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.structured == "json_schema":
        schema = {"name": request.schema_name, "strict": True, "schema": dict(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif settings.structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    return body


def reply_of(settings: Spoken, raw: str, latency_s: float, discount: float = 1.0) -> ChatReply:
    """Read a completed response; one that cannot be read was paid for all the same.

    Args:
        settings: The model's settings, for its price.
        raw: The response's body as it came.
        latency_s: Seconds from sending to the last byte.
        discount: What the price is multiplied by, for batches.
    """
    try:
        body = orjson.loads(raw)
        choice = body["choices"][0]
        message = choice["message"]
        other = _other_model(settings, body.get("model"))
        outcome, reason = _outcome(choice.get("finish_reason"), message.get("refusal"), other)
        text = _text(message.get("content"))
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
        reason = f"the response is no chat completion: {type(error).__name__}: {error!s:.200}"
        return ChatReply(Outcome.INVALID, None, raw, latency_s=latency_s, reason=reason)
    usage = body.get("usage")
    prompt, completion = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
    price = settings.price
    return ChatReply(
        outcome=outcome,
        text=text,
        raw=raw,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost_usd=(prompt * price.input + completion * price.output) * discount / 1e6,
        latency_s=latency_s,
        reason=reason,
        wrong_model=other is not None,
    )


def content_filtered(raw: str, key: str | None) -> ChatReply:
    """Return the reply that stands for a request which the endpoint's filter refused."""
    reason = "the endpoint's content filter refused the request"
    return ChatReply(Outcome.CONTENT_FILTER, None, without_secrets(raw, key), reason=reason)


def is_content_filter(status: int, code: str | None) -> bool:
    """Whether an error response says that the endpoint's content filter refused the request."""
    return status == 400 and code in FILTER_CODES


def error_code(raw: str) -> str | None:
    """Return the code of an error response's body, null when it names none."""
    code = _error_part(raw, "code")
    return code if isinstance(code, str) else None


def error_message(raw: str) -> str:
    """Return what an error response says, the whole body when it has no message."""
    message = _error_part(raw, "message")
    return message if isinstance(message, str) and message else raw


def _error_part(raw: str, name: str) -> Json:
    try:
        return orjson.loads(raw)["error"][name]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def failure_of(
    model: str, status: int, raw: str, headers: Mapping[str, str], key: str | None
) -> TryAgain | GiveUp | StopAsking:
    """Tell, by status and code alone, what an error response means for this and other requests.

    Args:
        model: The model's name in the settings.
        status: The response's status.
        raw: Its body.
        headers: Its headers, names in lower case.
        key: The API key, which the body may repeat.
    """
    code = error_code(raw)
    said = f"the endpoint answered {status}: {without_secrets(error_message(raw), key)}"
    if status in STOP_STATUSES or code in STOP_CODES:
        return StopAsking(f"model {model}: {said}; check its key, name and base_url")
    if status in TRY_AGAIN_STATUSES or status >= 500:
        overloaded = status in OVERLOAD_STATUSES
        return TryAgain(said, retry_after(headers), overloaded=overloaded)
    return GiveUp(said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asked to wait, null when it named no time.

    A date is read by the server's own clock, its Date header: ours may be another.
    """
    said = headers.get("retry-after", "")
    try:
        seconds = float(said)
    except ValueError:
        until = _moment(said)
        if until is None:
            return None
        now = _moment(headers.get("date", "")) or datetime.now(UTC)
        seconds = (until - now).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(LONGEST_RETRY_AFTER_S, max(0.0, seconds))


def _moment(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def without_secrets(text: str, key: str | None) -> str:
    """Return what a server said without the key and the images that it may repeat."""
    if key:
        text = text.replace(key, "[key]")
    return DATA_URL.sub("[image]", text)[:LONGEST_REASON]


def _other_model(settings: Spoken, served: Json) -> str | None:
    """Return the name of the model that answered when it is another than was asked.

    Endpoints add a date or a path to a name (gpt-5-mini answers as gpt-5-mini-2025-08-07); what
    begins alike is the same model.
    """
    if not isinstance(served, str) or not served:
        return None
    wanted = getattr(settings, "served_as", None) or settings.model
    names = [name.rstrip("/").rpartition("/")[2].lower() for name in (wanted, served)]
    alike = names[0].startswith(names[1]) or names[1].startswith(names[0])
    return None if alike else served[:LONGEST_REASON]


def _outcome(finish: Json, refusal: Json, other: str | None) -> tuple[Outcome, str | None]:
    if other is not None:
        said = f"the model {other!r} answered instead of the one that was asked"
        return Outcome.INVALID, f"{said}; if it is the same, name it in the setting served_as"
    if refusal:
        return Outcome.REFUSED, str(refusal)[:LONGEST_REASON]
    if finish == "content_filter":
        return Outcome.CONTENT_FILTER, "the endpoint's content filter ended the reply"
    if finish == "length":
        return Outcome.TRUNCATED, "the reply was cut at max_tokens; raise it in the settings"
    return Outcome.ANSWERED, None


def _text(content: Json) -> str | None:
    """Return what was said; some servers send it in parts."""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    return content if isinstance(content, str) and content.strip() else None


def _tokens(usage: Json, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else 0
