"""Outlines of the flat shapes, in a square from -1 to 1 with y pointing down."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Icon:
    """A shape: parts that are filled, holes cut out of them, and details drawn in dark."""

    parts: list[Points]
    holes: list[Points] = field(default_factory=list)
    details: list[Points] = field(default_factory=list)


def _ellipse(x: float, y: float, rx: float, ry: float, count: int = 56) -> Points:
    return [
        (x + rx * math.cos(2 * math.pi * i / count), y + ry * math.sin(2 * math.pi * i / count))
        for i in range(count)
    ]


def _regular(count: int, start: float = -90.0) -> Points:
    angles = [math.radians(start + 360 * i / count) for i in range(count)]
    return [(math.cos(a), math.sin(a)) for a in angles]


def _star() -> Points:
    outer, inner = _regular(5), _regular(5, start=-54.0)
    return [p for a, (x, y) in zip(outer, inner, strict=True) for p in (a, (0.42 * x, 0.42 * y))]


def _heart() -> Points:
    points = []
    for i in range(64):
        t = 2 * math.pi * i / 64
        x = 16 * math.sin(t) ** 3
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((x / 17, -(y + 2.5) / 15.5))
    return points


def _crescent() -> Points:
    outer = [(math.cos(math.radians(a)), math.sin(math.radians(a))) for a in range(50, 311, 6)]
    # The inner arc meets both horns: its circle passes through the outer arc's two ends.
    (x, y) = outer[0]
    shift = 0.55
    radius = math.hypot(x - shift, y)
    turn = math.degrees(math.atan2(y, x - shift))
    steps = 36
    inner = [
        (
            shift + radius * math.cos(math.radians(-turn - (360 - 2 * turn) * i / steps)),
            radius * math.sin(math.radians(-turn - (360 - 2 * turn) * i / steps)),
        )
        for i in range(1, steps)
    ]
    return [(px + 0.2, py) for px, py in outer + inner]


def _cross() -> Points:
    a, b = 0.34, 0.95
    return [
        (-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a),
        (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a),
    ]  # fmt: skip


_ARROW: Points = [
    (0, -0.95), (0.8, -0.1), (0.32, -0.1), (0.32, 0.95), (-0.32, 0.95), (-0.32, -0.1), (-0.8, -0.1),
]  # fmt: skip


def _house() -> Icon:
    walls: Points = [
        (0, -0.95), (0.98, -0.1), (0.72, -0.1), (0.72, 0.9), (-0.72, 0.9), (-0.72, -0.1),
        (-0.98, -0.1),
    ]  # fmt: skip
    door: Points = [(-0.5, 0.9), (-0.5, 0.3), (-0.16, 0.3), (-0.16, 0.9)]
    window: Points = [(0.12, 0.15), (0.5, 0.15), (0.5, 0.52), (0.12, 0.52)]
    return Icon([walls], details=[door, window])


def _tree() -> Icon:
    trunk: Points = [(-0.16, 0.5), (0.16, 0.5), (0.16, 0.98), (-0.16, 0.98)]
    tiers: list[Points] = [
        [(0, -0.25), (0.8, 0.6), (-0.8, 0.6)],
        [(0, -0.65), (0.65, 0.15), (-0.65, 0.15)],
        [(0, -0.98), (0.48, -0.3), (-0.48, -0.3)],
    ]
    return Icon(tiers, details=[trunk])


def _fish() -> Icon:
    tail: Points = [(0.4, 0.0), (0.98, -0.55), (0.84, 0.0), (0.98, 0.55)]
    fin: Points = [(-0.25, -0.4), (0.1, -0.72), (0.25, -0.35)]
    return Icon(
        [tail, fin, _ellipse(-0.22, 0, 0.75, 0.5)], details=[_ellipse(-0.6, -0.12, 0.09, 0.09)]
    )


def _flower() -> Icon:
    petals = [_ellipse(0.55 * x, 0.55 * y, 0.38, 0.38, 36) for x, y in _regular(6)]
    return Icon([*petals, _ellipse(0, 0, 0.4, 0.4, 24)], details=[_ellipse(0, 0, 0.22, 0.22, 30)])


def _boat() -> Icon:
    hull: Points = [(-0.98, 0.42), (0.98, 0.42), (0.6, 0.9), (-0.6, 0.9)]
    mast: Points = [(-0.05, -0.95), (0.05, -0.95), (0.05, 0.42), (-0.05, 0.42)]
    return Icon(
        [
            hull,
            [(0.13, -0.85), (0.85, 0.28), (0.13, 0.28)],
            [(-0.13, -0.5), (-0.13, 0.28), (-0.7, 0.28)],
        ],
        details=[mast],
    )


def _mug() -> Icon:
    body: Points = [(-0.8, -0.7), (0.4, -0.7), (0.34, 0.8), (-0.74, 0.8)]
    return Icon(
        [_ellipse(0.42, 0, 0.5, 0.48), body],
        holes=[_ellipse(0.5, 0, 0.26, 0.25)],
        details=[_ellipse(-0.2, -0.7, 0.6, 0.1)],
    )


_BUILDERS: dict[str, Callable[[], Icon]] = {
    "circle": lambda: Icon([_ellipse(0, 0, 0.95, 0.95)]),
    "square": lambda: Icon([[(-0.84, -0.84), (0.84, -0.84), (0.84, 0.84), (-0.84, 0.84)]]),
    "triangle": lambda: Icon([[(0, -0.9), (0.98, 0.8), (-0.98, 0.8)]]),
    "star": lambda: Icon([_star()]),
    "heart": lambda: Icon([_heart()]),
    "diamond": lambda: Icon([[(0, -1), (0.7, 0), (0, 1), (-0.7, 0)]]),
    "pentagon": lambda: Icon([_regular(5)]),
    "hexagon": lambda: Icon([_regular(6, start=0)]),
    "cross": lambda: Icon([_cross()]),
    "crescent": lambda: Icon([_crescent()]),
    "ring": lambda: Icon([_ellipse(0, 0, 0.95, 0.95)], holes=[_ellipse(0, 0, 0.5, 0.5)]),
    "arrow": lambda: Icon([_ARROW]),
    "house": _house,
    "tree": _tree,
    "fish": _fish,
    "flower": _flower,
    "boat": _boat,
    "mug": _mug,
}

_QUARTERS = {"up": 0, "right": 1, "down": 2, "left": 3}


def _turned(points: Points, quarters: int) -> Points:
    for _ in range(quarters):
        points = [(-y, x) for x, y in points]
    return points


@cache
def icon(shape: str, direction: str = "up") -> Icon:
    """The outline of `shape`, turned so that its top faces `direction`."""
    built = _BUILDERS[shape]()
    quarters = _QUARTERS[direction]
    return Icon(
        [_turned(p, quarters) for p in built.parts],
        [_turned(p, quarters) for p in built.holes],
        [_turned(p, quarters) for p in built.details],
    )


def extent(shape: str, direction: str = "up") -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the outline in its unit square."""
    points = [p for part in icon(shape, direction).parts for p in part]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
