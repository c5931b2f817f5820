"""The image files that go into an export: read, verified, and in a format trainers read."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl
from PIL import Image

from tg_assets import ids
from tg_assets.image_pool.decoding import BadImage
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable

ReadImage = Callable[[str, str], bytes]
"""Given uri and image_id, returns the file's bytes, like ``image_pool.reading.read_registered``.

``ImageUnreadable``, ``ImageChanged``, ``FileNotFoundError`` and ``PermissionError`` leave the image
out. Anything else, such as a storage that cannot be reached, says nothing about the image and fails
the export.
"""

DecodeImage = Callable[[bytes], Image.Image]
"""Given a file's bytes, returns the picture as displayed, like ``image_pool.decoding.decode``."""

LEFT_OUT_SCHEMA = pl.Schema(
    {
        "image_id": pl.String,
        "uri": pl.String,
        "reason": pl.String,  # gone, changed, unreadable, too_large, ... of the image pool
        "detail": pl.String,
        "samples": pl.Int64,
    }
)
"""The images that are not in an export, and how many samples went with each."""

_READERS = 8
_ORIENTATION = 0x0112
_JPEG_QUALITY = 95


class ExportError(RuntimeError):
    """An export that cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class ImageFile:
    """An image ready for an export.

    Attributes:
        image_id: The image.
        uri: Where it was read from.
        content: The bytes to write; empty when it is left out.
        extension: The file extension that goes with them.
        reason: Why it is left out, or None.
        detail: What exactly went wrong.
    """

    image_id: str
    uri: str
    content: bytes = b""
    extension: str = ""
    reason: str | None = None
    detail: str = ""


def read_images(
    images: Iterable[tuple[str, str]], read_image: ReadImage, decode: DecodeImage
) -> Iterator[ImageFile]:
    """Read images ahead of their use, a few at a time, and yield them in the order given.

    Args:
        images: (image_id, uri).
        read_image: Returns a file's bytes; called from several threads.
        decode: Decodes what trainers do not read; called from several threads.

    Yields:
        One file per image. One that is gone, has changed or cannot be read has a reason.
    """
    with ThreadPoolExecutor(_READERS, thread_name_prefix="export") as pool:
        ahead: deque[Future[ImageFile]] = deque()
        try:
            for image_id, uri in images:
                ahead.append(pool.submit(_read, image_id, uri, read_image, decode))
                if len(ahead) >= 2 * _READERS:  # bounds the memory, whatever the dataset's size
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def left_out_frame(files: Iterable[ImageFile], samples: pl.DataFrame) -> pl.DataFrame:
    """Return the images that are left out with the number of samples that go with each."""
    rows = sorted({(f.image_id, f.uri, f.reason, f.detail) for f in files if f.reason is not None})
    frame = pl.DataFrame(
        rows,
        schema=pl.Schema(list(LEFT_OUT_SCHEMA.items())[:4]),
        orient="row",
    )
    counts = samples.group_by("image_id").agg(samples=pl.len().cast(pl.Int64))
    return frame.join(counts, on="image_id", how="left", maintain_order="left")


def refuse_empty(rows: int, samples: pl.DataFrame, left_out: pl.DataFrame, target: str) -> None:
    """Keep an earlier export when not one image of the new one can be read.

    Raises:
        ExportError: There are samples, and none of them has an image.
    """
    if samples.height and not rows:
        first = left_out.row(0, named=True)
        raise ExportError(
            f"{target}: none of the {left_out.height} images can be read, so the export that is "
            f"there stays as it is; the first is {first['uri']} ({first['reason']}: "
            f"{first['detail']}). Check that the image sources are mounted and reachable"
        )


def _read(image_id: str, uri: str, read_image: ReadImage, decode: DecodeImage) -> ImageFile:
    def left_out(reason: str, detail: str) -> ImageFile:
        return ImageFile(image_id, uri, reason=reason, detail=detail)

    try:
        content = read_image(uri, image_id)
        if (found := ids.image_id(content)) != image_id:
            raise ImageChanged(uri, image_id, found)
        content, extension = readable_by_trainers(content, decode)
    except ImageChanged as error:
        return left_out("changed", str(error))
    except (ImageUnreadable, BadImage) as error:
        return left_out(error.reason, error.detail)
    except (FileNotFoundError, PermissionError) as error:
        return left_out("gone", error.strerror or type(error).__name__)
    return ImageFile(image_id, uri, content, extension)


def readable_by_trainers(content: bytes, decode: DecodeImage) -> tuple[bytes, str]:
    """Return an image's bytes as every trainer reads them, and their file extension.

    JPEG, PNG and WebP stay byte for byte as they are. Other formats become PNG. So do pictures
    that EXIF data turns (JPEG stays JPEG): LLaVA's loader ignores EXIF and would show them lying
    on their side, not as the questions were asked.

    Args:
        content: The file's bytes.
        decode: Decodes what has to be converted.
    """
    extension = _extension(content)
    if extension is not None and not _is_turned(content):
        return content, extension
    picture = decode(content)
    out = io.BytesIO()
    if extension == ".jpg":
        picture.convert("RGB").save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        extension = ".png"
        mode = "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
        picture.convert(mode).save(out, "PNG")
    return out.getvalue(), extension


def _extension(content: bytes) -> str | None:
    if content.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    return None


def _is_turned(content: bytes) -> bool:
    # Opening reads the header alone; nothing is decoded.
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.getexif().get(_ORIENTATION, 1) in range(2, 9)
    except (
        Exception
    ):  # Pillow trips over bad EXIF data in many ways; what it cannot read turns nothing
        return False
