"""Models of what drives, floats and flies; they look to the left."""

from __future__ import annotations

from tg_assets.scenes.solids.catalogue import Catalogue
from tg_assets.scenes.solids.parts import (
    Part,
    Point,
    ball,
    box,
    egg,
    lathe,
    lathed_curve,
    profile,
    rod,
    slab,
    together,
    wedge,
)

CATALOGUE = Catalogue()
model = CATALOGUE.model


def wheels(
    places: tuple[float, ...], half: float, radius: float = 0.17, width: float = 0.14
) -> list[Part]:
    """Return wheels at these places along x, on both sides."""
    tyre = lathe((radius - 0.03, 0), (radius, 0.03), (radius, width - 0.03), (radius - 0.03, width))
    hub = lathe((radius * 0.5, -0.01), (radius * 0.5, width + 0.01))
    found = []
    for x in places:
        for y in (-half - width / 2, half - width / 2):
            for part, paint in ((tyre, ("black", "rubber")), (hub, ("steel", "metal"))):
                found.append(part.turned("x", -90).moved(x, y, radius).painted(*paint))
    return found


def pane(x: float, y: float, z: float, at: Point) -> Part:
    """Return a window."""
    return box(x, y, z, at).painted("window")


@model("car", materials=("plastic", "metal"))
def car() -> list[Part]:
    """A small car."""
    side = [(-0.66, 0.16), (0.66, 0.16), (0.68, 0.42), (0.3, 0.48), (-0.24, 0.46), (-0.66, 0.36)]
    body = slab(side, 0.56)
    cabin = slab([(-0.34, 0.44), (0.44, 0.44), (0.34, 0.7), (-0.14, 0.7)], 0.46)
    glass = [
        slab([(-0.24, 0.48), (0.08, 0.48), (0.08, 0.66), (-0.12, 0.66)], 0.48),
        slab([(0.13, 0.48), (0.36, 0.48), (0.3, 0.66), (0.13, 0.66)], 0.48),
        box(0.02, 0.38, 0.2, (0, 0, -0.1)).turned("y", 38).moved(-0.25, 0, 0.575),
        box(0.02, 0.38, 0.16, (0, 0, -0.08)).turned("y", -21).moved(0.395, 0, 0.575),
    ]
    lights = [egg(0.04, 0.07, 0.06, (-0.66, y, 0.31)).painted("paper") for y in (-0.18, 0.18)]
    rear = [box(0.03, 0.1, 0.07, (0.675, y, 0.3)).painted("red") for y in (-0.18, 0.18)]
    painted = [part.painted("window") for part in glass]
    return together(body, cabin, painted, lights, rear, wheels((-0.4, 0.4), 0.26))


@model("bus")
def bus() -> list[Part]:
    """A city bus."""
    body = box(1.4, 0.5, 0.62, (0, 0, 0.14))
    panes = [pane(0.2, 0.52, 0.24, (x, 0, 0.44)) for x in (-0.52, -0.27, -0.02, 0.23, 0.48)]
    front = [pane(0.03, 0.42, 0.32, (-0.695, 0, 0.38)), pane(0.03, 0.36, 0.2, (0.695, 0, 0.48))]
    lights = [egg(0.03, 0.06, 0.05, (-0.7, y, 0.24)).painted("paper") for y in (-0.17, 0.17)]
    roof = box(1.3, 0.42, 0.05, (0, 0, 0.76))
    return together(body, panes, front, lights, roof, wheels((-0.42, 0.42), 0.22, 0.16))


@model("truck")
def truck() -> list[Part]:
    """A truck with an open bed of wood."""
    cab = box(0.4, 0.52, 0.56, (-0.5, 0, 0.18))
    hood = box(0.24, 0.48, 0.26, (-0.78, 0, 0.18))
    bed = box(0.94, 0.54, 0.1, (0.2, 0, 0.2)).painted("black")
    walls = [box(0.94, 0.05, 0.26, (0.2, y, 0.3)) for y in (-0.25, 0.25)]
    ends = [box(0.05, 0.5, 0.26, (x, 0, 0.3)) for x in (-0.25, 0.65)]
    load = [ball(0.17, (x, y, 0.44)) for x in (-0.08, 0.2, 0.46) for y in (-0.1, 0.1)]
    glass = [pane(0.03, 0.42, 0.22, (-0.695, 0, 0.48)), pane(0.24, 0.54, 0.2, (-0.5, 0, 0.48))]
    lights = [egg(0.03, 0.05, 0.05, (-0.9, y, 0.3)).painted("paper") for y in (-0.16, 0.16)]
    return together(
        cab,
        hood,
        bed,
        walls,
        ends,
        [part.painted("brown", "wood") for part in load],
        glass,
        lights,
        wheels((-0.62, 0.12, 0.46), 0.24, 0.17),
    )


@model("tractor")
def tractor() -> list[Part]:
    """A tractor with large wheels behind."""
    hood = box(0.62, 0.34, 0.3, (-0.3, 0, 0.32))
    seat = box(0.5, 0.4, 0.2, (0.24, 0, 0.32))
    roof = box(0.52, 0.5, 0.06, (0.24, 0, 1.0))
    posts = [rod((x, y, 0.5), (x, y, 1.0), 0.03) for x in (0.03, 0.44) for y in (-0.2, 0.2)]
    pipe = rod((-0.4, 0, 0.6), (-0.4, 0, 0.92), 0.045).painted("black", "metal")
    grille = box(0.03, 0.26, 0.22, (-0.61, 0, 0.36)).painted("black")
    glass = [pane(0.03, 0.36, 0.4, (0.03, 0, 0.56))]
    dark = [post.painted("black") for post in posts]
    return together(
        hood,
        seat,
        roof,
        dark,
        pipe,
        grille,
        glass,
        wheels((-0.42,), 0.26, 0.19),
        wheels((0.28,), 0.3, 0.36, 0.2),
    )


@model("sailboat", name="boat", materials=("wood", "plastic"))
def boat() -> list[Part]:
    """A sailing boat."""
    rims = ((0.0, 0.1, 0.05), (0.5, 0.26, 0.34))
    hull = _hull(rims)
    deck = _hull(((0.46, 0.2, 0.26), (0.5, 0.22, 0.3))).scaled(0.92, 0.92, 1).moved(z=0.012)
    mast = rod((-0.06, 0, 0.3), (-0.06, 0, 1.4), 0.03).painted("wood brown", "wood")
    sail = slab([(0.0, 0.62), (0.62, 0.56), (0.0, 1.36)], 0.025).painted("white", "rubber")
    jib = slab([(-0.12, 1.2), (-0.62, 0.58), (-0.12, 0.6)], 0.025).painted("white", "rubber")
    flag = slab([(-0.06, 1.38), (0.16, 1.43), (-0.06, 1.5)], 0.03)
    return [hull, deck.painted("wood brown", "wood"), mast, sail, jib, flag]


def _hull(rims: tuple[tuple[float, float, float], ...]) -> Part:
    """Return a hull, pointed to the left, from its outline low and high."""
    bottom, top = rims[0][0], rims[-1][0]
    outline = [
        *[(x, -y) for x, y in _SHORE],
        *[(x, y) for x, y in reversed(_SHORE[1:])],
    ]
    flat = slab(outline, 1.0).turned("x", -90)
    z = flat.vertices[:, 2:]
    share = z + 0.5
    wide = rims[0][2] / 0.34 * (1 - share) + rims[-1][2] / 0.34 * share
    shape = flat.vertices * [1, 1, 0] * (0.72 + 0.28 * wide) * [1, 1, 0]
    shape[:, 1:2] *= wide
    shape[:, 2:] = (
        bottom + (top - bottom) * share + 0.1 * share * (flat.vertices[:, :1] / 0.85) ** 2
    )
    return Part(shape, flat.faces)


_SHORE = ((-0.85, 0.0), (-0.6, 0.17), (-0.25, 0.3), (0.2, 0.34), (0.6, 0.28), (0.75, 0.2))


@model("airplane")
def airplane() -> list[Part]:
    """An airliner."""
    body = lathed_curve((0, 0), (0.11, 0.06), (0.15, 0.25), (0.15, 1.0), (0.09, 1.3), (0.02, 1.46))
    lying = body.turned("y", 90).moved(-0.73, 0, 0.34)
    wing = slab([(-0.16, 0), (0.16, 0), (0.36, 0.74), (0.2, 0.74)], 0.05)
    wings = [wing.turned("x", turn).moved(-0.05, 0, 0.3) for turn in (-90, 90)]
    small = [part.scaled(0.5, 0.42, 0.8).moved(0.58, 0, 0.24) for part in wings]
    tail = slab([(0, 0), (0.26, 0), (0.36, 0.34), (0.22, 0.34)], 0.05).moved(0.42, 0, 0.42)
    engines = [
        lathe((0.08, 0), (0.1, 0.05), (0.1, 0.22), (0.07, 0.26))
        .turned("y", 90)
        .moved(-0.06, y, 0.22)
        .painted("steel", "metal")
        for y in (-0.34, 0.34)
    ]
    panes = [ball(0.026, (-0.42 + 0.09 * k, y, 0.38)) for k in range(9) for y in (-0.14, 0.14)]
    cockpit = egg(0.07, 0.09, 0.05, (-0.61, 0, 0.43)).painted("window")
    legs = [rod((x, y, 0), (x, y, 0.26), 0.045) for x, y in ((-0.5, 0), (0.1, -0.2), (0.1, 0.2))]
    return together(
        lying,
        wings,
        small,
        tail,
        engines,
        [part.painted("window") for part in panes],
        cockpit,
        [leg.painted("black", "rubber") for leg in legs],
    )


@model("helicopter")
def helicopter() -> list[Part]:
    """A helicopter on skids."""
    cabin = egg(0.4, 0.27, 0.28, (-0.24, 0, 0.44))
    glass = egg(0.3, 0.25, 0.24, (-0.37, 0, 0.46)).painted("window")
    boom = rod((0, 0, 0.5), (0.78, 0, 0.6), 0.12, 0.05)
    fin = slab([(0.7, 0.56), (0.84, 0.56), (0.94, 0.88), (0.8, 0.88)], 0.05)
    mast = rod((-0.2, 0, 0.68), (-0.2, 0, 0.82), 0.05).painted("black")
    rotor = [
        box(1.14, 0.06, 0.025, (0, 0, 0)).turned("z", turn).moved(-0.2, 0, 0.82)
        for turn in (20, 110)
    ]
    skids = [rod((-0.56, y, 0.05), (0.2, y, 0.05), 0.035) for y in (-0.24, 0.24)]
    legs = [rod((x, y, 0.05), (x, y * 0.6, 0.28), 0.03) for x in (-0.4, 0.0) for y in (-0.24, 0.24)]
    dark = [part.painted("black", "rubber") for part in (*rotor, *skids, *legs)]
    return together(cabin, glass, boom, fin, mast, dark)


@model("train")
def train() -> list[Part]:
    """A steam engine."""
    boiler = (
        lathe((0.22, 0), (0.24, 0.03), (0.24, 0.8), sides=24).turned("y", 90).moved(-0.6, 0, 0.48)
    )
    face = lathe((0.2, 0), (0.2, 0.04)).turned("y", 90).moved(-0.64, 0, 0.48).painted("black")
    cab = box(0.4, 0.56, 0.66, (0.4, 0, 0.22))
    roof = box(0.5, 0.64, 0.07, (0.4, 0, 0.88))
    base = box(1.3, 0.44, 0.12, (0, 0, 0.16)).painted("black")
    chimney = lathe((0.07, 0.66), (0.07, 0.86), (0.13, 1.0), (0.09, 1.0)).moved(-0.4)
    dome = lathe((0.1, 0.66), (0.1, 0.76), (0, 0.84)).moved(-0.06).painted("gold", "metal")
    panes = [pane(0.2, 0.58, 0.2, (0.4, 0, 0.58))]
    catcher = wedge(0.3, 0.46, 0.16, 0.4, (-0.66, 0, 0.02)).painted("steel", "metal")
    lamp = ball(0.07, (-0.62, 0, 0.76)).painted("paper")
    return together(
        boiler,
        face,
        cab,
        roof,
        base,
        chimney.painted("black"),
        dome,
        panes,
        catcher,
        lamp,
        wheels((-0.36, -0.06), 0.22, 0.15),
        wheels((0.38,), 0.24, 0.21),
    )


@model("rocket", materials=("plastic", "metal"))
def rocket() -> list[Part]:
    """A rocket on three fins, its window to the viewer."""
    body = lathe(*profile((0.16, 0.2), (0.27, 0.5), (0.25, 0.9), (0.19, 1.1)), crease=60)
    nose = lathe(*profile((0.2, 1.08), (0.12, 1.28), (0.0, 1.44)), crease=60).painted("white")
    fins = [
        slab([(0.2, 0.4), (0.2, 0.3), (0.46, 0.0), (0.48, 0.24), (0.26, 0.62)], 0.07).turned(
            "z", turn
        )
        for turn in (90, 210, 330)
    ]
    window = [
        ball(0.12, (0, -0.17, 0.86)).painted("window"),
        lathe((0.14, 0), (0.14, 0.1))
        .turned("x", 90)
        .moved(0, -0.16, 0.86)
        .painted("steel", "metal"),
    ]
    flame = lathe((0, 0.02), (0.15, 0.2)).painted("orange")
    return together(body, nose, [fin.painted("black") for fin in fins], window, flame)


@model("skateboard", materials=("wood", "plastic"))
def skateboard() -> list[Part]:
    """A skateboard, its nose to the left."""
    deck = box(1.1, 0.34, 0.05, (0, 0, 0.2))
    ends = [
        lathe((0.17, 0), (0.17, 0.05)).turned("y", turn).moved(x, 0, 0.2)
        for x, turn in ((-0.55, 16), (0.55, -16))
    ]
    return together(deck, ends, wheels((-0.36, 0.36), 0.17, 0.1, 0.1))
