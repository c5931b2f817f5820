"""Which pictures the settings leave out for what they are: too small, too long, blurred."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from tg_assets.image_pool.decoding import decode
from tg_assets.settings_sources import Images

TOO_SMALL, TOO_LONG, BLURRED = "too_small", "too_long", "blurred"
"""The reasons of images that are left out; they are good files."""

SIDE = 512
"""Pixels of the longer side at which sharpness is measured, so that it does not depend on size."""


def fault(images: Images, row: dict[str, Any], content: bytes) -> tuple[str, str] | None:
    """Return why the settings leave a picture out, reason and words; null when they do not.

    Args:
        images: The settings.
        row: The picture's row of the pool.
        content: The bytes of its file.
    """
    width, height = row["width"], row["height"]
    short, long = sorted((width, height))
    if images.min_side is not None and short < images.min_side:
        return TOO_SMALL, f"{width} x {height}: images.min_side is {images.min_side}"
    if images.max_aspect is not None and long > images.max_aspect * short:
        return TOO_LONG, f"{width} x {height}: images.max_aspect is {images.max_aspect:g}"
    if images.min_sharpness is not None:
        found = sharpness(decode(content))
        if found < images.min_sharpness:
            return BLURRED, f"sharpness {found:.1f}: min_sharpness is {images.min_sharpness:g}"
    return None


def sharpness(picture: Image.Image) -> float:
    """Return the variance of a picture's Laplacian, at a longer side of at most `SIDE` pixels.

    The usual measure of focus (Pech-Pacheco and others, 2000): edges make it large, blur makes it
    small, and so does a picture without detail.
    """
    grey = picture.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    samples = np.asarray(grey, np.float32)
    if min(samples.shape) < 3:
        return 0.0
    inside = samples[1:-1, 1:-1]
    around = samples[:-2, 1:-1] + samples[2:, 1:-1] + samples[1:-1, :-2] + samples[1:-1, 2:]
    return float(np.var(around - 4 * inside))
