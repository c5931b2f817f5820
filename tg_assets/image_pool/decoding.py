"""From a file's bytes to the picture a person would see, or to the reason why there is none.

Files come from strangers, so everything that Pillow does with their bytes happens inside
``_pillow``, which turns whatever its decoders raise into a :class:`BadImage`. Nothing else does:
a mistake in this module still surfaces as what it is. Pillow's global settings stay as they are.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import imagehash
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from tg_assets.image_pool import appearance, formats

MAX_PIXELS = 178_956_970 // 2
"""Most pixels an image may have, 89 million. Pillow itself refuses twice as many, whatever is
asked for here."""

Reason = Literal[
    "empty_file", "not_an_image", "truncated", "too_large", "unsupported", "unreadable"
]

# What Pillow's decoders are known to raise on bytes that are not what they claim to be. Its
# TIFF and MPO readers in particular trip over tags of the wrong type.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AssertionError,
    BufferError,
    MemoryError,
    RuntimeError,  # RecursionError is one
    struct.error,
    zlib.error,
)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# The same for samples (height, width, channels): first the axes change places, then they turn.
_SIDEWAYS = frozenset((5, 6, 7, 8))
_RIGHT_TO_LEFT = frozenset((2, 3, 6, 7))
_BOTTOM_TO_TOP = frozenset((3, 4, 7, 8))

# Where the strips or tiles of a TIFF begin, and how many bytes they have.
_TIFF_PARTS = (
    (TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.STRIPBYTECOUNTS),
    (TiffImagePlugin.TILEOFFSETS, TiffImagePlugin.TILEBYTECOUNTS),
)
_TIFF_LAYOUT = (
    TiffImagePlugin.TILEWIDTH,
    TiffImagePlugin.TILELENGTH,
    *(tag for part in _TIFF_PARTS for tag in part),
)

# What a JPEG decoder can divide a picture by for almost nothing. libjpeg-turbo also knows eighths
# between, such as 3/8, but its samples then differ from a careful resize by up to 44 of 255.
_REDUCTIONS = (8, 4, 2, 1)
_JPEG_COLOURS = {"RGB": "RGB", "L": "GRAY"}

# A progressive JPEG may repeat its scans thousands of times: a few kilobytes that decode for
# minutes. Real ones have about ten scans.
_MAX_SCANNED_PIXELS_PER_PIXEL = 20


class BadImage(Exception):  # noqa: N818 - what is bad is the image
    """The bytes are no picture that can be used.

    Attributes:
        reason: One of ``Reason``, as in the table of rejected images.
        detail: What is wrong, in words; the same for the same bytes.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the pool keeps about an image.

    Attributes:
        width: Pixels, as displayed: after EXIF rotation.
        height: Pixels, as displayed.
        format: JPEG, PNG, WEBP, GIF, BMP or TIFF: what the bytes are, whatever the name says.
        n_bytes: Size of the file.
        perceptual_hash: 64 bits; pictures that look alike differ in few of them.
    """

    width: int
    height: int
    format: str
    n_bytes: int
    perceptual_hash: int


@dataclass(frozen=True, slots=True)
class Reduced:
    """A picture with fewer samples than it has pixels.

    Attributes:
        pixels: Samples (rows, columns, 3), or (rows, columns, 1) of a grey JPEG, as the file has
            them: still to be turned by :meth:`upright`.
        width: Pixels of the whole picture, as displayed.
        height: Pixels of the whole picture, as displayed.
        by: How many pixels, each way, a sample stands for: 1, 2, 4 or 8. Where that does not
            divide a side, the last samples stand for fewer.
        orientation: EXIF's, 1 to 8.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    by: int = 1
    orientation: int = 1

    @property
    def is_sideways(self) -> bool:
        """Whether rows of samples are columns of the picture."""
        return self.orientation in _SIDEWAYS

    def upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn samples as the picture is displayed: its own, or what was made of them."""
        if self.is_sideways:
            pixels = pixels.swapaxes(0, 1)
        if self.orientation in _RIGHT_TO_LEFT:
            pixels = pixels[:, ::-1]
        if self.orientation in _BOTTOM_TO_TOP:
            pixels = pixels[::-1]
        return pixels


def decode(content: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Return the picture as a person would see it.

    EXIF rotation is applied, of an animation the first frame is taken, transparent pixels are
    shown on white, and samples of 16 or 32 bits are scaled to 8. Colour profiles are not applied.

    Args:
        content: The bytes of a JPEG, PNG, WebP, GIF, BMP or TIFF file.
        max_pixels: Most pixels it may have, by its header: a larger one is not decoded.

    Returns:
        The picture, mode RGB.

    Raises:
        BadImage: The bytes are no such picture; its ``reason`` says in which way.
    """
    return _decode(content, formats.format_of(content), max_pixels)


def decode_reduced(
    content: bytes, least: Callable[[int, int], tuple[int, int]], max_pixels: int = MAX_PIXELS
) -> Reduced:
    """Return the picture as :func:`decode` does, but no larger than it has to be.

    A JPEG comes at a half, quarter or eighth of its size where that is still as large as asked
    for: its decoder reduces it while decoding, in a fraction of the time. Other formats come whole.

    Args:
        content: As for :func:`decode`.
        least: Given the picture's width and height as displayed, the least width and height that
            will do.
        max_pixels: As for :func:`decode`.

    Raises:
        BadImage: As for :func:`decode`, and for the same files.
    """
    kind = formats.format_of(content)
    if kind != "JPEG":
        whole = _decode(content, kind, max_pixels)
        return Reduced(np.array(whole), whole.width, whole.height)
    file = _WatchedFile(content)
    image = _opened(file, kind, max_pixels)
    orientation = _orientation(image, file)
    width, height = image.size
    shown = (height, width) if orientation in _SIDEWAYS else (width, height)
    by = _reduction(shown, least(*shown))
    pixels = _turbo_decoded(content, image, by)
    if pixels is not None:
        return Reduced(pixels, *shown, by, orientation)
    # CMYK, and whatever is damaged a little or beyond repair: Pillow knows which, and reduces too.
    # What it turns has its last samples in front, where they have to stand for as much as others.
    if orientation == 1 or not any(side % by for side in shown):
        image.draft(None, (width // by, height // by))
    by = -(-width // image.width)
    _load(image, kind, file)
    return Reduced(np.array(_as_seen(image, kind, file)), *shown, by)


def inspect(content: bytes, max_pixels: int = MAX_PIXELS) -> ImageFacts:
    """Decode the picture and return its facts.

    Args:
        content: The bytes of an image file.
        max_pixels: As for :func:`decode`.

    Raises:
        BadImage: As for :func:`decode`.
    """
    kind = formats.format_of(content)
    picture = _decode(content, kind, max_pixels)
    return ImageFacts(
        width=picture.width,
        height=picture.height,
        format=str(kind),
        n_bytes=len(content),
        perceptual_hash=perceptual_hash(picture),
    )


def perceptual_hash(picture: Image.Image) -> int:
    """Return the 64-bit pHash of a picture: the signs of its 8 x 8 lowest frequencies."""
    bits = np.asarray(imagehash.phash(picture).hash, dtype=bool)
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


class _WatchedFile(io.BytesIO):
    """A file in memory that remembers whether more was asked of it than it holds.

    That tells a truncated file from a damaged one without reading Pillow's messages.
    """

    ran_out = False

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        # Decoders fetch data in blocks of MAXBLOCK, of which the last is short in good files too.
        if size is not None and len(data) < size and not (data and size == ImageFile.MAXBLOCK):
            self.ran_out = True
        return data


@contextmanager
def _pillow(doing: str, file: _WatchedFile) -> Iterator[None]:
    """Turn what Pillow raises over the file's bytes into a BadImage. Hold nothing else in it."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage("too_large", str(error)) from error
    except UnidentifiedImageError as error:
        raise _damaged(file, f"{doing}: the header is damaged") from error
    except NotImplementedError as error:
        raise BadImage("unsupported", f"{doing}: {error}") from error
    except _DECODER_ERRORS as error:
        raise _damaged(file, f"{doing}: {type(error).__name__}: {error}") from error


def _damaged(file: _WatchedFile, detail: str) -> BadImage:
    if file.ran_out or formats.ends_early(file.getvalue()):
        return BadImage("truncated", f"{detail}; the file ends before its picture does")
    return BadImage("unreadable", detail)


def _decode(content: bytes, kind: str | None, max_pixels: int) -> Image.Image:
    if not content:
        raise BadImage("empty_file", "the file has no bytes")
    if kind is None:
        foreign = formats.foreign_format(content)
        if foreign is None:
            raise BadImage("not_an_image", f"it begins with {content[:12]!r}, as no image does")
        raise BadImage("unsupported", f"it is {foreign}; convert it to one of {formats.NAMES}")
    file = _WatchedFile(content)
    image = _loaded(file, kind, max_pixels)
    return _as_seen(image, kind, file)


def _reduction(shown: tuple[int, int], least: tuple[int, int]) -> int:
    """Return by how much a JPEG of this width and height may be reduced."""
    return next(
        by
        for by in _REDUCTIONS
        if by == 1 or all(side >= by * few for side, few in zip(shown, least, strict=True))
    )


def _turbo_decoded(content: bytes, image: ImageFile.ImageFile, by: int) -> NDArray[np.uint8] | None:
    """Return the samples as stored, reduced; none where this decoder cannot or will not."""
    colours = _JPEG_COLOURS.get(image.mode)
    if colours is None:
        return None
    width, height = image.size
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            content, colours, min_width=-(-width // by), min_height=-(-height // by)
        )
    except ValueError:  # it warned of something, and may have made up what it could not read
        return None
    return pixels


def _loaded(file: _WatchedFile, kind: str, max_pixels: int) -> Image.Image:
    image = _opened(file, kind, max_pixels)
    _load(image, kind, file)
    return image


def _opened(file: _WatchedFile, kind: str, max_pixels: int) -> ImageFile.ImageFile:
    """Read the header, and refuse what would take too much to decode."""
    canvas = formats.webp_canvas(file.getvalue())
    if canvas is not None:  # Pillow makes room for it as soon as it opens the file
        _check_pixels(*canvas, max_pixels)
    with _pillow(f"reading the {kind} header", file):
        image = Image.open(file, formats=(kind,))
    _check_pixels(*image.size, max_pixels)
    if kind == "JPEG":
        _check_scans(file.getvalue(), image.width * image.height, max_pixels)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _check_tiles(image, file, max_pixels)
    return image


def _load(image: Image.Image, kind: str, file: _WatchedFile) -> None:
    with _pillow(f"decoding the {kind} file", file):
        image.load()


def _check_pixels(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise BadImage(
            "too_large",
            f"{width} x {height} is {width * height:,} pixels, the limit is {max_pixels:,}",
        )
    if width < 1 or height < 1:
        raise BadImage("unreadable", f"a picture of {width} x {height} pixels has none")


def _check_scans(content: bytes, pixels: int, max_pixels: int) -> None:
    scans = content.count(b"\xff\xda")
    if scans * pixels > _MAX_SCANNED_PIXELS_PER_PIXEL * max_pixels:
        raise BadImage("too_large", f"{scans} scans over {pixels:,} pixels take too long to decode")


def _check_tiles(image: TiffImagePlugin.TiffImageFile, file: _WatchedFile, max_pixels: int) -> None:
    """Refuse tiles that are larger than any image may be; note whether all of them are there."""
    with _pillow("reading the TIFF tags", file):
        tags = {tag: image.tag_v2.get(tag, ()) for tag in _TIFF_LAYOUT}
    width = max(_integers(tags[TiffImagePlugin.TILEWIDTH]), default=0)
    height = max(_integers(tags[TiffImagePlugin.TILELENGTH]), default=0)
    if width * height > max_pixels:
        raise BadImage("too_large", f"its tiles of {width} x {height} pixels are above the limit")
    # libtiff has the whole file at once and so never asks the watched file for more.
    for starts, sizes in _TIFF_PARTS:
        parts = zip(_integers(tags[starts]), _integers(tags[sizes]), strict=False)
        file.ran_out |= any(start + size > len(file.getvalue()) for start, size in parts)


def _integers(value: object) -> list[int]:
    """Return the integers of a tag, which may hold anything in a file from a stranger."""
    values = value if isinstance(value, tuple) else (value,)
    return [number for number in values if isinstance(number, int)]


def _as_seen(image: Image.Image, kind: str, file: _WatchedFile) -> Image.Image:
    turn = _UPRIGHT.get(_orientation(image, file))
    if appearance.is_deep(image):
        with _pillow("reading the samples", file):
            samples = np.asarray(image)
        image = appearance.eight_bit_grey(image, samples)
    if not appearance.is_displayable(image):
        raise BadImage("unsupported", f"{kind} with pixels of mode {image.mode}")
    with _pillow("converting to RGB", file):
        picture = appearance.on_white(image)
        return picture if turn is None else picture.transpose(turn)


def _orientation(image: Image.Image, file: _WatchedFile) -> int:
    """Return the EXIF orientation, 1 to 8; 1 when there is none that can be read."""
    try:
        with _pillow("reading the EXIF data", file):
            value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except BadImage:  # the camera's notes are broken, the picture is not
        return 1
    return value if isinstance(value, int) else 1
