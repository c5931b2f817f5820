"""Rays against spheres, cubes, cylinders and cones standing on the plane z = 0.

Everything is a flat float32 array per component: that is what keeps a picture at tens of
milliseconds on one core.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Vector = tuple[Any, Any, Any]  # three components, each a number or an array

FAR = np.float32(1e9)
EPSILON = np.float32(1e-3)


@dataclass(frozen=True)
class Solid:
    """A solid standing on the table: its middle at (x, y), its footprint radius, its turn."""

    kind: str
    x: float
    y: float
    radius: float
    turn: float

    @property
    def half(self) -> float:
        """Half the edge of a cube."""
        return self.radius * 0.8

    @property
    def height(self) -> float:
        """How far it rises above the table."""
        factors = {"sphere": 2.0, "cube": 1.6, "cylinder": 1.7, "cone": 2.0}
        return self.radius * factors[self.kind]

    @property
    def footprint(self) -> float:
        """Radius of the circle on the table that it needs."""
        return self.half * 2**0.5 if self.kind == "cube" else self.radius

    @property
    def girth(self) -> float:
        """Radius of its upright, round part."""
        return self.radius * {"cylinder": 0.86, "cone": 0.95}.get(self.kind, 1.0)

    def bound(self) -> float:
        """Radius of a ball around its middle height that holds all of it."""
        return float(np.hypot(self.footprint, self.height / 2))

    def outline(self) -> npt.NDArray[np.float64]:
        """Points whose hull is the solid's, for its box in the picture."""
        angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        if self.kind == "sphere":
            tilt = np.linspace(-np.pi / 2, np.pi / 2, 17)
            a, t = (grid.ravel() for grid in np.meshgrid(angles, tilt))
            r = self.radius
            spots = (r * np.cos(t) * np.cos(a), r * np.cos(t) * np.sin(a), r + r * np.sin(t))
        elif self.kind == "cube":
            corners = np.array([(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (0, 1)], float)
            c, s, h = np.cos(self.turn), np.sin(self.turn), self.half
            u, v = corners[:, 0] * h, corners[:, 1] * h
            spots = (u * c - v * s, u * s + v * c, corners[:, 2] * self.height)
        else:
            top = 0.0 if self.kind == "cone" else 1.0
            x, y = self.girth * np.cos(angles), self.girth * np.sin(angles)
            spots = (
                np.concatenate([x, x * top]),
                np.concatenate([y, y * top]),
                np.concatenate([0 * x, 0 * x + self.height]),
            )
        return np.stack([spots[0] + self.x, spots[1] + self.y, spots[2]], axis=1)


def hit(solid: Solid, origin: Vector, ray: Vector) -> Floats:
    """The distance along each ray at which it enters the solid; `FAR` where it misses."""
    local = (origin[0] - np.float32(solid.x), origin[1] - np.float32(solid.y), origin[2])
    return _HITS[solid.kind](solid, local, ray)


def _hit_sphere(solid: Solid, origin: Vector, ray: Vector) -> Floats:
    ox, oy, oz = origin[0], origin[1], origin[2] - np.float32(solid.radius)
    b = ox * ray[0] + oy * ray[1] + oz * ray[2]
    gap = b * b - (ox * ox + oy * oy + oz * oz - np.float32(solid.radius**2))
    near = -b - np.sqrt(np.maximum(gap, 0))
    return np.where((gap > 0) & (near > EPSILON), near, FAR)


def box_entry(low: Vector, high: Vector, origin: Vector, ray: Vector) -> Floats:
    """Where rays enter a box with sides along the axes."""
    enter: Any = np.float32(-FAR)
    leave: Any = FAR
    for k in range(3):
        inverse = 1 / np.where(np.abs(ray[k]) < 1e-7, np.float32(1e-7), ray[k])
        a = (np.float32(low[k]) - origin[k]) * inverse
        b = (np.float32(high[k]) - origin[k]) * inverse
        enter = np.maximum(enter, np.minimum(a, b))
        leave = np.minimum(leave, np.maximum(a, b))
    return np.where((leave > enter) & (enter > EPSILON), enter, FAR)


def turned(vector: Vector, angle: float) -> Vector:
    """The vector seen from a frame turned by `angle` about the upright axis."""
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return vector[0] * c + vector[1] * s, vector[1] * c - vector[0] * s, vector[2]


def _hit_cube(solid: Solid, origin: Vector, ray: Vector) -> Floats:
    h = solid.half
    return box_entry(
        (-h, -h, 0.0), (h, h, solid.height), turned(origin, solid.turn), turned(ray, solid.turn)
    )


def _hit_cylinder(solid: Solid, origin: Vector, ray: Vector) -> Floats:
    r2, top = np.float32(solid.girth**2), np.float32(solid.height)
    a = np.maximum(ray[0] * ray[0] + ray[1] * ray[1], np.float32(1e-9))
    b = origin[0] * ray[0] + origin[1] * ray[1]
    gap = b * b - a * (origin[0] * origin[0] + origin[1] * origin[1] - r2)
    side = (-b - np.sqrt(np.maximum(gap, 0))) / a
    z = origin[2] + side * ray[2]
    side = np.where((gap > 0) & (side > EPSILON) & (z >= 0) & (z <= top), side, FAR)
    cap = (top - origin[2]) / np.where(np.abs(ray[2]) < 1e-7, np.float32(1e-7), ray[2])
    x, y = origin[0] + cap * ray[0], origin[1] + cap * ray[1]
    cap = np.where((cap > EPSILON) & (x * x + y * y <= r2), cap, FAR)
    return np.minimum(side, cap)


def _hit_cone(solid: Solid, origin: Vector, ray: Vector) -> Floats:
    slope = np.float32((solid.girth / solid.height) ** 2)
    top = np.float32(solid.height)
    above = top - origin[2]
    a = ray[0] * ray[0] + ray[1] * ray[1] - slope * ray[2] * ray[2]
    a = np.where(np.abs(a) < 1e-7, np.float32(1e-7), a)
    b = origin[0] * ray[0] + origin[1] * ray[1] + slope * above * ray[2]
    c = origin[0] * origin[0] + origin[1] * origin[1] - slope * above * above
    gap = b * b - a * c
    root = np.sqrt(np.maximum(gap, 0))
    best: Any = FAR
    for sign in (-1, 1):
        t = (-b + sign * root) / a
        z = origin[2] + t * ray[2]
        best = np.minimum(best, np.where((gap > 0) & (t > EPSILON) & (z >= 0) & (z <= top), t, FAR))
    return np.asarray(best)


_HITS = {
    "sphere": _hit_sphere,
    "cube": _hit_cube,
    "cylinder": _hit_cylinder,
    "cone": _hit_cone,
}


def normal(solid: Solid, point: Vector) -> Vector:
    """The outward direction at points on the solid's surface."""
    x, y, z = point[0] - np.float32(solid.x), point[1] - np.float32(solid.y), point[2]
    if solid.kind == "sphere":
        r = np.float32(solid.radius)
        return x / r, y / r, (z - r) / r
    if solid.kind == "cube":
        return _cube_normal(solid, (x, y, z))
    girth = np.maximum(np.sqrt(x * x + y * y), np.float32(1e-6))
    if solid.kind == "cylinder":
        cap = z > np.float32(solid.height) - 2 * EPSILON
        flat = np.where(cap, np.float32(0), np.float32(1))
        return x / girth * flat, y / girth * flat, 1 - flat
    length = np.float32(np.hypot(solid.height, solid.girth))
    out = np.float32(solid.height) / length
    return x / girth * out, y / girth * out, np.full_like(x, solid.girth / length)


def _cube_normal(solid: Solid, local: Vector) -> Vector:
    u, v, z = turned(local, solid.turn)
    w = (z - np.float32(solid.height / 2)) / np.float32(solid.height / 2)
    u, v = u / np.float32(solid.half), v / np.float32(solid.half)
    au, av, aw = np.abs(u), np.abs(v), np.abs(w)
    on_u = (au >= av) & (au >= aw)
    on_v = ~on_u & (av >= aw)
    zero = np.zeros_like(u)
    nu, nv = np.where(on_u, np.sign(u), zero), np.where(on_v, np.sign(v), zero)
    nw = np.where(on_u | on_v, zero, np.sign(w))
    x, y, _ = turned((nu, nv, nw), -solid.turn)
    return x, y, nw


def near_line(solid: Solid, origin: Vector, ray: Vector, size: int) -> Ints:
    """Which rays pass the ball around the solid: the only ones worth an exact test."""
    cx = np.float32(solid.x) - origin[0]
    cy = np.float32(solid.y) - origin[1]
    cz = np.float32(solid.height / 2) - origin[2]
    along = cx * ray[0] + cy * ray[1] + cz * ray[2]
    off = cx * cx + cy * cy + cz * cz - along * along
    return np.flatnonzero(np.broadcast_to(off < np.float32(solid.bound() ** 2), (size,)))
