"""Images on their way to a model: read, checked, made small enough, encoded once.

None of it happens in the event loop: `EncodedImages` does it in threads, and keeps the last ones,
because the questions about an image are asked one after the other.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pybase64
from PIL import Image

from resources.chat.messages import GiveUp, ImageRef
from tg_assets.image_pool.decoding import BadImage, decode
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable, read_registered

AS_THEY_ARE = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
MAX_BYTES_AS_IS = 4 * 1024 * 1024
"""A larger file is encoded anew, however few its pixels: endpoints limit what a request holds."""
JPEG_QUALITY = 90
EXIF_ORIENTATION = 0x0112
KEPT_BYTES = 32 * 1024 * 1024
"""Encoded images kept for the next question about them."""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as it travels.

    Attributes:
        media_type: Such as ``image/jpeg``.
        base64: Its bytes in base64.
        size: Width and height in pixels, as the model sees it.
    """

    media_type: str
    base64: bytes
    size: tuple[int, int]

    @property
    def url_prefix(self) -> str:
        """What stands before the base64 in a data URL."""
        return f"data:{self.media_type};base64,"

    @property
    def url(self) -> str:
        """The image as a data URL."""
        return self.url_prefix + self.base64.decode()


def encode(image: ImageRef, max_side: int) -> EncodedImage:
    """Return the image ready to travel, no side longer than `max_side` pixels.

    A file that models read and that is small enough travels as it is; any other is turned upright,
    flattened, reduced and encoded as JPEG.

    Raises:
        GiveUp: The file is gone, unreadable, or has changed since it was registered.
    """
    try:
        content = read_registered(image.uri, image.image_id)
        as_it_is = _as_it_is(content, max_side)
        if as_it_is is None:
            content, size = _reduced(decode(content), max_side)
            as_it_is = "image/jpeg", size
    except (ImageChanged, ImageUnreadable, BadImage) as error:
        raise GiveUp(str(error)) from error
    return EncodedImage(as_it_is[0], pybase64.b64encode(content), as_it_is[1])


class EncodedImages:
    """Encodes images in threads, an image once while questions about it go out.

    Args:
        max_side: Longest side in pixels.
        kept_bytes: How many encoded bytes are kept for the next question.
    """

    def __init__(self, max_side: int, kept_bytes: int = KEPT_BYTES) -> None:
        self._max_side = max_side
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, EncodedImage] = OrderedDict()
        self._bytes = 0
        self._coming: dict[str, asyncio.Future[EncodedImage]] = {}
        self._threads: ThreadPoolExecutor | None = None

    async def get_shown(self, image: ImageRef | None) -> list[EncodedImage]:
        """Return the image, or the frames of the video, encoded, in order; nothing for null.

        Raises:
            GiveUp: As for `encode`.
        """
        shown = () if image is None else image.shown
        return list(await asyncio.gather(*(self.get(one) for one in shown)))

    async def get(self, image: ImageRef) -> EncodedImage:
        """Return the image encoded.

        Raises:
            GiveUp: As for `encode`.
        """
        kept = self._kept.get(image.image_id)
        if kept is not None:
            self._kept.move_to_end(image.image_id)
            return kept
        coming = self._coming.get(image.image_id)
        if coming is None:
            coming = self._begin(image)
        # a request that is given up must not take the image from the others that wait for it
        return await asyncio.shield(coming)

    def _begin(self, image: ImageRef) -> asyncio.Future[EncodedImage]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(os.cpu_count() or 1, "images")
        loop = asyncio.get_running_loop()
        coming = loop.run_in_executor(self._threads, encode, image, self._max_side)
        self._coming[image.image_id] = coming
        coming.add_done_callback(lambda done: self._keep(image.image_id, done))
        return coming

    def _keep(self, image_id: str, done: asyncio.Future[EncodedImage]) -> None:
        self._coming.pop(image_id, None)
        if done.cancelled() or done.exception() is not None:
            return
        encoded = done.result()
        self._kept[image_id] = encoded
        self._bytes += len(encoded.base64)
        while self._bytes > self._kept_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.base64)

    def close(self) -> None:
        """End the threads; what is kept stays."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def _as_it_is(content: bytes, max_side: int) -> tuple[str, tuple[int, int]] | None:
    """Return media type and size of a file that may travel as it is, null for others."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(AS_THEY_ARE)) as image:
            plain = (
                len(content) <= MAX_BYTES_AS_IS
                and max(image.size) <= max_side
                and image.mode in ("RGB", "L")
                and not getattr(image, "is_animated", False)
                and image.getexif().get(EXIF_ORIENTATION, 1) == 1
            )
            return (AS_THEY_ARE[str(image.format)], image.size) if plain else None
    except Exception:  # `decode` reads it again and says what is wrong with it
        return None


def _reduced(image: Image.Image, max_side: int) -> tuple[bytes, tuple[int, int]]:
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=JPEG_QUALITY)
    return encoded.getvalue(), image.size
