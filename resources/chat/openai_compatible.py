"""Any endpoint that speaks OpenAI's chat completions, through the OpenAI SDK."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from resources.chat import openai_wire as wire
from resources.chat.images import data_url
from resources.chat.messages import ChatReply, ChatRequest, Demand, Json, StopAsking, TryAgain
from tg_assets.settings_models import OpenAIModel


@dataclass(frozen=True, slots=True)
class OnlineRequest:
    """A request's body and headers, its image encoded."""

    body: dict[str, Json]
    headers: dict[str, str]
    demand: Demand


class OpenAIChat:
    """A `ChatModel` over HTTP.

    The SDK's own retries are off: the one layer that retries is `resources.chat.asking`.
    """

    def __init__(self, name: str, settings: OpenAIModel) -> None:
        self.name = name
        self._settings = settings
        self.identity = wire.identity_of(settings)
        self.concurrency = settings.concurrency
        self.max_attempts = settings.max_attempts
        self.items_per_request = settings.items_per_request
        self._client: openai.AsyncOpenAI | None = None

    async def prepare(self, request: ChatRequest) -> OnlineRequest:
        """Read and encode the request's image; see `ChatModel.prepare`."""
        url, headers = None, {}
        if request.image is not None:
            url = await asyncio.to_thread(data_url, request.image, self._settings.max_image_side)
            headers[wire.IMAGE_ID_HEADER] = request.image.image_id
        return OnlineRequest(wire.body_of(self._settings, request, url), headers, Demand())

    async def send(self, prepared: OnlineRequest) -> ChatReply:
        """Send one request; see `ChatModel.send`."""
        started = time.monotonic()
        said: dict[str, Any] = {"model": self._settings.model, "messages": []}
        try:
            raw = await self._connected().chat.completions.with_raw_response.create(
                **said, extra_headers=prepared.headers, extra_body=prepared.body
            )
        except openai.APIStatusError as error:
            text, status = error.response.text, error.status_code
            if wire.is_content_filter(status, wire.error_code(text)):
                return wire.content_filtered(text, self._key())
            # not `from error`: its message holds the whole body, which may repeat key and image
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            raise wire.failure_of(self.name, status, text, headers, self._key()) from None
        except openai.APIConnectionError as error:  # a timeout is one, too
            said_why = str(error.__cause__ or "") or str(error)
            reason = wire.without_secrets(said_why, self._key())
            raise TryAgain(f"no answer from the endpoint: {reason}") from None
        except openai.OpenAIError as error:
            reason = wire.without_secrets(str(error), self._key())
            raise StopAsking(f"model {self.name}: {reason}") from None
        return wire.reply_of(self._settings, raw.text, time.monotonic() - started)

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
