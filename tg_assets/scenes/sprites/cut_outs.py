"""Pictures of single objects, cut out and scaled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tg_assets.task_space.errors import TaskSpaceError

SHADOW_BLUR, SHADOW_SHARE = 0.035, 0.4
"""How soft a shadow is, as a share of the object's extent, and how dark."""
KEPT_SIDE = 384
"""Pixels of the larger side to which pictures are scaled down when read; 512 are kept in memory."""
RIM_SIDE = 40
"""Pixels to which a picture is scaled to tell the colour of its outline."""
_HALF = [0] * 128 + [255] * 128
_DARK = [round(value * SHADOW_SHARE) for value in range(256)]


class SpriteError(TaskSpaceError):
    """A picture of an object that cannot be drawn; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """An object at the size at which it is drawn.

    Attributes:
        image: In RGB, height x width.
        alpha: How much of each pixel it covers, as an 8-bit image.
        covers: H x W; where it covers at least half of a pixel.
        shadow: How dark its shadow is, as an 8-bit image with `pad` more pixels on each side.
        pad: How far the shadow reaches beyond it.
    """

    image: Image.Image
    alpha: Image.Image
    covers: NDArray[np.bool_]
    shadow: Image.Image
    pad: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture as its file has it, without the empty space around the object.

    Attributes:
        image: In RGBA.
        rim: The mean colour of the pixels at the object's outline, in RGB from 0 to 255: what
            sets it off from a backdrop.
    """

    image: Image.Image
    rim: tuple[float, float, float]


def load(file: Path) -> Loaded:
    """Read a picture of an object; one that did not change is read once.

    Raises:
        SpriteError: It is missing, damaged or shows nothing.
    """
    return _load(file, _stamp(file))


def _stamp(file: Path) -> int:
    """Return what differs when a file was written anew."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        raise SpriteError(f"{file} does not exist; put the picture there") from None


@lru_cache(maxsize=512)
def _load(file: Path, stamp: int) -> Loaded:
    try:
        with Image.open(file) as opened:
            image = opened.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise SpriteError(f"{file} cannot be read as a picture: {error}") from None
    solid = image.getchannel("A").point(_HALF)
    box = solid.getbbox()
    if box is None:
        raise SpriteError(f"{file} shows nothing: all of it is more than half transparent")
    cropped = image.crop(box)
    cropped.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    return Loaded(cropped, _rim(cropped))


def _rim(image: Image.Image) -> tuple[float, float, float]:
    small = np.asarray(image.resize((RIM_SIDE, RIM_SIDE), Image.Resampling.BOX))
    solid = np.pad(small[..., 3] >= 128, 1)
    inner = solid[:-2, 1:-1] & solid[2:, 1:-1] & solid[1:-1, :-2] & solid[1:-1, 2:]
    outline = solid[1:-1, 1:-1] & ~inner
    if not outline.any():  # so thin that no pixel of the small picture is half covered
        outline = small[..., 3] > 0
    red, green, blue = small[outline][:, :3].mean(axis=0)
    return float(red), float(green), float(blue)


def cut_out(file: Path, extent: int) -> CutOut:
    """Return a picture of an object, scaled so that its larger side has `extent` pixels.

    Raises:
        SpriteError: The picture cannot be drawn.
    """
    return _cut_out(file, _stamp(file), extent)


@lru_cache(maxsize=1024)
def _cut_out(file: Path, stamp: int, extent: int) -> CutOut:
    image = _load(file, stamp).image
    share = extent / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    scaled = image.resize(size, Image.Resampling.LANCZOS)
    alpha = scaled.getchannel("A")
    blur = max(1.0, extent * SHADOW_BLUR)
    pad = round(2 * blur)
    shadow = Image.new("L", (size[0] + 2 * pad, size[1] + 2 * pad))
    shadow.paste(alpha.point(_DARK), (pad, pad))
    return CutOut(
        scaled.convert("RGB"),
        alpha,
        np.asarray(alpha) >= 128,
        shadow.filter(ImageFilter.GaussianBlur(blur)),
        pad,
    )
