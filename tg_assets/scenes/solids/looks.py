"""Ground and light of a picture: what only the eye cares about, drawn from `World.look`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tg_assets.ids import digest
from tg_assets.scenes.solids.solid import Floats, linear

GROUNDS = (
    ((206, 190, 160), (190, 172, 140)),
    ((176, 196, 202), (164, 186, 194)),
    ((190, 204, 180), (178, 192, 168)),
    ((212, 188, 186), (200, 176, 174)),
    ((190, 186, 208), (178, 174, 198)),
    ((170, 200, 192), (158, 188, 180)),
)
"""Pale and tinted, so that white, gray and black things stand out too; two shades each."""
PATTERNS = ("plain", "planks", "tiles")


@dataclass(frozen=True, eq=False)
class Look:
    """Ground and light.

    Attributes:
        light: Unit vector towards the lamp.
        colors: Two shades of the ground, linear.
        pattern: How they alternate.
    """

    light: Floats
    colors: tuple[Floats, Floats]
    pattern: str


def look(seed: int) -> Look:
    """Return the look of a seed."""
    dice = np.random.default_rng(int(digest("look of solids", seed), 16))
    shades = GROUNDS[dice.integers(len(GROUNDS))]
    pattern = PATTERNS[dice.integers(len(PATTERNS))]
    turn, rise = np.radians(dice.uniform(-70, 70)), np.radians(dice.uniform(52, 66))
    light = np.array(
        [np.sin(turn) * np.cos(rise), -np.cos(turn) * np.cos(rise), np.sin(rise)], np.float32
    )
    return Look(light, (linear(shades[0]), linear(shades[1])), pattern)


def ground(of: Look, x: Floats, y: Floats) -> Floats:
    """Return (n, 3) colours of the ground at places on it."""
    share = _SHARES[of.pattern](x, y)[:, None]
    return np.asarray(of.colors[0] * (1 - share) + of.colors[1] * share)


def _plain(x: Floats, y: Floats) -> Floats:
    return np.zeros_like(x)


def _planks(x: Floats, y: Floats) -> Floats:
    row = np.floor(y * np.float32(2.2))
    grain = np.sin(x * np.float32(1.1) + row * np.float32(2.4) + np.sin(y * 21 + row) * 0.5)
    seam = np.abs(y * np.float32(2.2) - row - np.float32(0.5)) > np.float32(0.475)
    return np.where(seam, np.float32(1.9), np.float32(0.5) + np.float32(0.5) * grain)


def _tiles(x: Floats, y: Floats) -> Floats:
    tiles = np.floor(x * 2 + np.float32(0.25)) + np.floor(y * 2 + np.float32(0.25))
    return np.asarray(tiles % 2)


_SHARES = {"plain": _plain, "planks": _planks, "tiles": _tiles}
