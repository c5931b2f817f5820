"""What the first bytes of a file say about it, before any decoder sees it."""

from __future__ import annotations

NAMES = "JPEG, PNG, WebP, GIF, BMP or TIFF"
"""The formats that can be decoded, in words."""

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)

_FOREIGN = (
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL file"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF file"),
    (b"%!PS", "a PostScript file"),
    (b"\x00\x00\x01\x00", "an icon file"),
    (b"DDS ", "a DirectDraw surface"),
    (b"v/1\x01", "an OpenEXR file"),
    (b"#?RADIANCE", "a Radiance file"),
    (b"qoif", "a QOI file"),
)


def format_of(content: bytes) -> str | None:
    """Return which of the formats that can be decoded the bytes begin as, or None."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    # Plain text may begin with "BM" too, so the size of the second header has to fit as well.
    if content[:2] == b"BM" and int.from_bytes(content[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    return next((name for start, name in _SIGNATURES if content.startswith(start)), None)


def foreign_format(content: bytes) -> str | None:
    """Return, in words, which known format that cannot be decoded the bytes begin as, or None."""
    if content[4:8] == b"ftyp":
        return "an HEIC, AVIF or video file"
    if b"<svg" in content[:1024]:
        return "an SVG file"
    return next((name for start, name in _FOREIGN if content.startswith(start)), None)


def webp_canvas(content: bytes) -> tuple[int, int] | None:
    """Return the width and height that a WebP header claims, or None when it has none."""
    if format_of(content) != "WEBP" or len(content) < 30:
        return None
    chunk = content[12:16]
    if chunk == b"VP8X":
        return _little(content, 24, 3) + 1, _little(content, 27, 3) + 1
    if chunk == b"VP8L":
        bits = _little(content, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return _little(content, 26, 2) & 0x3FFF, _little(content, 28, 2) & 0x3FFF
    return None


def ends_early(content: bytes) -> bool:
    """Tell whether a file is shorter than its own header says: only WebP headers say it."""
    return format_of(content) == "WEBP" and _little(content, 4, 4) + 8 > len(content)


def _little(content: bytes, start: int, count: int) -> int:
    return int.from_bytes(content[start : start + count], "little")
