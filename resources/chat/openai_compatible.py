"""Any endpoint that speaks OpenAI's chat completions, through the OpenAI SDK."""

from __future__ import annotations

import asyncio
import math
import os
import re
import time
from typing import Any, TypeGuard

import httpx2
import openai
import orjson

from resources.chat.images import data_url
from resources.chat.messages import (
    ChatReply,
    ChatRequest,
    GiveUp,
    Json,
    Outcome,
    StopAsking,
    TryAgain,
)
from tg_assets.settings import OpenAIModel

IMAGE_ID_HEADER = "x-image-id"
"""Names the image to servers that know it (`tg serve`); others ignore it."""
STOP_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "invalid_api_key"})
STOP_STATUSES = (401, 402, 403, 404)
LONGEST_RETRY_AFTER_S = 300.0
LONGEST_REASON = 1_000
DATA_URL = re.compile(r"data:[\w/.+-]*;base64,[A-Za-z0-9+/=_-]*")


class OpenAIChat:
    """A `ChatModel` over HTTP.

    The SDK's own retries are off: the one layer that retries is `resources.chat.asking`.
    """

    def __init__(self, name: str, settings: OpenAIModel) -> None:
        self.name = name
        self._settings = settings
        self.identity = orjson.dumps(
            {
                "model": settings.model,
                "temperature": settings.temperature,
                "max_tokens": settings.max_tokens,
                "structured": settings.structured,
                "max_image_side": settings.max_image_side,
                "image_detail": settings.image_detail,
            },
            option=orjson.OPT_SORT_KEYS,
        ).decode()
        self.concurrency = settings.concurrency
        self.max_attempts = settings.max_attempts
        self.items_per_request = settings.items_per_request
        self._client: openai.AsyncOpenAI | None = None

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Send one request; see `ChatModel.chat`."""
        content: list[dict[str, Any]] = [{"type": "text", "text": request.text}]
        headers = {}
        if request.image is not None:
            url = await asyncio.to_thread(data_url, request.image, self._settings.max_image_side)
            detail = self._settings.image_detail
            content.insert(0, {"type": "image_url", "image_url": {"url": url, "detail": detail}})
            headers[IMAGE_ID_HEADER] = request.image.image_id
        started = time.monotonic()
        try:
            raw = await self._connected().chat.completions.with_raw_response.create(
                model=self._settings.model,
                messages=[{"role": "user", "content": content}],  # type: ignore[list-item,misc]
                extra_headers=headers,
                extra_body=self._parameters(request),
            )
        except openai.OpenAIError as error:
            if _is_content_filter(error):
                text = _without_secrets(error.response.text, self._key())
                reason = "the endpoint's content filter refused the request"
                return ChatReply(Outcome.CONTENT_FILTER, None, text, reason=reason)
            # not `from error`: its message holds the whole body, which may repeat key and image
            raise _classified(self.name, error, self._key()) from None
        return self._reply(raw.text, time.monotonic() - started)

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self) -> openai.AsyncOpenAI:
        if self._client is None:
            slots = self._settings.concurrency
            limits = httpx2.Limits(max_connections=slots, max_keepalive_connections=slots)
            self._client = openai.AsyncOpenAI(
                api_key=self._key() or "no key needed",
                base_url=self._settings.base_url,
                timeout=self._settings.timeout_s,
                max_retries=0,
                http_client=openai.DefaultAioHttpClient(limits=limits),
            )
        return self._client

    def _key(self) -> str | None:
        name = self._settings.api_key_env
        return os.environ.get(name) if name else None

    def _parameters(self, request: ChatRequest) -> dict[str, Json]:
        parameters: dict[str, Json] = {"max_completion_tokens": self._settings.max_tokens}
        if self._settings.temperature is not None:
            parameters["temperature"] = self._settings.temperature
        if self._settings.structured == "json_schema":
            schema = {"name": request.schema_name, "strict": True, "schema": dict(request.schema)}
            parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self._settings.structured == "json_object":
            parameters["response_format"] = {"type": "json_object"}
        return parameters

    def _reply(self, raw: str, latency_s: float) -> ChatReply:
        """Read a completed response; one that cannot be read was paid for all the same."""
        try:
            body = orjson.loads(raw)
            choice = body["choices"][0]
            message = choice["message"]
            outcome, reason = _outcome(choice.get("finish_reason"), message.get("refusal"))
            text = _text(message.get("content"))
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
            reason = f"the response is no chat completion: {type(error).__name__}: {error!s:.200}"
            return ChatReply(Outcome.INVALID, None, raw, latency_s=latency_s, reason=reason)
        usage = body.get("usage")
        prompt, completion = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
        price = self._settings.price
        return ChatReply(
            outcome=outcome,
            text=text,
            raw=raw,
            prompt_tokens=prompt,
            completion_tokens=completion,
            cost_usd=(prompt * price.input + completion * price.output) / 1e6,
            latency_s=latency_s,
            reason=reason,
        )


def _outcome(finish: Json, refusal: Json) -> tuple[Outcome, str | None]:
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


def _is_content_filter(error: openai.OpenAIError) -> TypeGuard[openai.BadRequestError]:
    return isinstance(error, openai.BadRequestError) and error.code in (
        "content_filter",
        "content_policy_violation",
    )


def _without_secrets(text: str, key: str | None) -> str:
    """Return what a server said without the key and the images that it may repeat."""
    if key:
        text = text.replace(key, "[key]")
    return DATA_URL.sub("[image]", text)[:LONGEST_REASON]


def _classified(model: str, error: openai.OpenAIError, key: str | None) -> Exception:
    """Tell, by type, status and code alone, what an error means for this and other requests."""
    if isinstance(error, openai.APIConnectionError):  # a timeout is one, too
        said = _without_secrets(str(error.__cause__ or "") or str(error), key)
        return TryAgain(f"no answer from the endpoint: {said}")
    if not isinstance(error, openai.APIStatusError):
        return StopAsking(f"model {model}: {_without_secrets(str(error), key)}")
    status = error.status_code
    said = f"the endpoint answered {status}: {_without_secrets(error.message, key)}"
    if status in STOP_STATUSES or error.code in STOP_CODES:
        return StopAsking(f"model {model}: {said}; check its key, name and base_url")
    if status in (408, 409, 429) or status >= 500:
        return TryAgain(said, _retry_after(error))
    return GiveUp(said)


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Return the seconds that the server asked to wait, if it named a number of them."""
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    if not math.isfinite(seconds):
        return None
    return min(LONGEST_RETRY_AFTER_S, max(0.0, seconds))
