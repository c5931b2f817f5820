"""Models of things that people use, wear and play with."""

from __future__ import annotations

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
    ring,
    rod,
    slab,
    together,
    tube,
    wedge,
)

CATALOGUE = Catalogue()
GIFTS = ("red", "green", "blue", "purple", "pink", "brown", "black", "white")
model = CATALOGUE.model


@model("ball", materials=("rubber", "plastic", "metal", "wood", "glass", "stone"), is_round=True)
def plain_ball() -> list[Part]:
    """A plain ball."""
    return [ball(0.5)]


@model("book", materials=("rubber",))
def book() -> list[Part]:
    """A closed book lying flat, its back to the left."""
    covers = [box(0.9, 1.16, 0.05, (0, 0, z)) for z in (0, 0.25)]
    spine = box(0.05, 1.16, 0.3, (-0.45, 0, 0))
    pages = box(0.84, 1.08, 0.2, (-0.01, 0, 0.05)).painted("paper", "rubber")
    title = [box(0.5, 0.1, 0.01, (0.02, 0.26, 0.3)), box(0.34, 0.06, 0.01, (0.02, 0.08, 0.3))]
    return together(covers, spine, pages, [part.painted("paper", "rubber") for part in title])


@model("baseball cap", name="cap", materials=("rubber",))
def cap() -> list[Part]:
    """A cap, its peak to the viewer."""
    dome = lathe(*profile((0.42, 0.02), (0.42, 0.2), (0.32, 0.42), (0, 0.5)), crease=60)
    peak = lathe((0.4, 0), (0.4, 0.05)).scaled(1, 1.2, 1).moved(0, -0.34, 0.02)
    button = ball(0.055, (0, 0, 0.5)).painted("white")
    badge = egg(0.14, 0.03, 0.11, (0, -0.4, 0.25)).painted("white", "rubber")
    return [dome, peak, button, badge]


@model(
    "top hat",
    name="top hat",
    colors=("black", "purple", "red", "blue", "gray"),
    materials=("rubber",),
    is_round=True,
)
def top_hat() -> list[Part]:
    """A top hat with a band."""
    shape = lathe(
        (0.58, 0), (0.6, 0.03), (0.58, 0.07), (0.38, 0.06), (0.34, 0.4), (0.42, 0.72), (0.4, 0.75)
    )
    band = lathe((0.385, 0.08), (0.37, 0.22)).painted("white", "rubber")
    return [shape, band]


@model("key", colors=("yellow", "gray", "brown", "black"), materials=("metal",))
def key() -> list[Part]:
    """A key lying flat, its bow to the left."""
    bow = ring(0.26, 0.085, (-0.56, 0, 0.085))
    shank = rod((-0.3, 0, 0.085), (0.72, 0, 0.085), 0.08)
    bits = [box(0.11, 0.3, 0.13, (x, -0.2, 0.02)) for x in (0.44, 0.64)]
    return together(bow, shank, bits)


@model("hammer", colors=("red", "gray", "black", "blue", "yellow"))
def hammer() -> list[Part]:
    """A hammer lying flat, its head to the left."""
    grip = tube(curve((-0.5, 0, 0.14), (0, 0, 0.13), (0.5, 0, 0.12)), [0.07] * 7 + [0.08] * 6)
    head = box(0.32, 0.56, 0.3, (-0.58, 0.04, 0))
    face = rod((-0.58, -0.22, 0.15), (-0.58, -0.44, 0.15), 0.2)
    claw = slab([(0, 0), (-0.13, 0), (-0.08, -0.36), (0.08, -0.36), (0.13, 0)], 0.1)
    back = claw.turned("x", -90).turned("z", 180).moved(-0.58, 0.3, 0.14)
    return together(grip.painted("wood brown", "wood"), head, face, back)


@model("axe", colors=("red", "gray", "black", "blue"), materials=("metal",))
def axe() -> list[Part]:
    """An axe lying flat, its blade towards the viewer."""
    grip = rod((-0.66, 0, 0.1), (0.62, 0, 0.09), 0.06).painted("wood brown", "wood")
    outline = [
        (0.18, 0.14),
        (-0.18, 0.14),
        (-0.18, -0.12),
        (-0.4, -0.52),
        (0.4, -0.52),
        (0.18, -0.12),
    ]
    blade = slab(outline, 0.12).turned("x", -90).moved(-0.5, 0, 0.1)
    edge = slab([(-0.4, -0.52), (-0.22, -0.58), (0.22, -0.58), (0.4, -0.52)], 0.08)
    return [grip, blade, edge.turned("x", -90).moved(-0.5, 0, 0.1).painted("steel", "metal")]


@model("screwdriver")
def screwdriver() -> list[Part]:
    """A screwdriver lying flat, its tip to the left."""
    grip = lathe((0.1, 0), (0.16, 0.08), (0.16, 0.5), (0.12, 0.62), sides=6, crease=20)
    shaft = rod((-0.74, 0, 0.16), (0.14, 0, 0.16), 0.055).painted("steel", "metal")
    tip = (
        wedge(0.12, 0.06, 0.14, 0.6)
        .turned("y", -90)
        .moved(-0.72, 0, 0.16)
        .painted("steel", "metal")
    )
    return [grip.turned("y", 90).moved(0.14, 0, 0.16), shaft, tip]


@model("pencil")
def pencil() -> list[Part]:
    """A thick pencil lying flat, its tip to the left."""
    shaft = lathe((0.13, 0), (0.13, 1.0), sides=6, crease=20).turned("y", 90).moved(-0.46, 0, 0.12)
    cone = rod((-0.46, 0, 0.12), (-0.74, 0, 0.12), 0.125, 0.04, sides=12).painted("skin", "wood")
    lead = rod((-0.72, 0, 0.12), (-0.82, 0, 0.12), 0.05, 0.005).painted("black")
    band = rod((0.5, 0, 0.12), (0.62, 0, 0.12), 0.13).painted("steel", "metal")
    rubber = rod((0.62, 0, 0.12), (0.76, 0, 0.12), 0.12, 0.11).painted("pink", "rubber")
    return [shaft, cone, lead, band, rubber]


@model("scissors", colors=("red", "blue", "green", "orange", "black", "purple"))
def scissors() -> list[Part]:
    """Open scissors lying flat, their points to the left."""
    blades = [
        slab([(0.12, 0), (-0.74, -0.02), (-0.66, 0.09), (0.12, 0.13)], 0.05)
        .turned("x", -90)
        .moved(0, -0.06, 0.09 + 0.02 * n)
        .turned("z", turn)
        .painted("steel", "metal")
        for n, turn in enumerate((-15, 15))
    ]
    arms = [rod((0.04, 0, 0.1), (0.46, side, 0.1), 0.06) for side in (-0.16, 0.16)]
    loops = [ring(0.17, 0.06, (0.56, side, 0.1)) for side in (-0.26, 0.26)]
    screw = lathe((0.06, 0.1), (0.06, 0.16)).painted("black")
    return together(blades, arms, loops, screw)


@model("guitar", colors=("brown", "red", "orange", "black", "blue", "yellow"))
def guitar() -> list[Part]:
    """A guitar lying flat, its head to the left."""
    shapes = [lathe((r, 0), (r, 0.16), sides=32).moved(x) for r, x in ((0.36, 0.42), (0.28, 0.02))]
    waist = box(0.4, 0.46, 0.16, (0.2, 0, 0))
    hole = lathe((0.12, 0.155), (0.12, 0.165)).moved(0.14).painted("black", "rubber")
    neck = box(0.72, 0.11, 0.08, (-0.5, 0, 0.12)).painted("black", "wood")
    head = wedge(0.2, 0.2, 0.08, 0.9, (-0.94, 0, 0.1)).painted("wood brown", "wood")
    bridge = box(0.07, 0.28, 0.04, (0.5, 0, 0.16)).painted("black")
    pegs = [
        ball(0.04, (x, y, 0.14)).painted("steel", "metal")
        for x in (-0.98, -0.89)
        for y in (-0.12, 0.12)
    ]
    strings = [
        rod((-0.9, y, 0.205), (0.5, y, 0.205), 0.008, sides=5).painted("white")
        for y in (-0.03, 0.03)
    ]
    return together(shapes, waist, hole, neck, head, bridge, pegs, strings)


@model("drum", is_round=True)
def drum() -> list[Part]:
    """A drum with sticks' cords and two rims."""
    shell = lathe((0.5, 0.04), (0.5, 0.92), sides=32)
    skin = lathe((0.4, 0.92), (0.4, 0.94), sides=32).painted("paper", "rubber")
    rims = [ring(0.5, 0.04, (0, 0, z)).painted("gold", "metal") for z in (0.05, 0.9)]
    cords = [
        rod((0.51, 0, 0.08), (0.36, 0.36, 0.88), 0.014, sides=5)
        .turned("z", 45 * k)
        .painted("white")
        for k in range(8)
    ]
    return together(shell, skin, rims, cords)


@model("bell", colors=("yellow", "gray", "red", "green"), materials=("metal",), is_round=True)
def bell() -> list[Part]:
    """A hand bell with a wooden handle."""
    body = lathe(*profile((0.5, 0.0), (0.4, 0.14), (0.3, 0.4), (0.2, 0.58), (0, 0.62)), crease=60)
    handle = lathed_curve((0.06, 0.6), (0.08, 0.8), (0.11, 1.0), (0.0, 1.1)).painted(
        "brown", "wood"
    )
    return [body, handle]


@model("trophy", colors=("yellow", "gray", "brown"), materials=("metal",))
def trophy() -> list[Part]:
    """A cup with two handles on a black foot."""
    cup = lathe(
        (0.2, 0.24),
        (0.06, 0.34),
        (0.06, 0.5),
        *profile((0.1, 0.52), (0.34, 0.72), (0.4, 1.1)),
        (0.35, 1.1),
        (0.28, 0.74),
    )
    foot = lathe((0.3, 0), (0.3, 0.2), (0.22, 0.24), sides=24).painted("black")
    grips = [
        tube(
            curve((0.36 * s, 0, 1.0), (0.62 * s, 0, 1.0), (0.6 * s, 0, 0.76), (0.3 * s, 0, 0.68)),
            0.045,
        )
        for s in (-1, 1)
    ]
    plate = box(0.26, 0.04, 0.1, (0, -0.29, 0.05)).painted("steel", "metal")
    return together(cup, foot, grips, plate)


@model("gift", colors=GIFTS, materials=("rubber",))
def gift() -> list[Part]:
    """A wrapped box with ribbon and bow."""
    body = box(0.8, 0.8, 0.6)
    bands = [box(0.16, 0.83, 0.62), box(0.83, 0.16, 0.62)]
    loops = [
        egg(0.2, 0.1, 0.1).turned("y", -25).moved(0.17, 0, 0.7).turned("z", turn)
        for turn in (20, 200)
    ]
    ribbon = [part.painted("gold", "rubber") for part in (*bands, *loops, ball(0.09, (0, 0, 0.66)))]
    return together(body, ribbon)


@model("die", colors=("red", "blue", "green", "black", "purple", "orange"))
def die() -> list[Part]:
    """A die, one on its front, six on top, three at its right."""
    cube = box(0.8, 0.8, 0.8)
    spots = [(x, y, 0.8) for x in (-0.22, 0, 0.22) for y in (-0.2, 0.2)]
    spots += [(0.0, -0.4, 0.4), *((0.4, d, 0.4 + d) for d in (-0.22, 0, 0.22))]
    spots += [(-0.4, y, z) for y in (-0.2, 0.2) for z in (0.2, 0.6)]
    return [cube, *(ball(0.08, spot).painted("white") for spot in spots)]


@model("sneaker", name="sneaker", materials=("rubber",))
def sneaker() -> list[Part]:
    """A sports shoe, its toe to the left."""
    sole = slab([(-0.66, 0.0), (0.5, 0.0), (0.54, 0.13), (-0.7, 0.13)], 0.42).painted(
        "white", "rubber"
    )
    heel = slab([(-0.06, 0.12), (0.5, 0.12), (0.5, 0.56), (0.42, 0.6), (0.1, 0.52)], 0.38)
    toe = egg(0.42, 0.21, 0.25, (-0.28, 0, 0.14))
    tongue = slab([(-0.26, 0.34), (0.1, 0.34), (0.12, 0.62), (0.02, 0.64)], 0.2).painted(
        "white", "rubber"
    )
    laces = [
        rod(
            (x, -0.14, 0.39 + 0.4 * (x + 0.3)), (x, 0.14, 0.39 + 0.4 * (x + 0.3)), 0.028, sides=6
        ).painted("white", "rubber")
        for x in (-0.22, -0.12, -0.02)
    ]
    opening = box(0.26, 0.22, 0.02, (0.3, 0, 0.575)).painted("black", "rubber")
    return together(sole, heel, toe, tongue, laces, opening)


@model("backpack", materials=("rubber",))
def backpack() -> list[Part]:
    """A school bag, its pocket to the viewer."""
    body = egg(0.44, 0.28, 0.6, (0, 0, 0.56))
    lower = box(0.8, 0.42, 0.56, (0, 0, 0.02))
    pocket = wedge(0.58, 0.2, 0.36, 0.9, (0, -0.26, 0.06))
    zips = [box(0.5, 0.03, 0.04, (0, -0.36, 0.36)), box(0.62, 0.03, 0.04, (0, -0.27, 0.62))]
    loop = ring(0.12, 0.035, (0, 0.06, 1.16), "y")
    return together(body, lower, pocket, [part.painted("black") for part in (*zips, loop)])


@model("camera")
def camera() -> list[Part]:
    """A camera, its lens to the viewer."""
    body = box(1.0, 0.34, 0.62)
    top = wedge(0.34, 0.3, 0.16, 0.8, (0, 0, 0.62))
    lens = [
        lathe((0.27, 0), (0.27, 0.24), (0.2, 0.24), (0.2, 0.2))
        .turned("x", 90)
        .moved(0, -0.17, 0.3),
        egg(0.2, 0.06, 0.2, (0, -0.38, 0.3)),
    ]
    button = lathe((0.09, 0.62), (0.09, 0.7)).moved(0.34).painted("red")
    flash = box(0.2, 0.03, 0.12, (-0.34, -0.17, 0.44)).painted("paper")
    return [body, top, lens[0].painted("steel", "metal"), lens[1].painted("black"), button, flash]


@model("laptop", colors=("gray", "black", "white", "blue", "pink", "red"), materials=("metal",))
def laptop() -> list[Part]:
    """An open laptop, its screen to the viewer."""
    base = box(1.0, 0.7, 0.06)
    lid = box(1.0, 0.05, 0.66, (0, 0, 0)).turned("x", -18).moved(0, 0.34, 0.04)
    screen = box(0.82, 0.02, 0.47, (0, -0.03, 0.1)).turned("x", -18).moved(0, 0.34, 0.04)
    keys = [box(0.8, 0.07, 0.02, (0, y, 0.055)) for y in (0.16, 0.05, -0.06)]
    pad = box(0.26, 0.14, 0.01, (0, -0.25, 0.055))
    return together(
        base,
        lid,
        screen.painted("window"),
        [part.painted("black", "rubber") for part in (*keys, pad)],
    )


@model("flashlight", materials=("metal", "plastic"))
def flashlight() -> list[Part]:
    """A flashlight lying flat, its lamp to the left."""
    body = lathe(
        (0.12, 0), (0.13, 0.04), (0.13, 0.8), (0.24, 1.06), (0.25, 1.2), (0.21, 1.2), (0.2, 1.14)
    )
    lamp = lathe((0.2, 0), (0.2, 0.02)).turned("y", -90).moved(-0.55, 0, 0.24).painted("gold")
    switch = egg(0.08, 0.05, 0.04, (0.2, 0, 0.37)).painted("red")
    return [body.turned("y", -90).moved(0.6, 0, 0.24), lamp, switch]


@model("balloon", is_round=True)
def balloon() -> list[Part]:
    """A balloon on a string that stands upright."""
    body = lathed_curve((0.03, 0.62), (0.22, 0.78), (0.4, 1.1), (0.34, 1.42), (0, 1.58))
    knot = lathe((0.08, 0.54), (0.02, 0.63))
    weight = lathe((0.14, 0), (0.14, 0.1)).painted("steel", "metal")
    return [body, knot, weight, rod((0, 0, 0.08), (0, 0, 0.58), 0.02).painted("paper")]


@model(
    "chess pawn",
    colors=("black", "white", "brown", "red", "blue"),
    materials=("wood", "plastic", "metal", "stone", "glass"),
    is_round=True,
)
def chess_pawn() -> list[Part]:
    """A pawn."""
    body = lathe(
        (0.36, 0),
        (0.36, 0.12),
        *profile((0.28, 0.16), (0.14, 0.4), (0.12, 0.7)),
        (0.22, 0.74),
        (0.22, 0.8),
        (0.1, 0.82),
        crease=40,
    )
    return [body, ball(0.22, (0, 0, 0.96))]


@model(
    "dumbbell",
    colors=("black", "red", "blue", "green", "pink", "gray"),
    materials=("rubber", "metal"),
)
def dumbbell() -> list[Part]:
    """A dumbbell with six-sided weights."""
    weight = lathe((0.26, 0), (0.3, 0.05), (0.3, 0.3), (0.26, 0.35), sides=6, crease=15)
    ends = [weight.turned("z", 30).turned("y", 90).moved(x, 0, 0.27) for x in (-0.68, 0.33)]
    return [*ends, rod((-0.4, 0, 0.27), (0.4, 0, 0.27), 0.09).painted("steel", "metal")]
