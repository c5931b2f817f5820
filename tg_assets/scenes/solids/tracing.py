"""Which surface each pixel shows, and how much light reaches it: rays cast by Embree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.solids.paints import MATERIALS
from tg_assets.scenes.solids.solid import Floats
from tg_assets.scenes.solids.stage import Camera, Stage

Ints = NDArray[np.intp]
LAMP_SAMPLES, SKY_SAMPLES = 1, 2
LAMP_RADIUS = np.float32(0.16)
"""The lamp's radius at distance 1: how soft shadows are."""
SKY_REACH = np.float32(0.45)
"""How near something must be to take a point's share of the sky, in cells."""
LIFT = np.float32(2e-3)
PATTERN = 4
"""Pixels of a square of this side look at different parts of lamp and sky."""
_CLEAR = np.array([material.clear > 0 for material in MATERIALS.values()])


@cache
def _device() -> Any:
    from embreex.rtcore import EmbreeDevice

    return EmbreeDevice()


def _embree_scene(triangles: Floats) -> Any:
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene(_device())
    if len(triangles):
        TriangleMesh(scene, np.ascontiguousarray(triangles))
    return scene


@dataclass(frozen=True, eq=False)
class Hits:
    """What rays meet first; where they meet nothing that stands, the ground.

    Attributes:
        triangle: -1 for the ground.
        u, v: Where in the triangle.
        point: (n, 3).
        normal: (n, 3), towards the viewer.
        ray: (n, 3), the unit direction in which it was seen.
    """

    triangle: Ints
    u: Floats
    v: Floats
    point: Floats
    normal: Floats
    ray: Floats

    def some(self, which: Ints) -> Hits:
        """Return some of them."""
        return Hits(
            self.triangle[which],
            self.u[which],
            self.v[which],
            self.point[which],
            self.normal[which],
            self.ray[which],
        )


@dataclass(frozen=True, eq=False)
class Lit:
    """The light that reaches points: shares of lamp and of the sky above them, 0 to 1."""

    lamp: Floats
    sky: Floats


class Tracer:
    """Casts rays into a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._empty = not len(stage.corners)
        self._scene = _embree_scene(stage.corners)
        solid = ~_CLEAR[stage.materials]
        self._dark = self._scene if solid.all() else _embree_scene(stage.corners[solid])
        self._no_shadow = not solid.any()
        self._boxes = [
            (mine.min(axis=(0, 1)), mine.max(axis=(0, 1)))
            for number in np.unique(stage.things)
            for mine in [stage.corners[stage.things == number]]
        ]

    def hits(self, camera: Camera, rays: Floats) -> Hits:
        """Return what the camera sees along rays, (n, 3) unit directions."""
        origins = np.broadcast_to(camera.origin, rays.shape)
        reach = -camera.origin[2] / rays[:, 2]
        n = len(rays)
        triangle, u, v = np.full(n, -1), np.zeros(n, np.float32), np.zeros(n, np.float32)
        if not self._empty:
            found = self._scene.run(np.ascontiguousarray(origins), rays, output=True)
            triangle, u, v = found["primID"].astype(np.intp), found["u"], found["v"]
            reach = np.where(triangle >= 0, found["tfar"], reach)
        point = origins + rays * reach[:, None]
        normal = np.zeros((n, 3), np.float32)
        normal[:, 2] = 1
        on = np.flatnonzero(triangle >= 0)
        seen = mixed(self.stage.normals, triangle[on], u[on], v[on])
        seen /= np.sqrt(np.einsum("ij,ij->i", seen, seen))[:, None]
        behind = np.einsum("ij,ij->i", seen, rays[on]) > 0
        normal[on] = np.where(behind[:, None], -seen, seen)
        return Hits(triangle, u, v, point.astype(np.float32), normal, rays)

    def lit(self, hits: Hits, light: Floats, phase: Ints) -> Lit:
        """Return how much of lamp and sky each point sees."""
        lit = Lit(np.ones(len(hits.point), np.float32), np.ones(len(hits.point), np.float32))
        near = np.flatnonzero((hits.triangle >= 0) | self._near(hits.point, light))
        if near.size:
            start = hits.point[near] + hits.normal[near] * LIFT
            lit.lamp[near] = self._lamp(start, light, phase[near])
            lit.sky[near] = self._sky(start, hits.normal[near], phase[near])
        return lit

    def _near(self, points: Floats, light: Floats) -> NDArray[np.bool_]:
        """Return which points of the ground a thing can keep light from."""
        found = np.zeros(len(points), bool)
        x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
        slant = np.float32(np.hypot(light[0], light[1]) / light[2] + 2 * LAMP_RADIUS)
        for low, high in self._boxes:
            middle, around = (low + high) / 2, np.hypot(*(high - low)[:2]) / 2
            reach = np.float32(around + max(SKY_REACH, high[2] * slant))
            found |= np.square(x - middle[0]) + np.square(y - middle[1]) < reach * reach
        return found

    def _lamp(self, start: Floats, light: Floats, phase: Ints) -> Floats:
        if self._no_shadow:
            return np.ones(len(start), np.float32)
        side = np.cross(light, np.array([0, 0, 1], np.float32))
        side /= np.linalg.norm(side)
        other = np.cross(side, light)
        spots = _disk(LAMP_SAMPLES) * LAMP_RADIUS
        towards = light + spots[:, :1] * side + spots[:, 1:] * other
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        seen = np.zeros(len(start), np.float32)
        for k in range(LAMP_SAMPLES):
            seen += self._open(self._dark, start, towards[phase * LAMP_SAMPLES + k], None)
        return np.asarray(seen / np.float32(LAMP_SAMPLES))

    def _sky(self, start: Floats, normal: Floats, phase: Ints) -> Floats:
        directions = _sphere(SKY_SAMPLES)
        reach = np.full(len(start), SKY_REACH, np.float32)
        seen = np.zeros(len(start), np.float32)
        for k in range(SKY_SAMPLES):
            # A unit normal plus a point of the unit sphere is spread as the cosine asks.
            towards = normal * np.float32(1.001) + directions[phase * SKY_SAMPLES + k]
            towards /= np.sqrt(np.einsum("ij,ij->i", towards, towards))[:, None]
            seen += self._open(self._scene, start, towards, reach)
        return np.asarray(seen / np.float32(SKY_SAMPLES))

    def _open(self, scene: Any, start: Floats, towards: Floats, reach: Floats | None) -> Floats:
        towards = np.ascontiguousarray(towards, np.float32)
        met = scene.run(start, towards, dists=reach, query="OCCLUDED")
        return np.asarray(met < 0).astype(np.float32)


def mixed(values: Floats, triangle: Ints, u: Floats, v: Floats) -> Floats:
    """Return values given at corners (n, 3, c), between the corners."""
    w = 1 - u - v
    corners = values[triangle]
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    return np.asarray(first * w[:, None] + second * u[:, None] + third * v[:, None])


def phases(columns: Ints, rows: Ints) -> Ints:
    """Return which part of lamp and sky each pixel looks at."""
    return columns % PATTERN + PATTERN * (rows % PATTERN)


def _spread(n: int) -> NDArray[np.float64]:
    """Return (n, 2) points that fill the unit square evenly (Roberts' R2 sequence)."""
    step = 1 / 1.32471795724474602596 ** np.arange(1, 3)
    points: NDArray[np.float64] = (0.5 + np.arange(1, n + 1)[:, None] * step) % 1
    return points


@cache
def _disk(samples: int) -> Floats:
    radius, turn = _spread(PATTERN**2 * samples).T
    turn = turn * 2 * np.pi
    spots = np.sqrt(radius)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.asarray(spots, np.float32)


@cache
def _sphere(samples: int) -> Floats:
    height, turn = _spread(PATTERN**2 * samples).T
    height, turn = 2 * height - 1, turn * 2 * np.pi
    wide = np.sqrt(1 - height**2)
    return np.stack([wide * np.cos(turn), wide * np.sin(turn), height], axis=1).astype(np.float32)
