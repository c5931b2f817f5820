"""Models of animals; those on four legs look to the left, the others at the viewer."""

from __future__ import annotations

from math import cos, sin

from tg_assets.scenes.solids.catalogue import Catalogue
from tg_assets.scenes.solids.parts import (
    Part,
    ball,
    box,
    curve,
    egg,
    lathe,
    lathed_curve,
    profile,
    rod,
    slab,
    together,
    tube,
)

CATALOGUE = Catalogue()
model = CATALOGUE.model

TOY = ("plastic", "wood", "metal")


def eyes(x: float, y: float, z: float, radius: float = 0.04) -> list[Part]:
    """Return two eyes at `x`, `y` to either side: of an animal that looks to the left."""
    return [ball(radius, (x, side, z)).painted("black") for side in (-y, y)]


def legs(xs: tuple[float, float], y: float, top: float, radius: float) -> list[Part]:
    """Return four legs."""
    return [rod((x, side, 0), (x, side, top), radius) for x in xs for side in (-y, y)]


@model("fish", materials=TOY)
def fish() -> list[Part]:
    """A fish swimming to the left."""
    body = egg(0.56, 0.2, 0.32, (-0.1, 0, 0.42))
    tail = slab([(0.34, 0.42), (0.74, 0.12), (0.66, 0.42), (0.74, 0.76)], 0.08)
    top = slab([(-0.2, 0.66), (0.2, 0.62), (0.24, 0.9)], 0.06)
    fins = [
        slab([(-0.1, 0.42), (0.16, 0.2), (0.22, 0.36)], 0.05).moved(0, y) for y in (-0.22, 0.22)
    ]
    white = [ball(0.09, (-0.44, y, 0.5)).painted("white") for y in (-0.12, 0.12)]
    stand = lathe((0.2, 0), (0.06, 0.06), (0.05, 0.14)).painted("steel", "metal")
    return together(body, tail, top, fins, white, eyes(-0.48, 0.19, 0.52, 0.05), stand)


@model("duck")
def duck() -> list[Part]:
    """A rubber duck looking to the left."""
    body = egg(0.5, 0.36, 0.32, (0.05, 0, 0.3))
    tail = rod((0.36, 0, 0.38), (0.66, 0, 0.64), 0.2, 0.03)
    head = ball(0.27, (-0.3, 0, 0.76))
    bill = egg(0.2, 0.14, 0.06, (-0.58, 0, 0.7)).painted("gold", "rubber")
    wings = [egg(0.26, 0.08, 0.16, (0.1, y, 0.36)) for y in (-0.34, 0.34)]
    return together(body, tail, head, bill, wings, eyes(-0.46, 0.16, 0.86, 0.055))


@model("penguin", colors=("black", "blue", "gray", "purple"))
def penguin() -> list[Part]:
    """A penguin facing the viewer."""
    body = lathed_curve((0.2, 0.04), (0.36, 0.2), (0.36, 0.5), (0.26, 0.9), (0.22, 1.1), (0, 1.28))
    belly = egg(0.27, 0.2, 0.4, (0, -0.19, 0.44)).painted("white", "rubber")
    face = egg(0.16, 0.1, 0.14, (0, -0.16, 1.0)).painted("white", "rubber")
    bill = rod((0, -0.22, 0.98), (0, -0.46, 0.94), 0.08, 0.01).painted("orange")
    wings = [
        egg(0.07, 0.14, 0.32, (0, 0, 0)).turned("y", turn).moved(x, 0, 0.56)
        for x, turn in ((-0.4, 24), (0.4, -24))
    ]
    feet = [egg(0.14, 0.22, 0.06, (x, -0.2, 0.05)).painted("orange") for x in (-0.16, 0.16)]
    spots = [ball(0.04, (x, -0.24, 1.07)).painted("black") for x in (-0.08, 0.08)]
    return together(body, belly, face, bill, wings, feet, spots)


@model("pig", colors=("pink", "black", "white", "brown", "blue", "yellow"))
def pig() -> list[Part]:
    """A pig looking to the left."""
    body = egg(0.52, 0.34, 0.34, (0.08, 0, 0.5))
    head = ball(0.27, (-0.44, 0, 0.62))
    snout = rod((-0.6, 0, 0.58), (-0.78, 0, 0.56), 0.14, 0.13)
    holes = [ball(0.035, (-0.78, y, 0.57)).painted("brown", "rubber") for y in (-0.055, 0.055)]
    ears = [rod((-0.42, y, 0.8), (-0.5, 1.5 * y, 1.0), 0.11, 0.02, sides=6) for y in (-0.15, 0.15)]
    curl = tube(
        curve((0.58, 0, 0.56), (0.7, 0.06, 0.66), (0.72, -0.04, 0.74), (0.64, 0, 0.7)), 0.035
    )
    feet = legs((-0.24, 0.36), 0.2, 0.34, 0.1)
    return together(body, head, snout, holes, ears, curl, feet, eyes(-0.63, 0.13, 0.74))


@model("dog", colors=("brown", "black", "white", "orange", "gray"))
def dog() -> list[Part]:
    """A dog looking to the left."""
    body = egg(0.46, 0.22, 0.22, (0.12, 0, 0.52))
    neck = rod((-0.2, 0, 0.58), (-0.38, 0, 0.86), 0.17, 0.14)
    head = egg(0.23, 0.2, 0.2, (-0.44, 0, 0.9))
    muzzle = egg(0.19, 0.12, 0.11, (-0.66, 0, 0.84))
    nose = ball(0.06, (-0.84, 0, 0.88)).painted("black")
    ears = [egg(0.1, 0.05, 0.2, (-0.36, y, 0.86)).painted("brown", "rubber") for y in (-0.21, 0.21)]
    tail = rod((0.52, 0, 0.6), (0.76, 0, 0.94), 0.075, 0.04)
    collar = rod((-0.3, 0, 0.73), (-0.335, 0, 0.79), 0.172).painted("red")
    return together(
        body,
        neck,
        head,
        muzzle,
        nose,
        ears,
        tail,
        collar,
        legs((-0.18, 0.42), 0.13, 0.5, 0.085),
        eyes(-0.62, 0.1, 0.98),
    )


@model("cat", colors=("gray", "black", "orange", "white", "brown"))
def cat() -> list[Part]:
    """A cat sitting, its face to the viewer."""
    body = lathed_curve((0.26, 0), (0.36, 0.16), (0.3, 0.5), (0.18, 0.78)).scaled(0.95, 1.05, 1)
    head = egg(0.28, 0.24, 0.24, (0, -0.1, 0.96))
    ears = [
        rod((x, -0.06, 1.1), (1.25 * x, -0.06, 1.38), 0.11, 0.01, sides=6) for x in (-0.17, 0.17)
    ]
    paws = [egg(0.1, 0.17, 0.09, (x, -0.34, 0.08)) for x in (-0.14, 0.14)]
    front = [rod((x, -0.28, 0.08), (0.8 * x, -0.18, 0.56), 0.09) for x in (-0.14, 0.14)]
    muzzle = egg(0.13, 0.08, 0.09, (0, -0.31, 0.9)).painted("white", "rubber")
    nose = ball(0.04, (0, -0.39, 0.94)).painted("pink")
    tail = tube(curve((0.2, 0.2, 0.1), (0.52, 0.2, 0.1), (0.64, 0, 0.2), (0.6, -0.1, 0.46)), 0.075)
    looks = [ball(0.05, (x, -0.3, 1.03)).painted("leaf") for x in (-0.11, 0.11)]
    return together(body, head, ears, paws, front, muzzle, nose, tail, looks)


@model("elephant", colors=("gray", "pink", "blue", "purple", "white"), materials=("rubber",))
def elephant() -> list[Part]:
    """An elephant looking to the left."""
    body = egg(0.52, 0.38, 0.4, (0.16, 0, 0.68))
    head = egg(0.28, 0.27, 0.3, (-0.44, 0, 0.86))
    trunk = tube(
        curve((-0.6, 0, 0.86), (-0.82, 0, 0.66), (-0.86, 0, 0.3), (-0.98, 0, 0.14)),
        [0.15 - 0.0045 * k for k in range(19)],
    )
    ears = [
        egg(0.24, 0.05, 0.3).turned("z", turn).moved(-0.28, y, 0.86)
        for y, turn in ((-0.34, 25), (0.34, -25))
    ]
    tusks = [
        rod((-0.6, y, 0.7), (-0.86, y, 0.58), 0.05, 0.015).painted("white") for y in (-0.16, 0.16)
    ]
    tail = rod((0.66, 0, 0.74), (0.76, 0, 0.4), 0.04, 0.03)
    return together(
        body,
        head,
        trunk,
        ears,
        tusks,
        tail,
        legs((-0.14, 0.44), 0.22, 0.5, 0.14),
        eyes(-0.66, 0.16, 0.96),
    )


@model("turtle", colors=("green", "brown", "blue", "purple", "orange"))
def turtle() -> list[Part]:
    """A turtle looking to the left."""
    shell = lathe(*profile((0.5, 0.14), (0.46, 0.3), (0.26, 0.5), (0, 0.56)), sides=8, crease=15)
    rim = lathe((0.5, 0.1), (0.56, 0.14), (0.5, 0.18), sides=8, crease=15).painted("wood brown")
    head = egg(0.2, 0.15, 0.15, (-0.7, 0, 0.28)).painted("leaf", "rubber")
    feet = [
        egg(0.18, 0.12, 0.1, (x, y, 0.1)).painted("leaf", "rubber")
        for x in (-0.36, 0.36)
        for y in (-0.4, 0.4)
    ]
    tail = rod((0.5, 0, 0.16), (0.72, 0, 0.1), 0.07, 0.01).painted("leaf", "rubber")
    return together(shell, rim, head, feet, tail, eyes(-0.8, 0.1, 0.36, 0.035))


@model("rabbit", colors=("white", "gray", "brown", "pink", "black"), materials=("rubber",))
def rabbit() -> list[Part]:
    """A rabbit sitting, its face to the viewer."""
    body = egg(0.34, 0.38, 0.36, (0, 0.06, 0.36))
    head = egg(0.24, 0.24, 0.22, (0, -0.22, 0.78))
    ears = [
        egg(0.08, 0.05, 0.32).turned("y", turn).moved(x, -0.12, 1.18)
        for x, turn in ((-0.13, -10), (0.13, 10))
    ]
    inner = [
        egg(0.045, 0.03, 0.22).turned("y", turn).moved(x, -0.16, 1.16).painted("pink", "rubber")
        for x, turn in ((-0.13, -10), (0.13, 10))
    ]
    feet = [egg(0.11, 0.2, 0.08, (x, -0.3, 0.07)) for x in (-0.2, 0.2)]
    nose = ball(0.045, (0, -0.45, 0.8)).painted("pink")
    tail = ball(0.12, (0, 0.46, 0.28)).painted("white", "rubber")
    looks = [ball(0.045, (x, -0.39, 0.88)).painted("black") for x in (-0.12, 0.12)]
    return together(body, head, ears, inner, feet, nose, tail, looks)


@model("snail", colors=("orange", "pink", "blue", "yellow", "purple", "brown"))
def snail() -> list[Part]:
    """A snail creeping to the left."""
    foot = tube(
        curve((0.66, 0, 0.05), (0.3, 0, 0.1), (-0.3, 0, 0.1), (-0.54, 0, 0.24), (-0.62, 0, 0.46)),
        [0.04, 0.06, 0.08, *[0.1] * 12, 0.11, 0.12, 0.12, *[0.13] * 7],
    )
    head = ball(0.14, (-0.62, 0, 0.5)).painted("skin", "rubber")
    shell = egg(0.36, 0.28, 0.36, (0.08, 0, 0.42))
    turns = [(0.028 * k, 0.75 * k) for k in range(11)]
    swirl = tube(
        [(0.08 + r * cos(t), -0.29 + 0.45 * r**2 + r**4 * 4, 0.42 + r * sin(t)) for r, t in turns],
        0.03,
    )
    horns = [rod((-0.64, y, 0.58), (-0.76, 2 * y, 0.86), 0.025) for y in (-0.06, 0.06)]
    tips = [ball(0.045, (-0.76, 2 * y, 0.87)).painted("black") for y in (-0.06, 0.06)]
    return together(
        foot.painted("skin", "rubber"),
        head,
        shell,
        swirl.painted("brown", "rubber"),
        [horn.painted("skin", "rubber") for horn in horns],
        tips,
    )


@model(
    "teddy bear", colors=("brown", "white", "pink", "blue", "gray", "black"), materials=("rubber",)
)
def teddy_bear() -> list[Part]:
    """A teddy bear sitting, its face to the viewer."""
    body = egg(0.32, 0.28, 0.36, (0, 0.04, 0.38))
    head = ball(0.28, (0, -0.02, 0.9))
    ears = [ball(0.11, (x, 0.02, 1.12)) for x in (-0.22, 0.22)]
    muzzle = egg(0.13, 0.1, 0.1, (0, -0.26, 0.84)).painted("paper", "rubber")
    belly = egg(0.2, 0.1, 0.22, (0, -0.2, 0.38)).painted("paper", "rubber")
    nose = ball(0.05, (0, -0.35, 0.88)).painted("black")
    looks = [ball(0.045, (x, -0.25, 0.99)).painted("black") for x in (-0.11, 0.11)]
    arms = [rod((x, -0.06, 0.6), (1.8 * x, -0.24, 0.36), 0.11, 0.1) for x in (-0.26, 0.26)]
    hands = [ball(0.11, (1.8 * x, -0.24, 0.36)) for x in (-0.26, 0.26)]
    feet = [rod((x, -0.1, 0.14), (1.3 * x, -0.5, 0.14), 0.13, 0.13) for x in (-0.2, 0.2)]
    soles = [egg(0.12, 0.06, 0.14, (1.3 * x, -0.5, 0.14)) for x in (-0.2, 0.2)]
    return together(body, head, ears, muzzle, belly, nose, looks, arms, hands, feet, soles)


@model("robot", materials=("metal", "plastic"))
def robot() -> list[Part]:
    """A toy robot facing the viewer."""
    body = box(0.52, 0.36, 0.54, (0, 0, 0.36))
    head = box(0.4, 0.32, 0.32, (0, 0, 0.96))
    neck = rod((0, 0, 0.88), (0, 0, 0.98), 0.09).painted("black")
    feet = [box(0.18, 0.26, 0.36, (x, 0, 0)) for x in (-0.15, 0.15)]
    arms = [box(0.13, 0.16, 0.44, (x, 0, 0.42)) for x in (-0.34, 0.34)]
    hands = [ball(0.1, (x, 0, 0.4)).painted("black") for x in (-0.34, 0.34)]
    panel = box(0.34, 0.03, 0.24, (0, -0.18, 0.52)).painted("paper")
    knobs = [
        ball(0.045, (x, -0.2, 0.63)).painted(c)
        for x, c in ((-0.1, "red"), (0, "gold"), (0.1, "leaf"))
    ]
    looks = [ball(0.06, (x, -0.15, 1.14)).painted("white") for x in (-0.1, 0.1)]
    pupils = [ball(0.03, (x, -0.2, 1.14)).painted("black") for x in (-0.1, 0.1)]
    mouth = box(0.2, 0.02, 0.05, (0, -0.165, 1.01)).painted("black")
    aerial = rod((0, 0, 1.28), (0, 0, 1.46), 0.025).painted("black")
    tip = ball(0.06, (0, 0, 1.48)).painted("red")
    return together(
        body, head, neck, feet, arms, hands, panel, knobs, looks, pupils, mouth, aerial, tip
    )
