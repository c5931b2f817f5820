"""Models of what stands outdoors, and of geometric blocks."""

from __future__ import annotations

from tg_assets.scenes.solids.catalogue import BRIGHT, Catalogue
from tg_assets.scenes.solids.parts import (
    Part,
    ball,
    box,
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
    wedge,
)

CATALOGUE = Catalogue()
model = CATALOGUE.model


@model("house", materials=("wood", "stone", "plastic"))
def house() -> list[Part]:
    """A house with a pitched roof, its door to the viewer."""
    walls = box(0.9, 0.7, 0.5)
    gable = slab([(0, 0.84), (-0.45, 0.5), (0.45, 0.5)], 0.7)
    roof = [box(0.66, 0.84, 0.06, (0.27, 0, 0)).turned("y", 37).moved(-0.02, 0, 0.86)]
    roof += [part.mirrored() for part in roof]
    chimney = box(0.14, 0.14, 0.4, (0.26, 0.16, 0.62)).painted("gray", "stone")
    door = box(0.2, 0.04, 0.34, (-0.14, -0.35, 0)).painted("brown", "wood")
    window = [box(0.22, 0.04, 0.18, (0.22, -0.35, 0.2)), box(0.04, 0.28, 0.18, (0.45, 0, 0.2))]
    window += [box(0.04, 0.28, 0.18, (-0.45, 0, 0.2))]
    return together(walls, gable, roof, chimney, door, [part.painted("window") for part in window])


@model(
    "leafy tree", name="tree", colors=("green", "orange", "yellow", "red"), materials=("rubber",)
)
def tree() -> list[Part]:
    """A broad-leaved tree."""
    trunk = lathed_curve((0.16, 0), (0.1, 0.2), (0.09, 0.8)).painted("brown", "wood")
    heads = (
        (0, 0, 1.16, 0.36),
        (0.3, 0.06, 0.9, 0.26),
        (-0.28, 0.1, 0.94, 0.27),
        (0.02, -0.2, 0.96, 0.25),
        (-0.02, 0.28, 0.9, 0.24),
    )
    return [trunk, *(ball(radius, (x, y, z)) for x, y, z, radius in heads)]


@model("pine tree", colors=("green", "white"), materials=("rubber",), is_round=True)
def pine_tree() -> list[Part]:
    """A conifer of three tiers."""
    trunk = lathe((0.1, 0), (0.1, 0.3)).painted("brown", "wood")
    tiers = [
        lathe((radius, z), (0, z + 0.56), sides=12, crease=20)
        for radius, z in ((0.48, 0.22), (0.38, 0.52), (0.27, 0.82))
    ]
    return [trunk, *tiers]


@model(
    "potted plant",
    "flower",
    name="flower",
    colors=("red", "yellow", "pink", "purple", "white", "blue", "orange"),
)
def flower() -> list[Part]:
    """A flower in a pot, its blossom to the viewer."""
    pot = lathe((0.13, 0), (0.19, 0.26), (0.22, 0.26), (0.22, 0.33), (0.17, 0.33), (0.17, 0.28))
    stem = tube(curve((0, 0.04, 0.3), (0, 0.06, 0.6), (0, 0, 0.9)), 0.035).painted("leaf")
    leaves = [
        egg(0.16, 0.06, 0.03, (0.16, 0, 0))
        .turned("y", -35)
        .turned("z", turn)
        .moved(0, 0.05, 0.5)
        .painted("leaf", "rubber")
        for turn in (0, 180)
    ]
    petals = [
        egg(0.17, 0.05, 0.24, (0, 0, 0.28)).turned("y", 60 * k).turned("x", 25).moved(0, -0.02, 1.0)
        for k in range(6)
    ]
    eye = ball(0.12, (0, -0.06, 1.02)).painted("gold", "rubber")
    return together(pot.painted("wood brown", "stone"), stem, leaves, petals, eye)


@model("cactus", colors=("green",), materials=("rubber",))
def cactus() -> list[Part]:
    """A cactus with two arms in a pot."""
    pot = lathe((0.24, 0), (0.3, 0.3), (0.34, 0.3), (0.34, 0.38), (0.2, 0.38))
    trunk = lathe(
        *profile((0.17, 0.32), (0.19, 0.6), (0.18, 1.1), (0.11, 1.24), (0, 1.28)), sides=12
    )
    left = tube(curve((0, 0, 0.66), (-0.3, 0, 0.66), (-0.38, 0, 0.76), (-0.38, 0, 1.0)), 0.1)
    right = tube(curve((0, 0, 0.56), (0.3, 0, 0.56), (0.38, 0, 0.64), (0.38, 0, 0.82)), 0.1)
    tops = [ball(0.1, (-0.38, 0, 1.0)), ball(0.1, (0.38, 0, 0.82))]
    bloom = ball(0.08, (0, 0, 1.3)).painted("pink")
    return together(pot.painted("orange", "stone"), trunk, left, right, tops, bloom)


@model("tent", materials=("rubber",))
def tent() -> list[Part]:
    """A ridge tent, its opening to the viewer."""
    body = slab([(0, 0.74), (-0.56, 0), (0.56, 0)], 1.1)
    opening = (
        slab([(0, 0.56), (-0.24, 0), (0.24, 0)], 0.02).moved(0, -0.555).painted("black", "rubber")
    )
    flap = (
        slab([(0, 0.56), (-0.26, 0), (-0.16, 0)], 0.03).moved(0, -0.57).painted("paper", "rubber")
    )
    pole = rod((0, -0.56, 0), (0, -0.56, 0.86), 0.025).painted("wood brown", "wood")
    return [body, opening, flap, pole]


@model("castle", materials=("stone", "plastic"))
def castle() -> list[Part]:
    """A castle with four towers, its gate to the viewer."""
    walls = box(0.84, 0.84, 0.42)
    keep = box(0.4, 0.4, 0.76)
    towers = [
        lathe((0.19, 0), (0.19, 0.6), (0.23, 0.62), (0.23, 0.74), sides=16).moved(x, y)
        for x in (-0.42, 0.42)
        for y in (-0.42, 0.42)
    ]
    roofs = [
        lathe((0.26, 0.74), (0, 1.1), sides=16).moved(x, y).painted("black", "rubber")
        for x in (-0.42, 0.42)
        for y in (-0.42, 0.42)
    ]
    teeth = [box(0.1, 0.1, 0.1, (x, y, 0.76)) for x in (-0.15, 0.15) for y in (-0.15, 0.15)]
    merlons = [box(0.1, 0.1, 0.1, (x, -0.38, 0.42)) for x in (-0.16, 0.0, 0.16)]
    gate = box(0.22, 0.04, 0.3, (0, -0.42, 0)).painted("brown", "wood")
    return together(walls, keep, towers, roofs, teeth, merlons, gate)


@model("windmill", materials=("stone", "wood", "plastic"))
def windmill() -> list[Part]:
    """A windmill, its sails to the viewer."""
    tower = lathe((0.34, 0), (0.23, 0.84), sides=8, crease=10)
    cap = lathe((0.27, 0.82), (0.22, 0.96), (0, 1.1), sides=12).painted("brown", "wood")
    arm = [box(0.05, 0.04, 0.58, (0, 0, 0)), box(0.09, 0.03, 0.34, (0.04, 0, 0.18))]
    sails = [
        part.painted("paper", "rubber").turned("y", 90 * k + 20).moved(0, -0.36, 0.92)
        for k in range(4)
        for part in arm
    ]
    hub = ball(0.08, (0, -0.36, 0.92)).painted("black")
    door = box(0.16, 0.05, 0.26, (0, -0.325, 0)).painted("brown", "wood")
    return together(tower, cap, sails, hub, rod((0, 0, 0.92), (0, -0.34, 0.92), 0.05), door)


@model("bench", materials=("wood", "metal", "plastic"))
def bench() -> list[Part]:
    """A park bench, its seat to the viewer."""
    seat = [box(1.3, 0.13, 0.05, (0, y, 0.4)) for y in (-0.18, -0.02, 0.14)]
    back = [box(1.3, 0.05, 0.12, (0, 0.27, z)) for z in (0.52, 0.68, 0.84)]
    legs = [
        part.moved(x).painted("black", "metal")
        for x in (-0.54, 0.54)
        for part in (
            box(0.07, 0.07, 0.4, (0, -0.2, 0)),
            box(0.07, 0.07, 0.92, (0, 0.32, 0)),
            box(0.07, 0.56, 0.05, (0, 0.06, 0.36)),
        )
    ]
    return together(seat, back, legs)


@model("mailbox", materials=("metal", "plastic", "wood"))
def mailbox() -> list[Part]:
    """A mailbox on a post, its flap to the viewer."""
    post = box(0.12, 0.12, 0.6).painted("brown", "wood")
    arch = slab(
        [
            (-0.24, 0),
            (0.24, 0),
            (0.24, 0.26),
            *[
                (0.24 * x, 0.26 + 0.2 * z)
                for x, z in ((0.8, 0.6), (0.4, 0.92), (-0.4, 0.92), (-0.8, 0.6))
            ],
            (-0.24, 0.26),
        ],
        0.72,
    )
    door = slab([(-0.19, 0.04), (0.19, 0.04), (0.19, 0.26), (0, 0.4), (-0.19, 0.26)], 0.04)
    flag = together(
        box(0.03, 0.05, 0.3, (0.27, 0.1, 0.76)), box(0.03, 0.16, 0.12, (0.27, 0.04, 1.0))
    )
    return together(
        post,
        arch.moved(z=0.58),
        door.moved(0, -0.37, 0.58).painted("paper"),
        [part.painted("red") for part in flag],
    )


@model("traffic cone", colors=("orange", "red", "yellow", "green", "blue"), is_round=True)
def traffic_cone() -> list[Part]:
    """A traffic cone with two white bands."""
    foot = lathe((0.46, 0), (0.46, 0.07), sides=28)
    bands = [
        (0.32, 0.07, 0.28, 0.3, False),
        (0.28, 0.3, 0.22, 0.5, True),
        (0.22, 0.5, 0.18, 0.68, False),
        (0.18, 0.68, 0.13, 0.84, True),
        (0.13, 0.84, 0.07, 1.06, False),
    ]
    return [foot] + [
        lathe((low, z), (high, top)).painted("white") if white else lathe((low, z), (high, top))
        for low, z, high, top, white in bands
    ]


@model("traffic light", colors=("black", "yellow", "gray", "green"))
def traffic_light() -> list[Part]:
    """A traffic light, its lamps to the viewer."""
    post = rod((0, 0, 0), (0, 0, 0.42), 0.06).painted("steel", "metal")
    case = box(0.4, 0.26, 0.94, (0, 0, 0.4))
    lamps = [
        ball(0.125, (0, -0.1, z)).painted(color)
        for z, color in ((1.16, "red"), (0.87, "gold"), (0.58, "leaf"))
    ]
    hoods = [box(0.28, 0.1, 0.03, (0, -0.17, z + 0.12)) for z in (1.16, 0.87, 0.58)]
    foot = lathe((0.24, 0), (0.2, 0.06)).painted("steel", "metal")
    return together(post, case, lamps, hoods, foot)


@model("snowman", colors=("white",), materials=("rubber",))
def snowman() -> list[Part]:
    """A snowman with hat and carrot, its face to the viewer."""
    balls = [ball(r, (0, 0, z)) for r, z in ((0.4, 0.36), (0.3, 0.88), (0.22, 1.28))]
    hat = lathe((0.3, 1.44), (0.3, 1.48), (0.18, 1.48), (0.18, 1.74)).painted("black", "rubber")
    nose = rod((0, -0.18, 1.28), (0, -0.46, 1.24), 0.06, 0.0).painted("orange", "rubber")
    eyes = [ball(0.04, (x, -0.19, 1.36)).painted("black") for x in (-0.08, 0.08)]
    buttons = [ball(0.04, (0, -y, z)).painted("black") for y, z in ((0.29, 0.96), (0.3, 0.82))]
    scarf = ring(0.2, 0.07, (0, 0, 1.1)).painted("red", "rubber")
    arms = [
        rod((x, 0, 0.92), (2.6 * x, -0.1, 1.16), 0.03).painted("brown", "wood")
        for x in (-0.24, 0.24)
    ]
    return together(balls, hat, nose, eyes, buttons, scarf, arms)


MATTER = ("plastic", "wood", "metal", "stone", "glass")


@model("block", name="cube block", materials=MATTER, shape="cube")
def cube_block() -> list[Part]:
    """A cube."""
    return [box(0.8, 0.8, 0.8)]


@model("block", name="cylinder block", materials=MATTER, shape="cylinder", is_round=True)
def cylinder_block() -> list[Part]:
    """A cylinder."""
    return [lathe((0.42, 0), (0.42, 0.86), sides=36)]


@model("block", name="cone block", materials=MATTER, shape="cone", is_round=True)
def cone_block() -> list[Part]:
    """A cone."""
    return [lathe((0.48, 0), (0, 1.0), sides=36)]


@model("block", name="sphere block", materials=MATTER, shape="sphere", is_round=True)
def sphere_block() -> list[Part]:
    """A sphere."""
    return [ball(0.45)]


@model("block", name="pyramid block", materials=MATTER, shape="pyramid")
def pyramid_block() -> list[Part]:
    """A pyramid on a square."""
    return [wedge(0.9, 0.9, 0.86, 0.0)]


@model("kite", colors=BRIGHT, materials=("rubber",))
def kite() -> list[Part]:
    """A kite lying on the ground with its tail."""
    sail = slab([(0, 0), (0, -0.62), (0.42, 0.18), (0, 0.5), (-0.42, 0.18)], 0.05).turned("x", -70)
    bars = [box(0.04, 0.05, 1.12, (0, -0.03, -0.62)), box(0.84, 0.05, 0.04, (0, -0.03, 0.16))]
    tail = tube(
        curve((0, -0.58, -0.22), (0.12, -0.8, -0.24), (-0.1, -1.0, -0.24), (0.06, -1.2, -0.24)),
        0.025,
    )
    bows = [
        egg(0.12, 0.04, 0.04, (x, y, -0.23)).painted("white")
        for x, y in ((0.1, -0.76), (-0.08, -1.0))
    ]
    frame = [bar.turned("x", -70).painted("wood brown", "wood") for bar in bars]
    return together(sail, frame, tail.painted("black", "rubber"), bows)
