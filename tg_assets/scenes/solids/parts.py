"""The pieces that models are put together from: boxes, turned profiles, rods, slabs.

Z points up, the viewer stands at negative y: what faces the viewer is a model's front. Lengths are
free, models are scaled to one size when they are placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Paint:
    """What a part looks like whatever its object's attributes say.

    Attributes:
        color: A name of `paints.COLORS`.
        material: A name of `paints.MATERIALS`.
    """

    color: str
    material: str = "plastic"


BODY: Paint | None = None
"""Painted as the object's attributes say."""


@dataclass(frozen=True, eq=False)
class Part:
    """A closed surface with one paint.

    Attributes:
        vertices: (n, 3).
        faces: (m, 3), counterclockwise seen from outside.
        paint: Null for what the object's attributes decide.
        crease: The angle in degrees above which an edge stays sharp.
    """

    vertices: Floats
    faces: NDArray[np.int64]
    paint: Paint | None = BODY
    crease: float = 40.0

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Part:
        """Return it elsewhere."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scaled(self, x: float = 1, y: float = 1, z: float = 1) -> Part:
        """Return it stretched along the axes, none of them negative."""
        return replace(self, vertices=self.vertices * np.array([x, y, z]))

    def turned(self, axis: str, degrees: float) -> Part:
        """Return it turned about an axis through the origin, by the right hand."""
        return replace(self, vertices=self.vertices @ rotation(axis, degrees).T)

    def mirrored(self) -> Part:
        """Return its mirror image, left and right exchanged."""
        flipped = self.vertices * np.array([-1, 1, 1])
        return replace(self, vertices=flipped, faces=self.faces[:, ::-1])

    def painted(self, color: str, material: str = "plastic") -> Part:
        """Return it with a paint of its own."""
        return replace(self, paint=Paint(color, material))


def rotation(axis: str, degrees: float) -> Floats:
    """Return the matrix that turns column vectors about x, y or z by the right hand."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


def box(x: float, y: float, z: float, at: Point = (0, 0, 0)) -> Part:
    """Return a box of these edges; `at` is the middle of its bottom."""
    from trimesh.creation import box as made

    solid = made(extents=(x, y, z))
    return Part(solid.vertices + np.array([at[0], at[1], at[2] + z / 2]), solid.faces)


def wedge(x: float, y: float, z: float, top: float, at: Point = (0, 0, 0)) -> Part:
    """Return a box whose top is `top` times as wide and deep as its bottom."""
    solid = box(x, y, z)
    narrow = np.where(solid.vertices[:, 2:] > z / 2, np.array([top, top, 1.0]), 1.0)
    return replace(solid, vertices=solid.vertices * narrow + np.array(at))


def ball(radius: float, at: Point = (0, 0, 0)) -> Part:
    """Return a ball; `at` is its middle."""
    from trimesh.creation import uv_sphere

    steps = 14 if radius > 0.1 else 8  # beads and eyes are a few pixels wide
    solid = uv_sphere(radius=radius, count=[steps, steps])
    return Part(solid.vertices + np.array(at), solid.faces, crease=80)


def egg(x: float, y: float, z: float, at: Point = (0, 0, 0)) -> Part:
    """Return a stretched ball of these half axes; `at` is its middle."""
    return ball(1).scaled(x, y, z).moved(*at)


def lathe(*profile: tuple[float, float], sides: int = 28, crease: float = 40) -> Part:
    """Return a profile of (radius, height), from the bottom up, turned about the vertical."""
    from trimesh.creation import revolve

    solid = revolve(_closed(profile), sections=sides)
    return Part(solid.vertices, solid.faces, crease=crease)


def _closed(profile: Sequence[tuple[float, float]]) -> Floats:
    """Return the profile with its ends on the axis, so that the surface closes."""
    points = [*profile]
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1]))
    if points[-1][0] > 0:
        points.append((0.0, points[-1][1]))
    return np.array(points, float)


def rod(start: Point, end: Point, radius: float, tip: float | None = None, sides: int = 14) -> Part:
    """Return a round rod between two points, its radius running from `radius` to `tip`."""
    along = np.array(end, float) - np.array(start, float)
    length = float(np.linalg.norm(along))
    solid = lathe((radius, 0), (radius if tip is None else tip, length), sides=sides)
    up = along / length
    side = np.cross(up, (0, 1, 0) if abs(up[1]) < 0.9 else (1, 0, 0))
    side /= np.linalg.norm(side)
    frame = np.stack([side, np.cross(up, side), up], axis=1)
    return replace(solid, vertices=solid.vertices @ frame.T + np.array(start, float))


def ring(radius: float, thickness: float, at: Point = (0, 0, 0), axis: str = "z") -> Part:
    """Return a torus about an axis; `at` is its middle, `thickness` half that of its tube."""
    from trimesh.creation import torus

    solid = torus(radius, thickness, major_sections=26, minor_sections=10)
    part = Part(solid.vertices, solid.faces, crease=80)
    turns = {"z": ("z", 0.0), "x": ("y", 90.0), "y": ("x", 90.0)}
    return part.turned(*turns[axis]).moved(*at)


def tube(path: Sequence[Point], radii: Sequence[float] | float, sides: int = 12) -> Part:
    """Return a round tube along a path, with flat ends."""
    spine = np.array(path, float)
    wide = np.broadcast_to(np.asarray(radii, float), len(spine))
    ahead = np.gradient(spine, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.cross(ahead, _least_along(ahead))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(ahead, side)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)[None, :, None]
    around = np.cos(angles) * side[:, None] + np.sin(angles) * other[:, None]
    rings = spine[:, None] + around * wide[:, None, None]
    vertices = np.concatenate([rings.reshape(-1, 3), spine[[0, -1]]])
    k = np.arange(sides)
    faces = []
    for n in range(len(spine) - 1):
        a, b = n * sides + k, n * sides + (k + 1) % sides
        faces += [np.stack([a, b, b + sides], 1), np.stack([a, b + sides, a + sides], 1)]
    first, last = len(spine) * sides, len(spine) * sides + 1
    end = (len(spine) - 1) * sides
    faces.append(np.stack([(k + 1) % sides, k, np.full(sides, first)], 1))
    faces.append(np.stack([end + k, end + (k + 1) % sides, np.full(sides, last)], 1))
    return Part(vertices, np.concatenate(faces), crease=60)


def _least_along(ahead: Floats) -> Floats:
    """Return the axis that the whole path runs along least."""
    axis = np.zeros(3)
    axis[int(np.argmin(np.abs(ahead).max(axis=0)))] = 1
    return axis


def slab(outline: Sequence[tuple[float, float]], thickness: float) -> Part:
    """Return an outline standing in the plane of x and z, its front towards the viewer.

    Args:
        outline: (x, z), either way around; the mean of its points sees all of it.
        thickness: Along y, half of it on either side of the plane.
    """
    points = np.array(outline, float)
    ahead = np.roll(points, -1, axis=0)
    if (points[:, 0] * ahead[:, 1] - points[:, 1] * ahead[:, 0]).sum() < 0:
        points = points[::-1]
    n, half = len(points), thickness / 2
    points = np.concatenate([points, points.mean(axis=0, keepdims=True)])
    front = np.stack([points[:, 0], np.full(n + 1, -half), points[:, 1]], 1)
    back = front + np.array([0, thickness, 0])
    e, f = np.arange(n), (np.arange(n) + 1) % n
    fan = np.stack([np.full(n, n), e, f], 1)
    behind = n + 1
    rim = [np.stack([e, e + behind, f + behind], 1), np.stack([e, f + behind, f], 1)]
    faces = np.concatenate([fan, fan[:, ::-1] + behind, *rim])
    return Part(np.concatenate([front, back]), faces)


def curve(*points: Point, steps: int = 6) -> list[Point]:
    """Return a smooth line in space through points, the ends included."""
    return [(x, y, z) for x, y, z in _smooth(points, steps).tolist()]


def profile(*points: tuple[float, float], steps: int = 6) -> list[tuple[float, float]]:
    """Return a smooth line through points of a plane, never left of its axis."""
    return [(max(0.0, x), y) for x, y in _smooth(points, steps).tolist()]


def _smooth(points: Sequence[tuple[float, ...]], steps: int) -> Floats:
    """Return the Catmull-Rom spline through points."""
    given = np.array(points, float)
    padded = np.concatenate([[2 * given[0] - given[1]], given, [2 * given[-1] - given[-2]]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        square, cube = 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
        pieces.append(0.5 * (2 * b + (c - a) * t + square * t**2 + cube * t**3))
    return np.concatenate([*pieces, given[-1:]])


def lathed_curve(*points: tuple[float, float], sides: int = 28, crease: float = 50) -> Part:
    """Return a smooth profile turned about the vertical."""
    return lathe(*profile(*points), sides=sides, crease=crease)


def together(*parts: Part | Sequence[Part]) -> list[Part]:
    """Return parts and groups of parts as one list."""
    flat: list[Part] = []
    for part in parts:
        flat.extend([part] if isinstance(part, Part) else part)
    return flat
