"""Images on their way to a model: read, checked, made small enough, encoded once."""

from __future__ import annotations

import io

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


def data_url(image: ImageRef, max_side: int) -> str:
    """Return the image as a data URL, no side longer than `max_side` pixels.

    A file that models read and that is small enough travels as it is; any other is turned upright,
    flattened, reduced and encoded as JPEG.

    Raises:
        GiveUp: The file is gone, unreadable, or has changed since it was registered.
    """
    try:
        content = read_registered(image.uri, image.image_id)
        kind = _kind_as_it_is(content, max_side)
        if kind is None:
            content, kind = _reduced(decode(content), max_side), "image/jpeg"
    except (ImageChanged, ImageUnreadable, BadImage) as error:
        raise GiveUp(str(error)) from error
    return f"data:{kind};base64,{pybase64.b64encode(content).decode()}"


def _kind_as_it_is(content: bytes, max_side: int) -> str | None:
    """Return the media type of a file that may travel as it is, null for others."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(AS_THEY_ARE)) as image:
            plain = (
                len(content) <= MAX_BYTES_AS_IS
                and max(image.size) <= max_side
                and image.mode in ("RGB", "L")
                and not getattr(image, "is_animated", False)
                and image.getexif().get(EXIF_ORIENTATION, 1) == 1
            )
            return AS_THEY_ARE[str(image.format)] if plain else None
    except Exception:  # `decode` reads it again and says what is wrong with it
        return None


def _reduced(image: Image.Image, max_side: int) -> bytes:
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=JPEG_QUALITY)
    return encoded.getvalue()
