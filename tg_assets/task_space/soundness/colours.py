"""Which colours a person may call what a picture shows.

Colours are compared in CIELAB (D65), where distances are about those that the eye sees. A name has
several prototypes, light and dark; light and shadow change lightness most, so it counts half.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PROTOTYPES: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((200, 30, 35), (140, 20, 28), (230, 75, 65), (255, 0, 0)),
    "orange": ((240, 140, 30), (215, 105, 20), (255, 170, 70)),
    "yellow": ((250, 220, 40), (215, 185, 30), (255, 240, 130), (250, 200, 80)),
    "green": ((40, 150, 60), (20, 85, 35), (120, 190, 80), (85, 130, 60), (60, 200, 120)),
    "blue": ((40, 90, 200), (20, 40, 120), (100, 160, 230), (60, 120, 170), (0, 0, 255)),
    "purple": ((120, 50, 160), (75, 30, 105), (165, 115, 205), (105, 55, 235)),
    "pink": ((240, 130, 170), (250, 185, 200), (215, 85, 140)),
    "brown": ((120, 75, 40), (75, 45, 25), (160, 110, 70)),
    "black": ((15, 15, 17), (45, 45, 48), (70, 70, 72), (42, 28, 52)),
    "white": ((250, 250, 250), (220, 220, 220), (195, 198, 202)),
    "gray": ((128, 128, 128), (90, 90, 92), (165, 165, 168), (195, 195, 195)),
    "beige": ((220, 200, 165), (240, 225, 195), (190, 170, 135)),
    "gold": ((200, 160, 60), (165, 125, 40), (235, 200, 105)),
    "silver": ((165, 168, 172), (205, 207, 210), (120, 122, 126)),
    "tan": ((195, 160, 120), (165, 130, 95)),
    "cream": ((250, 240, 210), (235, 225, 195)),
    "cyan": ((60, 200, 215), (30, 150, 165), (140, 225, 235)),
    "turquoise": ((60, 200, 190), (30, 150, 145)),
    "teal": ((20, 120, 120), (15, 80, 85)),
    "maroon": ((110, 20, 35), (80, 15, 25)),
    "navy": ((20, 30, 85), (30, 45, 110)),
    "olive": ((120, 120, 40), (85, 85, 30)),
}
LIGHTNESS = 0.5
DOUBT = 14.0
"""How much farther a name may be than the nearest one, in units of CIELAB, to be said as well."""
BASIC = tuple(PROTOTYPES)[:13]
"""The names that compete with each other; those that follow them are shades of them."""


def could_be(pixels: NDArray[np.uint8], name: str) -> float:
    """Return the share of pixels, N x 3 in sRGB, that somebody could call by a name."""
    lab = to_lab(pixels)
    nearest = np.min([_distance(lab, other) for other in BASIC], axis=0)
    return float(np.mean(_distance(lab, name) <= nearest + DOUBT))


def is_plainly(pixels: NDArray[np.uint8], name: str) -> float:
    """Return the share of pixels, N x 3 in sRGB, that a name is nearer to than any other."""
    lab = to_lab(pixels)
    others = np.min([_distance(lab, other) for other in BASIC if other != name], axis=0)
    return float(np.mean(_distance(lab, name) < others))


def looks_like(pixels: NDArray[np.uint8]) -> dict[str, float]:
    """Return the share of pixels, N x 3 in sRGB, that each basic name is the nearest of."""
    lab = to_lab(pixels)
    nearest = np.argmin([_distance(lab, name) for name in BASIC], axis=0)
    return dict(zip(BASIC, np.bincount(nearest, minlength=len(BASIC)) / len(lab), strict=True))


def to_lab(pixels: NDArray[np.uint8]) -> Floats:
    """Return sRGB pixels, N x 3, in CIELAB under D65."""
    linear = _linear()[pixels]
    xyz = linear @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > 0.008856, np.cbrt(xyz), xyz * np.float32(7.787) + np.float32(16 / 116))
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).astype(np.float32)


def _distance(lab: Floats, name: str) -> Floats:
    """Return each pixel's distance from the nearest prototype of a name."""
    apart = (lab[:, None] - _prototypes(name)[None]) * np.array([LIGHTNESS, 1, 1], np.float32)
    return np.asarray(np.sqrt((apart**2).sum(axis=2)).min(axis=1))


@cache
def _prototypes(name: str) -> Floats:
    return to_lab(np.array(PROTOTYPES[name], np.uint8))


@cache
def _linear() -> Floats:
    """Return the linear value of each 8-bit one."""
    part = np.arange(256, dtype=np.float32) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
