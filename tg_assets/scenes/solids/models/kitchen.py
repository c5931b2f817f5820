"""Models of what stands on a table: vessels, fruit, food."""

from __future__ import annotations

from tg_assets.scenes.solids.catalogue import Catalogue
from tg_assets.scenes.solids.parts import (
    Part,
    ball,
    curve,
    lathe,
    lathed_curve,
    profile,
    rod,
    tube,
)

CATALOGUE = Catalogue()
model = CATALOGUE.model


@model("mug", materials=("plastic", "metal", "wood", "stone"))
def mug() -> list[Part]:
    """A cup with a handle at its right."""
    cup = lathe((0.36, 0), (0.40, 0.04), (0.40, 0.9), (0.33, 0.9), (0.33, 0.12))
    handle = tube(
        curve((0.38, 0, 0.74), (0.62, 0, 0.72), (0.70, 0, 0.46), (0.58, 0, 0.22), (0.38, 0, 0.2)),
        0.07,
    )
    return [cup, handle]


@model("bottle", materials=("plastic", "glass", "metal"), is_round=True)
def bottle() -> list[Part]:
    """A bottle with a cap."""
    body = lathe(
        (0.26, 0), (0.30, 0.05), (0.30, 0.75), *profile((0.30, 0.75), (0.24, 0.95), (0.11, 1.1)),
        (0.10, 1.3), (0.125, 1.31), (0.125, 1.36),
    )  # fmt: skip
    return [body, lathe((0.12, 1.36), (0.12, 1.48)).painted("steel", "metal")]


@model("apple", colors=("red", "green", "yellow"), is_round=True)
def apple() -> list[Part]:
    """An apple with its stalk."""
    body = lathed_curve(
        (0, 0.06), (0.2, 0.0), (0.42, 0.2), (0.52, 0.5), (0.40, 0.82), (0.2, 0.88), (0.0, 0.74)
    )
    return [body, rod((0, 0, 0.72), (0.08, 0, 1.04), 0.03, 0.045).painted("brown", "rubber")]


@model("banana", colors=("yellow", "green"), materials=("rubber",))
def banana() -> list[Part]:
    """A banana lying on its side."""
    spine = curve(
        (-0.62, 0.28, 0.16), (-0.52, 0.1, 0.16), (-0.2, -0.16, 0.16), (0.2, -0.16, 0.16),
        (0.52, 0.1, 0.16), (0.66, 0.34, 0.16),
    )  # fmt: skip
    n = len(spine)
    radii = [0.05 + 0.115 * min(1.0, 3.4 * min(k, n - 1 - k) / (n - 1)) for k in range(n)]
    body = tube(spine, radii, sides=7)
    stalk = rod(spine[-1], (0.72, 0.46, 0.2), 0.055, 0.04).painted("brown", "rubber")
    tip = ball(0.055, spine[0]).painted("black", "rubber")
    return [body, stalk, tip]
