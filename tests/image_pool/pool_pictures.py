"""Real image files for the tests, made with Pillow."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import ExifTags, Image

RED, GREEN, BLUE, YELLOW = (220, 20, 20), (20, 180, 40), (30, 40, 200), (230, 210, 30)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def corners(width: int = 64, height: int = 48) -> Image.Image:
    """A picture whose quarters are red, green (right), blue (below) and yellow."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def photo(seed: int = 0, width: int = 320, height: int = 240) -> Image.Image:
    """A smooth picture full of blobs, as a photograph is for a perceptual hash."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def oriented(image: Image.Image, kind: str, orientation: int, **options: object) -> bytes:
    """The file of a camera that was held otherwise: it shows ``image`` once it is turned."""
    backwards = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = image if backwards is None else image.transpose(backwards)
    return encoded(stored, kind, exif=exif, **options)


def near(pixel: object, colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    assert isinstance(pixel, tuple)
    return len(pixel) == 3 and all(
        abs(a - b) <= tolerance for a, b in zip(pixel, colour, strict=True)
    )


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_claiming(width: int, height: int) -> bytes:
    """A small PNG whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", pixels)
        + png_chunk(b"IEND", b"")
    )


DATA, SIZE = "where the data is", "how long it is"


def compressed_tiff(layout: dict[int, int | str], pixels: bytes) -> bytes:
    """A grey TIFF of 64 x 64 pixels with its directory first, its strips or tiles as told."""
    data = zlib.compress(pixels)
    tags: dict[int, int | str] = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, **layout}
    start = 8 + 2 + 12 * len(tags) + 4
    known: dict[int | str, int] = {DATA: start, SIZE: len(data)}
    entries = b"".join(
        struct.pack("<HHII", tag, 4, 1, known.get(value, value))
        for tag, value in sorted(tags.items())
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data
