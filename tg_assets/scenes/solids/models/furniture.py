"""Models of what stands in a home."""

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
model = CATALOGUE.model


@model("chair", materials=("wood", "plastic", "metal"))
def chair() -> list[Part]:
    """A chair with a high back, seen from its front."""
    legs = [box(0.09, 0.09, 0.5, (x, y, 0)) for x in (-0.28, 0.28) for y in (-0.28, 0.28)]
    posts = [box(0.09, 0.08, 0.62, (x, 0.29, 0.58)) for x in (-0.28, 0.28)]
    rails = [box(0.5, 0.05, 0.13, (0, 0.29, z)) for z in (0.7, 0.88, 1.06)]
    return together(legs, box(0.68, 0.68, 0.09, (0, 0, 0.5)), posts, rails)


@model("table", name="square table", materials=("wood", "plastic", "metal"), shape="square")
def square_table() -> list[Part]:
    """A table with a square top."""
    legs = [box(0.11, 0.11, 0.58, (x, y, 0)) for x in (-0.44, 0.44) for y in (-0.44, 0.44)]
    return together(legs, box(1.12, 1.12, 0.1, (0, 0, 0.58)))


@model(
    "table",
    name="round table",
    materials=("wood", "plastic", "metal"),
    shape="round",
    is_round=True,
)
def round_table() -> list[Part]:
    """A table with a round top on one leg."""
    foot = lathed_curve((0.34, 0), (0.3, 0.06), (0.1, 0.14), (0.09, 0.5), (0.16, 0.62))
    return [foot, lathe((0.6, 0.6), (0.62, 0.63), (0.62, 0.68), (0.6, 0.71))]


@model("lamp", is_round=True)
def lamp() -> list[Part]:
    """A table lamp with a shade."""
    foot = lathed_curve((0.3, 0), (0.28, 0.05), (0.07, 0.12), (0.06, 0.6)).painted("steel", "metal")
    shade = lathe((0.46, 0.5), (0.28, 1.08), (0.24, 1.08), (0.41, 0.5))
    return [foot, shade, lathe((0.26, 1.0), (0.26, 1.02)).painted("paper", "rubber")]


@model("sofa", materials=("rubber",))
def sofa() -> list[Part]:
    """A sofa for two."""
    base = box(1.3, 0.62, 0.2, (0, 0, 0.08))
    seats = [wedge(0.5, 0.5, 0.14, 0.92, (x, -0.06, 0.28)) for x in (-0.26, 0.26)]
    back = wedge(1.3, 0.2, 0.5, 0.95, (0, 0.26, 0.26))
    arms = [wedge(0.2, 0.66, 0.34, 0.94, (x, -0.01, 0.16)) for x in (-0.62, 0.62)]
    feet = [box(0.08, 0.08, 0.08, (x, y, 0)) for x in (-0.55, 0.55) for y in (-0.24, 0.24)]
    return together(base, seats, back, arms, [foot.painted("brown", "wood") for foot in feet])


@model("bed")
def bed() -> list[Part]:
    """A bed, its head away from the viewer."""
    frame = box(0.84, 1.3, 0.2, (0, 0, 0.1)).painted("wood brown", "wood")
    head = box(0.9, 0.07, 0.5, (0, 0.66, 0)).painted("wood brown", "wood")
    foot = box(0.9, 0.05, 0.34, (0, -0.66, 0)).painted("wood brown", "wood")
    cover = box(0.92, 0.98, 0.28, (0, -0.14, 0.14))
    sheet = box(0.8, 1.22, 0.09, (0, 0, 0.28)).painted("white", "rubber")
    pillow = egg(0.32, 0.15, 0.09, (0, 0.46, 0.4)).painted("white", "rubber")
    return [frame, head, foot, cover, sheet, pillow]


@model("stool", materials=("wood", "plastic", "metal"))
def stool() -> list[Part]:
    """A three-legged stool."""
    legs = [rod((0.46, 0, 0), (0.2, 0, 0.7), 0.06).turned("z", 120 * k + 30) for k in range(3)]
    return together(legs, lathe((0.3, 0.68), (0.33, 0.71), (0.33, 0.77), (0.3, 0.8)))


@model("alarm clock", name="clock")
def clock() -> list[Part]:
    """An alarm clock with two bells, its face to the viewer."""
    case = lathe((0.46, 0), (0.5, 0.04), (0.5, 0.26), (0.46, 0.3), sides=32).turned("x", 90)
    face = lathe((0.36, 0), (0.36, 0.02), sides=32).turned("x", 90).moved(y=-0.295)
    hands = [
        box(0.05, 0.03, 0.28, (0, -0.33, 0)).painted("black"),
        box(0.06, 0.03, 0.19, (0, -0.33, 0)).turned("y", 110).painted("black"),
    ]
    marks = [
        box(0.035, 0.03, 0.08, (0, -0.32, 0.26)).turned("y", 30 * k).painted("black")
        for k in range(12)
    ]
    bells = [ball(0.15, (x, -0.15, 0.5)).painted("steel", "metal") for x in (-0.3, 0.3)]
    feet = [rod((x, -0.15, -0.38), (1.35 * x, -0.15, -0.6), 0.05) for x in (-0.26, 0.26)]
    return together(
        case,
        face.painted("white", "rubber"),
        hands,
        marks,
        bells,
        [foot.painted("steel", "metal") for foot in feet],
    )


@model("vase", materials=("stone", "glass", "metal", "plastic"), is_round=True)
def vase() -> list[Part]:
    """A vase with a narrow neck."""
    outside = profile((0.22, 0), (0.42, 0.3), (0.4, 0.6), (0.17, 0.88), (0.15, 1.0), (0.27, 1.12))
    return [lathe(*outside, (0.22, 1.12), (0.11, 1.0), (0.11, 0.9))]


@model("bucket", materials=("metal", "plastic", "wood"))
def bucket() -> list[Part]:
    """A bucket with its handle folded to the front."""
    wall = lathe((0.34, 0), (0.48, 0.66), (0.52, 0.66), (0.52, 0.72), (0.44, 0.72), (0.32, 0.06))
    handle = tube(
        curve(
            (-0.5, 0, 0.64), (-0.4, -0.36, 0.6), (0, -0.6, 0.56), (0.4, -0.36, 0.6), (0.5, 0, 0.64)
        ),
        0.03,
    )
    return [wall, handle.painted("black", "rubber")]


@model("ladder", materials=("wood", "metal", "plastic"))
def ladder() -> list[Part]:
    """A stepladder, its steps to the viewer."""
    rails = [rod((1.25 * x, -0.36, 0), (x, 0, 1.2), 0.05, sides=6) for x in (-0.3, 0.3)]
    props = [rod((1.25 * x, 0.4, 0), (x, 0.02, 1.2), 0.04, sides=6) for x in (-0.3, 0.3)]
    steps = [
        box(0.66 - 0.12 * z, 0.15, 0.05, (0, -0.36 + 0.3 * z, z)) for z in (0.2, 0.45, 0.7, 0.95)
    ]
    return together(rails, props, steps, box(0.7, 0.22, 0.06, (0, 0, 1.18)))


@model("candle", materials=("rubber",), is_round=True)
def candle() -> list[Part]:
    """A burning candle on a dish."""
    dish = lathe((0.3, 0), (0.36, 0.08), (0.33, 0.08), (0.28, 0.04)).painted("gold", "metal")
    wax = lathe((0.24, 0.04), (0.24, 0.86), (0.2, 0.9), crease=60)
    flame = lathed_curve((0, 0.96), (0.09, 1.06), (0.07, 1.18), (0, 1.36)).painted("orange")
    return [dish, wax, rod((0, 0, 0.88), (0, 0, 1.0), 0.02).painted("black", "rubber"), flame]


@model("television")
def television() -> list[Part]:
    """A television on two feet, its screen to the viewer."""
    case = box(1.2, 0.16, 0.74, (0, 0, 0.16))
    screen = box(0.94, 0.02, 0.44, (0, -0.082, 0.32)).painted("black")
    feet = [wedge(0.1, 0.4, 0.18, 0.5, (x, 0, 0)) for x in (-0.36, 0.36)]
    return together(case, screen, [foot.painted("steel", "metal") for foot in feet])


@model("bookcase", materials=("wood", "plastic"))
def bookcase() -> list[Part]:
    """Shelves with books, open to the viewer."""
    sides = [box(0.07, 0.34, 1.2, (x, 0, 0)) for x in (-0.42, 0.42)]
    boards = [box(0.84, 0.34, 0.06, (0, 0, z)) for z in (0.02, 0.4, 0.78, 1.16)]
    books = [
        box(
            0.1,
            0.2,
            0.2 + 0.03 * ((n * 7 + shelf) % 4),
            (-0.3 + 0.12 * n, -0.04, 0.08 + 0.38 * shelf),
        ).painted(("red", "yellow", "blue", "green", "white")[(n * 3 + shelf) % 5], "rubber")
        for shelf in range(3)
        for n in range(6 - shelf)
    ]
    return together(sides, boards, box(0.84, 0.04, 1.18, (0, 0.15, 0)), books)


@model("umbrella", is_round=True)
def umbrella() -> list[Part]:
    """An open umbrella with a crook."""
    dome = lathe(*profile((0.7, 0.78), (0.58, 0.98), (0.3, 1.16), (0.0, 1.22)), sides=8, crease=20)
    stick = rod((0, 0, 0.14), (0, 0, 1.32), 0.035).painted("steel", "metal")
    crook = tube(
        curve((0, 0, 0.22), (0, 0, 0.08), (0.1, 0, 0.04), (0.2, 0, 0.1), (0.2, 0, 0.2)), 0.05
    )
    return [dome, stick, crook.painted("brown", "wood")]


@model("crown", colors=("yellow", "gray"), materials=("metal",), is_round=True)
def crown() -> list[Part]:
    """A crown with gems."""
    band = lathe((0.44, 0), (0.5, 0.3), (0.44, 0.3), (0.39, 0.05))
    spikes = [
        slab([(0, 0.36), (-0.17, 0), (0.17, 0)], 0.05).moved(0, -0.475, 0.26).turned("z", 45 * k)
        for k in range(8)
    ]
    tips = [ball(0.06, (0, -0.475, 0.64)).turned("z", 45 * k) for k in range(8)]
    gems = [
        ball(0.07, (0, -0.475, 0.15)).turned("z", 45 * k).painted(("red", "blue")[k % 2])
        for k in range(8)
    ]
    return together(band, spikes, tips, gems, ring(0.45, 0.045, (0, 0, 0.03)))
