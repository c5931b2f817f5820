"""Pictures of single objects as files: what makes one usable."""

from __future__ import annotations

from pathlib import Path

MAX_SIDE = 4096
"""Pixels; a larger one is a mistake, or an attack on memory."""


def check_sprite(file: Path) -> str | None:
    """Return what is wrong with a picture as far as its first bytes tell, or nothing."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            width, height = image.size
            has_transparency = image.has_transparency_data
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        return f"cannot be read as a picture ({type(error).__name__}); save it as PNG or WebP"
    if max(width, height) > MAX_SIDE:
        return f"is {width} x {height} pixels; scale it down to {MAX_SIDE} or less"
    if not has_transparency:
        return "has no transparent background; cut the object out and save it as PNG or WebP"
    return None
