"""A chat model that vLLM serves on leased devices, started when the first request is prepared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from resources.chat import openai_wire as wire
from resources.chat.images import EncodedImage, EncodedImages
from resources.chat.messages import ChatReply, ChatRequest, Demand, GiveUp, TryAgain
from resources.chat.money.demand import demand_counter
from resources.chat.openai_compatible import (
    IMAGE_GOES_HERE,
    OnlineRequest,
    OpenAIChat,
    headers_of,
    in_pieces,
)
from resources.vllm.warm_server import Surroundings, WarmServer
from tg_assets.ids import digest
from tg_assets.settings_models import OpenAIModel, VllmModel


@dataclass(frozen=True, slots=True)
class VllmRequest:
    """A request, its image encoded.

    Attributes:
        request: What is asked.
        images: The picture, or the frames of the video, if any.
        counted: Counts the most that it may use; asked only where something is limited.
    """

    request: ChatRequest
    images: Sequence[EncodedImage]
    counted: Callable[[], Demand]

    @property
    def demand(self) -> Demand:
        """The most that it may use."""
        return self.counted()


class VllmChat:
    """A `ChatModel` on a server that a keeper keeps warm."""

    def __init__(self, name: str, settings: VllmModel, around: Surroundings) -> None:
        self.name = name
        self.identity = identity_of(settings)
        self.concurrency = settings.concurrency
        self.max_attempts = settings.max_attempts
        self.items_per_request = settings.items_per_request
        self.log: str | None = None
        """The log of the server that was asked last."""
        self._settings = settings
        self._images = EncodedImages(settings.max_image_side)
        self._server = WarmServer(name, settings, around)
        self._online: OpenAIChat | None = None
        self._online_at: str | None = None
        self._shown = ShownImages()

    async def prepare(self, request: ChatRequest) -> VllmRequest:
        """Wait until the server is ready, and encode the image; see `ChatModel.prepare`.

        Raises:
            StopAsking: The server cannot be started.
        """
        await self._server.ready()
        images = await self._images.get_shown(request.image)
        counted = demand_counter(self._settings, request, [image.size for image in images])
        return VllmRequest(request, images, counted)

    async def send(self, prepared: VllmRequest) -> ChatReply:
        """Send one request; see `ChatModel.send`.

        The first request about an image brings it, and those that follow wait for its reply and
        then name it: a place here is a place in vLLM's own queue, and decoding a picture is most
        of what its API server does.
        """
        online = await self._connected()
        image = prepared.request.image
        if image is None or not self._names_images:
            return await online.send(self._body(prepared, named=False))
        if await self._shown.to_the_server(image.image_id):
            try:
                return await online.send(self._body(prepared, named=True))
            except GiveUp:  # the server has dropped the image, or refuses the request for good
                self._shown.forget(image.image_id)
                return await online.send(self._body(prepared, named=False))
        with self._shown.showing(image.image_id):
            return await online.send(self._body(prepared, named=False))

    @property
    def _names_images(self) -> bool:
        """Whether naming pays: each API server process knows only what it was shown itself."""
        return self._settings.images == "uuid" and self._settings.api_server_count == 1

    async def _connected(self) -> OpenAIChat:
        url = self._server.url
        if url is None:
            raise TryAgain(f"its server ended: {self._server.why_it_ended}")
        online = self._online
        if online is None or self._online_at != url:  # it may have been started again
            before, online = online, OpenAIChat(self.name, _spoken_to(self._settings, url))
            self._online, self._online_at, self.log = online, url, self._server.log
            self._shown = ShownImages()
            if before is not None:
                await before.close()
        return online

    def _body(self, prepared: VllmRequest, *, named: bool) -> OnlineRequest:
        request, images = prepared.request, prepared.images
        urls = [image.url_prefix + IMAGE_GOES_HERE for image in images]
        body = wire.body_of(self._settings, request, urls)
        shown = () if request.image is None else request.image.shown
        for part, image in zip(body["messages"][0]["content"], shown, strict=False):
            part["uuid"] = digest("shown", image.image_id, self._settings.max_image_side)
            if named:
                part["image_url"] = None
        pieces = in_pieces(orjson.dumps(body), [] if named else images)
        return OnlineRequest(pieces, headers_of(request.image), prepared.counted)

    async def close(self) -> None:
        """Close the connections and give the reference to the server back."""
        self._images.close()
        online, self._online = self._online, None
        if online is not None:
            await online.close()
        await self._server.release()


class ShownImages:
    """Which images the server has been shown."""

    def __init__(self) -> None:
        self._shown: set[str] = set()
        self._under_way: dict[str, asyncio.Future[None]] = {}

    async def to_the_server(self, image_id: str) -> bool:
        """Whether the server has the image, once nobody is showing it any more."""
        while image_id in self._under_way:
            await asyncio.shield(self._under_way[image_id])
        return image_id in self._shown

    @contextmanager
    def showing(self, image_id: str) -> Iterator[None]:
        """Let the others wait while a request brings the image; it is shown unless that fails."""
        done = self._under_way[image_id] = asyncio.get_running_loop().create_future()
        try:
            yield
            self._shown.add(image_id)
        finally:
            del self._under_way[image_id]
            done.set_result(None)

    def forget(self, image_id: str) -> None:
        """Take it that the server no longer has the image."""
        self._shown.discard(image_id)


def identity_of(settings: VllmModel) -> str:
    """Return everything of the settings that shapes replies, as canonical JSON.

    Where the weights lie does not, nor how the server is run.
    """
    spoken = orjson.loads(wire.identity_of(settings))
    parts = spoken | {"dtype": settings.dtype, "args": settings.model_args}
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()


def _spoken_to(settings: VllmModel, url: str) -> OpenAIModel:
    """Return the server as the endpoint that it is."""
    shared = OpenAIModel.model_fields.keys() & VllmModel.model_fields.keys() - {"provider"}
    values = {name: getattr(settings, name) for name in shared}
    return OpenAIModel(provider="openai", base_url=url, api_key_env=None, **values)
