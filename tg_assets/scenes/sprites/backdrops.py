"""What lies behind the objects: pale patterns that set off every object and are none themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Color = tuple[float, float, float]
Pattern = Callable[[np.random.Generator, int], Floats]

# pale and hardly saturated: an object of any nameable colour differs from each of them
PAPERS: tuple[Color, ...] = (
    (226, 222, 214),
    (206, 216, 226),
    (214, 224, 208),
    (230, 214, 210),
    (216, 210, 226),
    (204, 222, 222),
    (196, 200, 208),
    (232, 226, 200),
    (184, 194, 190),
    (222, 204, 188),
    (190, 204, 222),
    (176, 186, 200),
    (194, 184, 174),
)
NEAR_ENOUGH = 70.0
"""A distance in weighted RGB at which an outline is plain to see."""
WEIGHTS = np.array((0.9, 1.2, 0.9))
"""The eye sees differences in green best."""


def backdrop(dice: np.random.Generator, pixels: int, rims: Sequence[Color]) -> Image.Image:
    """Return a square backdrop that the objects stand out from.

    Args:
        dice: Decides everything.
        pixels: The side.
        rims: The colours of the objects' outlines.
    """
    paper = _paper(dice.permutation(len(PAPERS)), rims)
    other = np.clip(np.array(paper) * dice.uniform(0.9, 0.96) + dice.uniform(-3, 3, 3), 0, 255)
    pattern = PATTERNS[dice.integers(len(PATTERNS))](dice, pixels)
    levels = Image.fromarray((np.clip(pattern, 0, 1) * 255).astype(np.uint8))
    plain, second = (Image.new("RGB", levels.size, _whole(color)) for color in (paper, other))
    return Image.composite(second, plain, levels)


def _paper(order: NDArray[np.int64], rims: Sequence[Color]) -> Color:
    """Return the first colour that is far from all outlines, or the farthest there is."""
    away = np.array(PAPERS)[order, None] - np.array([*rims]).reshape(1, -1, 3)
    gaps = np.sqrt((away**2 * WEIGHTS).sum(axis=2)).min(axis=1, initial=255.0)
    far = gaps >= NEAR_ENOUGH
    return PAPERS[order[int(np.argmax(far if far.any() else gaps))]]


def _whole(color: Sequence[float] | NDArray[np.float64]) -> tuple[int, int, int]:
    red, green, blue = (round(float(part)) for part in color)
    return red, green, blue


def _across(dice: np.random.Generator, pixels: int) -> tuple[Floats, Floats]:
    """Return coordinates from -1 to 1 along a random direction and at right angles to it."""
    line = np.linspace(-1, 1, pixels, dtype=np.float32)
    angle = float(dice.uniform(0, 2 * np.pi))
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return line[None, :] * cos + line[:, None] * sin, line[:, None] * cos - line[None, :] * sin


def _gradient(dice: np.random.Generator, pixels: int) -> Floats:
    return _across(dice, pixels)[0] / np.float32(2.8) + np.float32(0.5)


def _vignette(dice: np.random.Generator, pixels: int) -> Floats:
    line = np.linspace(-1, 1, pixels, dtype=np.float32) ** 2
    return (line[None, :] + line[:, None]) * np.float32(dice.uniform(0.35, 0.55))


def _stripes(dice: np.random.Generator, pixels: int) -> Floats:
    wave = np.sin(_across(dice, pixels)[0] * np.float32(dice.uniform(12, 40)))
    levels: Floats = np.clip(wave * 4, -1, 1) * np.float32(0.35) + np.float32(0.5)
    return levels


def _waves(dice: np.random.Generator, pixels: int) -> Floats:
    along, beside = _across(dice, pixels)
    bend = np.sin(beside * np.float32(dice.uniform(3, 7))) * np.float32(0.15)
    levels: Floats = np.sin((along + bend) * np.float32(dice.uniform(10, 24))) / 2 + np.float32(0.5)
    return levels


def _checks(dice: np.random.Generator, pixels: int) -> Floats:
    side = int(pixels // dice.integers(8, 20))
    tiles = np.arange(pixels) // side
    return ((tiles[None, :] + tiles[:, None]) % 2).astype(np.float32) * np.float32(0.6)


def _dots(dice: np.random.Generator, pixels: int) -> Floats:
    along, beside = _across(dice, pixels)
    often = np.float32(dice.uniform(25, 50))
    bumps = np.sin(along * often) * np.sin(beside * often)
    levels: Floats = np.clip((bumps - np.float32(0.55)) * 6, 0, 1) * np.float32(0.8)
    return levels


def _clouds(dice: np.random.Generator, pixels: int) -> Floats:
    coarse = Image.fromarray(dice.uniform(0, 1, (6, 6)).astype(np.float32))
    return np.asarray(coarse.resize((pixels, pixels), Image.Resampling.BICUBIC))


def _grain(dice: np.random.Generator, pixels: int) -> Floats:
    noise = dice.random((pixels, pixels), dtype=np.float32) * np.float32(0.45)
    return noise + _clouds(dice, pixels) * np.float32(0.5)


PATTERNS: tuple[Pattern, ...] = (
    _gradient,
    _vignette,
    _stripes,
    _waves,
    _checks,
    _dots,
    _clouds,
    _grain,
)
