"""Models of what stands on a table: vessels, fruit, food."""

from __future__ import annotations

from dataclasses import replace

from tg_assets.scenes.solids.catalogue import Catalogue
from tg_assets.scenes.solids.parts import (
    Part,
    ball,
    curve,
    egg,
    lathe,
    lathed_curve,
    profile,
    ring,
    rod,
    slab,
    together,
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
        (0.26, 0),
        (0.30, 0.05),
        (0.30, 0.75),
        *profile((0.30, 0.75), (0.24, 0.95), (0.11, 1.1)),
        (0.10, 1.3),
        (0.125, 1.31),
        (0.125, 1.36),
    )
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
        (-0.62, 0.28, 0.16),
        (-0.52, 0.1, 0.16),
        (-0.2, -0.16, 0.16),
        (0.2, -0.16, 0.16),
        (0.52, 0.1, 0.16),
        (0.66, 0.34, 0.16),
    )
    n = len(spine)
    radii = [0.05 + 0.115 * min(1.0, 3.4 * min(k, n - 1 - k) / (n - 1)) for k in range(n)]
    body = tube(spine, radii, sides=7)
    stalk = rod(spine[-1], (0.72, 0.46, 0.2), 0.055, 0.04).painted("brown", "rubber")
    tip = ball(0.055, spine[0]).painted("black", "rubber")
    return [body, stalk, tip]


@model("bowl", materials=("plastic", "wood", "metal", "stone"), is_round=True)
def bowl() -> list[Part]:
    """An open bowl."""
    outside = [(0.22, 0.0), (0.24, 0.05), *profile((0.24, 0.06), (0.5, 0.2), (0.66, 0.5))]
    inside = profile((0.60, 0.5), (0.45, 0.24), (0.0, 0.12))
    return [lathe(*outside, *inside)]


@model("teapot", materials=("plastic", "metal", "stone"))
def teapot() -> list[Part]:
    """A teapot, its spout to the right."""
    pot = lathed_curve((0.28, 0), (0.5, 0.18), (0.55, 0.4), (0.42, 0.64), (0.24, 0.72), (0, 0.76))
    spout = tube(curve((0.4, 0, 0.28), (0.68, 0, 0.42), (0.92, 0, 0.74)), [0.13] * 7 + [0.075] * 6)
    grip = curve((-0.42, 0, 0.6), (-0.74, 0, 0.66), (-0.84, 0, 0.4), (-0.46, 0, 0.2))
    return [pot, spout, tube(grip, 0.065), ball(0.09, (0, 0, 0.82)).painted("black")]


@model("wine glass", colors=("red", "green", "blue", "yellow"), materials=("glass",), is_round=True)
def wine_glass() -> list[Part]:
    """A glass on a stem."""
    outside = profile((0.06, 0.56), (0.3, 0.72), (0.34, 0.98), (0.28, 1.25))
    inside = profile((0.25, 1.25), (0.3, 0.98), (0.26, 0.75), (0.0, 0.64))
    return [lathe((0.3, 0), (0.3, 0.03), (0.06, 0.09), (0.05, 0.5), *outside, *inside)]


@model("pear", colors=("green", "yellow"), is_round=True)
def pear() -> list[Part]:
    """A pear with its stalk."""
    body = lathed_curve((0, 0), (0.26, 0.02), (0.42, 0.3), (0.30, 0.68), (0.18, 0.95), (0, 1.05))
    return [body, rod((0, 0, 1.0), (0.07, 0, 1.22), 0.025, 0.04).painted("brown", "rubber")]


@model("carrot", colors=("orange", "purple"), materials=("rubber",))
def carrot() -> list[Part]:
    """A carrot lying on its side, its leaves to the right."""
    body = tube(
        curve((-0.72, 0, 0.12), (-0.3, 0, 0.17), (0.1, 0, 0.21), (0.4, 0, 0.22), (0.5, 0, 0.22)),
        [0.03, 0.05, 0.065, 0.08, 0.09, 0.1, *(0.11 + 0.0085 * k for k in range(18)), 0.12],
    )
    leaves = [
        tube(curve((0.46, 0, 0.24), (0.7, 0.5 * side, 0.36), (0.98, side, 0.34)), 0.055, sides=6)
        for side in (-0.22, -0.08, 0.08, 0.22)
    ]
    return together(body, [leaf.painted("leaf", "rubber") for leaf in leaves])


@model("pineapple", colors=("yellow", "orange"), materials=("rubber",), is_round=True)
def pineapple() -> list[Part]:
    """A pineapple with its crown."""
    fruit = lathed_curve((0, 0), (0.3, 0.04), (0.38, 0.4), (0.3, 0.76), (0, 0.84), sides=10)
    crown = [
        rod((0, 0, 0.76), (0.3, 0, 1.1 + 0.05 * (k % 3)), 0.09, 0.01, sides=5).turned("z", 45 * k)
        for k in range(8)
    ] + [rod((0, 0, 0.76), (0, 0, 1.36), 0.1, 0.01, sides=6)]
    scales = [
        ball(0.055, (0.375 - 0.09 * abs(z - 0.4) ** 2 * 4, 0, z)).turned("z", 36 * k + 18 * row)
        for row, z in enumerate((0.16, 0.32, 0.48, 0.64))
        for k in range(10)
    ]
    painted = [leaf.painted("leaf", "rubber") for leaf in crown]
    return together(
        replace(fruit, crease=10), painted, [s.painted("gold", "rubber") for s in scales]
    )


@model("cake", colors=("pink", "brown", "white", "yellow", "blue", "green"), is_round=True)
def cake() -> list[Part]:
    """A cake in two tiers with a cherry."""
    low = lathe((0.56, 0), (0.58, 0.04), (0.58, 0.34), (0.54, 0.38), crease=50)
    high = lathe((0.36, 0.38), (0.36, 0.66), (0.32, 0.7), crease=50)
    cream = [
        ball(0.06, (radius, 0, z)).turned("z", 360 / n * k).painted("white", "rubber")
        for radius, z, n in ((0.49, 0.4, 16), (0.29, 0.71, 10))
        for k in range(n)
    ]
    plate = lathe((0.66, -0.04), (0.7, 0)).painted("steel", "metal")
    return together(plate, low, high, cream, ball(0.1, (0, 0, 0.78)).painted("red"))


@model(
    "ice cream",
    colors=("pink", "brown", "white", "yellow", "green"),
    materials=("rubber",),
    is_round=True,
)
def ice_cream() -> list[Part]:
    """Three scoops in a waffle bowl."""
    cup = lathe((0.26, 0), (0.52, 0.46), (0.46, 0.46), (0.4, 0.38)).painted("wood brown", "wood")
    scoops = [ball(0.3, (0.22, 0, 0.56)).turned("z", 120 * k) for k in range(3)]
    return together(cup, scoops, ball(0.3, (0, 0, 0.86)), ball(0.08, (0, 0, 1.2)).painted("red"))


@model("donut", colors=("pink", "brown", "white", "yellow", "blue"), is_round=True)
def donut() -> list[Part]:
    """A ring of dough under icing with sprinkles."""
    dough = ring(0.42, 0.21, (0, 0, 0.21)).painted("wood brown", "rubber")
    icing = ring(0.42, 0.2, (0, 0, 0.26)).scaled(1.02, 1.02, 1)
    sprinkles = [
        rod(
            (0.3 + 0.06 * (k % 5), -0.03, 0.455),
            (0.33 + 0.06 * (k % 5), 0.05, 0.46),
            0.018,
            sides=5,
        )
        .turned("z", 23 * k)
        .painted(("red", "yellow", "green", "purple")[k % 4])
        for k in range(16)
    ]
    return together(dough, icing, sprinkles)


@model(
    "frying pan", name="frying pan", materials=("metal",), colors=("gray", "black", "red", "blue")
)
def frying_pan() -> list[Part]:
    """A pan, its handle to the right."""
    pan = lathe((0.46, 0), (0.56, 0.18), (0.52, 0.18), (0.44, 0.05))
    grip = tube(curve((0.54, 0, 0.14), (0.8, 0, 0.2), (1.3, 0, 0.24)), 0.065)
    return [pan, grip.painted("black", "rubber")]


@model("spoon", materials=("metal", "wood", "plastic"))
def spoon() -> list[Part]:
    """A spoon lying with its bowl to the left."""
    dish = egg(0.34, 0.24, 0.11, (-0.6, 0, 0.11))
    hollow = egg(0.27, 0.18, 0.06, (-0.6, 0, 0.19))
    handle = tube(curve((-0.34, 0, 0.13), (0.1, 0, 0.16), (0.7, 0, 0.1)), [0.06] * 7 + [0.08] * 6)
    return [dish, hollow.scaled(1, 1, 0.99), handle]


@model("mushroom", colors=("red", "brown", "purple"), materials=("rubber",), is_round=True)
def mushroom() -> list[Part]:
    """A toadstool with spots."""
    stalk = lathed_curve((0.17, 0), (0.13, 0.3), (0.15, 0.6)).painted("paper", "rubber")
    cap = lathe(*profile((0.14, 0.5), (0.5, 0.46), (0.46, 0.66), (0.24, 0.88), (0.0, 0.93)))
    spots = [
        ball(0.075, (r, 0, z)).turned("z", turn).painted("paper", "rubber")
        for r, z, turns in ((0.44, 0.64, range(0, 360, 60)), (0.25, 0.84, range(30, 360, 120)))
        for turn in turns
    ]
    return together(stalk, cap, spots)


@model("strawberry", colors=("red",), materials=("rubber",), is_round=True)
def strawberry() -> list[Part]:
    """A strawberry standing on its tip, leaves above."""
    body = lathed_curve((0, 0), (0.16, 0.12), (0.38, 0.5), (0.36, 0.74), (0.14, 0.86), (0, 0.86))
    seeds = [
        ball(0.026, (r, 0, z)).turned("z", 40 * k + 20 * row).painted("yellow", "rubber")
        for row, (r, z) in enumerate(((0.2, 0.2), (0.3, 0.36), (0.375, 0.53), (0.385, 0.68)))
        for k in range(9)
    ]
    leaves = [
        rod((0, 0, 0.86), (0.36, 0, 0.88), 0.11, 0.01, sides=4).turned("z", 60 * k)
        for k in range(6)
    ] + [rod((0, 0, 0.84), (0.03, 0, 1.06), 0.03)]
    return together(body, seeds, [leaf.painted("leaf", "rubber") for leaf in leaves])


@model("pumpkin", colors=("orange", "white", "green"), materials=("rubber",), is_round=True)
def pumpkin() -> list[Part]:
    """A ribbed pumpkin with its stalk."""
    ribs = [egg(0.26, 0.22, 0.4, (0.32, 0, 0.4)).turned("z", 36 * k) for k in range(10)]
    stalk = tube(curve((0, 0, 0.6), (0.02, 0, 0.86), (0.14, 0, 1.0)), 0.08, sides=7)
    return together(ribs, stalk.painted("leaf", "rubber"))


@model("cheese", colors=("yellow", "orange"), materials=("rubber",))
def cheese() -> list[Part]:
    """A wedge of cheese with holes."""
    body = slab([(-0.7, 0.0), (0.55, -0.45), (0.62, 0.0), (0.55, 0.45)], 0.5)
    standing = body.turned("x", -90).moved(z=0.25)
    holes = [
        egg(r, r, 0.04, (x, y, 0.48)).painted("wood brown", "rubber")
        for x, y, r in (
            (0.05, 0.0, 0.1),
            (0.32, 0.16, 0.08),
            (0.36, -0.2, 0.11),
            (-0.25, 0.02, 0.07),
        )
    ]
    side = [
        egg(r, 0.04, r, (x, -0.435 + 0.36 * (0.6 - x) / 1.2, z)).painted("wood brown", "rubber")
        for x, z, r in ((0.3, 0.3, 0.09), (-0.1, 0.2, 0.07))
    ]
    return together(standing, holes, side)
