"""Any endpoint that speaks OpenAI's chat completions, over aiohttp.

Measured beside the OpenAI SDK (docs/asking.md), a request costs a fraction of the client's time:
bodies are encoded once, and an image's base64 is never scanned, copied into a string, or held
once a request.
"""

from __future__ import annotations

import os
import ssl
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from aiohttp.abc import AbstractStreamWriter

from resources.chat import openai_wire as wire
from resources.chat.images import EncodedImage, EncodedImages
from resources.chat.messages import (
    ChatReply,
    ChatRequest,
    Demand,
    GiveUp,
    ImageRef,
    StopAsking,
    TryAgain,
)
from resources.chat.money.demand import demand_counter
from tg_assets.settings_models import OpenAIModel

OPENAI = "https://api.openai.com/v1"
CONNECT_S = 30.0
"""How long opening a connection may take; the request as a whole has `timeout_s`."""
IDLE_CONNECTION_S = 30.0
IMAGE_GOES_HERE = f"image {uuid.uuid4().hex}"
"""Stands in a body for an image's data URL until the request is sent."""
ACCOUNT_HEADERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}


@dataclass(frozen=True, slots=True)
class OnlineRequest:
    """A request's body in the pieces it is sent in, and its headers.

    Attributes:
        pieces: The body; the image's base64 is the same object in all requests about it.
        headers: Beyond those that all requests have.
        counted: Counts the most that it may use; asked only where something is limited.
    """

    pieces: Sequence[bytes]
    headers: dict[str, str]
    counted: Callable[[], Demand]

    @property
    def demand(self) -> Demand:
        """The most that it may use."""
        return self.counted()


class OpenAIChat:
    """A `ChatModel` over HTTP.

    Nothing here tries again: the one layer that does is `resources.chat.asking`.
    """

    def __init__(self, name: str, settings: OpenAIModel) -> None:
        self.name = name
        self._settings = settings
        self.identity = wire.identity_of(settings)
        self.concurrency = settings.concurrency
        self.max_attempts = settings.max_attempts
        self.items_per_request = settings.items_per_request
        self._images = EncodedImages(settings.max_image_side)
        self._session: aiohttp.ClientSession | None = None
        self._url = f"{(settings.base_url or _usual_url()).rstrip('/')}/chat/completions"

    async def prepare(self, request: ChatRequest) -> OnlineRequest:
        """Read and encode the request's image or frames; see `ChatModel.prepare`."""
        encoded = await self._images.get_shown(request.image)
        urls = [one.url_prefix + IMAGE_GOES_HERE for one in encoded]
        body = orjson.dumps(wire.body_of(self._settings, request, urls))
        counted = demand_counter(self._settings, request, [one.size for one in encoded])
        return OnlineRequest(in_pieces(body, encoded), headers_of(request.image), counted)

    async def send(self, prepared: OnlineRequest) -> ChatReply:
        """Send one request; see `ChatModel.send`."""
        started = time.monotonic()
        try:
            async with self._connected().post(
                self._url,
                data=InPieces(prepared.pieces),
                headers=prepared.headers,
                allow_redirects=False,
            ) as response:
                raw = (await response.read()).decode("utf-8", "replace")
        except (aiohttp.InvalidURL, aiohttp.ClientConnectorCertificateError, ssl.SSLError) as error:
            raise StopAsking(
                f"model {self.name}: {self._plain(error)}; check its base_url"
            ) from None
        # not `from error`: it may hold the request with its key
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TryAgain(f"no answer from the endpoint: {self._plain(error)}") from None
        if response.status == 200:
            return wire.reply_of(self._settings, raw, time.monotonic() - started)
        return self._refused(response, raw)

    def _refused(self, response: aiohttp.ClientResponse, raw: str) -> ChatReply:
        """Return the reply that stands for a filtered request; raise what any other error means."""
        status, key = response.status, self._key()
        if wire.is_content_filter(status, wire.error_code(raw)):
            return wire.content_filtered(raw, key)
        if 300 <= status < 400:
            there = wire.without_secrets(response.headers.get("location", "elsewhere"), key)
            raise StopAsking(
                f"model {self.name}: the endpoint answered {status} and sends requests to {there}; "
                "give that as base_url, if you trust it with the key"
            )
        if status < 300:
            raise GiveUp(f"the endpoint answered {status}, which is no chat completion")
        headers = {name.lower(): value for name, value in response.headers.items()}
        raise wire.failure_of(self.name, status, raw, headers, key)

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        self._images.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,  # how many requests are under way is decided by who asks
                    keepalive_timeout=IDLE_CONNECTION_S,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._settings.timeout_s, sock_connect=CONNECT_S
                ),
                headers=self._usual_headers(),
                cookie_jar=aiohttp.DummyCookieJar(),
                # looked up once: left to aiohttp, every request waits for two threads to do it
                proxy=proxy_for(self._url),
            )
        return self._session

    def _usual_headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers["Authorization"] = f"Bearer {self._key() or 'none-needed'}"
        if self._settings.base_url is None:
            account = {name: os.environ.get(variable) for variable, name in ACCOUNT_HEADERS.items()}
            headers |= {name: value for name, value in account.items() if value}
        return headers

    def _key(self) -> str | None:
        name = self._settings.api_key_env
        return os.environ.get(name) if name else None

    def _plain(self, error: Exception) -> str:
        said = str(error) or type(error).__name__
        return wire.without_secrets(said, self._key())


def in_pieces(body: bytes, images: Sequence[EncodedImage]) -> list[bytes]:
    """Return a body as it is sent: every image's base64 where `IMAGE_GOES_HERE` stands for it."""
    first, *rest = body.split(IMAGE_GOES_HERE.encode())
    pieces = [first]
    for image, piece in zip(images, rest, strict=True):
        pieces += [image.base64, piece]
    return pieces


def headers_of(image: ImageRef | None) -> dict[str, str]:
    """Return the headers of a request that shows an image, a video or nothing."""
    return {} if image is None else {wire.IMAGE_ID_HEADER: image.image_id}


class InPieces(aiohttp.payload.Payload):
    """A body that is written piece by piece, without being joined first; it can be sent again."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__(pieces, content_type="application/json")
        self._pieces = pieces
        self._size = sum(map(len, pieces))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the body as text."""
        return b"".join(self._pieces).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body."""
        for piece in self._pieces:
            await writer.write(piece)


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for a URL; this machine itself needs none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return None
    if proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


def _usual_url() -> str:
    return os.environ.get("OPENAI_BASE_URL") or OPENAI
