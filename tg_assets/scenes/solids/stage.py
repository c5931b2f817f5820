"""Where things stand before the camera: from cells of a grid to places on the ground.

A grid's cells are squares of side 1 on the ground z = 0, its middle at the origin; rows go away
from the viewer, who stands at negative y. Distances on the ground are therefore distances in
cells. The camera is far away and has a long lens, so that a near thing looks hardly larger than
a far one of the same size: less than `PERSPECTIVE` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.solids.parts import rotation
from tg_assets.scenes.solids.solid import ELEVATION, Floats, Solid
from tg_assets.task_space.world import FRAMES, Motion, Thing, World

LARGEST = {"3d": 0.71, "video": 0.52}
"""What a thing of size 1 measures across, in cells, by kind of world."""
TRAVEL = 0.22
"""How far a moving thing gets from the middle of its cell, in cells."""
TURNING = 180.0
"""Degrees by which a rotating thing turns over a video."""
FORWARD = 0.25
"""Of its height, how far a thing stands towards the viewer: tall ones stay in their cell."""
MOST_FORWARD = 0.2
"""But no more cells than this: whichever of two cells is nearer to a third, what stands in it is
nearer on the ground too. Two distances of a 3x3 grid differ by 0.236 cells at least."""
DISTANCE = 7.0
"""From the camera to the middle of the grid, in sides of the grid."""
PERSPECTIVE = 1.15
MARGIN = 0.3
"""Ground that shows beside the grid, in cells."""


@dataclass(frozen=True)
class Camera:
    """A camera that looks down on the middle of a grid.

    Attributes:
        origin: Where it stands.
        right, up, ahead: Unit vectors.
        width: What it sees across at the distance of the grid's middle, in cells.
        distance: From the grid's middle.
        pixels: The side of its picture.
    """

    origin: Floats
    right: Floats
    up: Floats
    ahead: Floats
    width: float
    distance: float
    pixels: int

    def rays(self, px: Floats, py: Floats) -> Floats:
        """Return (n, 3) unit directions through points of the picture, y down."""
        scale = np.float32(self.width / (self.pixels * self.distance))
        across = (px - self.pixels / 2) * scale
        down = (py - self.pixels / 2) * scale
        rays = self.ahead + across[:, None] * self.right - down[:, None] * self.up
        rays /= np.sqrt(np.einsum("ij,ij->i", rays, rays))[:, None]
        return np.asarray(rays, np.float32)

    @cached_property
    def centres(self) -> Floats:
        """(n, 3) unit directions through the middles of all pixels, row by row."""
        middles = np.arange(self.pixels, dtype=np.float32) + np.float32(0.5)
        py, px = (grid.ravel() for grid in np.meshgrid(middles, middles, indexing="ij"))
        return self.rays(px, py)

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n, 2) picture coordinates of (n, 3) points."""
        away = points - self.origin
        scale = self.pixels * self.distance / (self.width * (away @ self.ahead))
        return np.stack(
            [
                self.pixels / 2 + away @ self.right * scale,
                self.pixels / 2 - away @ self.up * scale,
            ],
            axis=1,
        )


@lru_cache(maxsize=8)
def camera(grid: int, pixels: int) -> Camera:
    """Return the camera for a grid."""
    sine, cosine = np.sin(np.radians(ELEVATION)), np.cos(np.radians(ELEVATION))
    ahead = np.array([0, cosine, -sine], np.float32)
    distance = DISTANCE * grid
    return Camera(
        -ahead * np.float32(distance),
        np.array([1, 0, 0], np.float32),
        np.array([0, sine, cosine], np.float32),
        ahead,
        grid + MARGIN,
        distance,
        pixels,
    )


@dataclass(frozen=True, slots=True)
class Placement:
    """How a solid is put on the ground.

    Attributes:
        x, y: Where its axis stands, in cells.
        size: By what it is scaled.
        turn: Degrees about its axis, counterclockwise seen from above.
    """

    x: float
    y: float
    size: float
    turn: float


@dataclass(frozen=True, eq=False)
class Stage:
    """Everything that stands on the ground, as one list of triangles.

    Attributes:
        corners: (n, 3, 3).
        normals: (n, 3, 3).
        local: (n, 3, 3): the corners before they were placed, for patterns that stay on things.
        colors: (n, 3).
        materials: (n,).
        things: (n,): the number of the thing, from 1.
    """

    corners: Floats
    normals: Floats
    local: Floats
    colors: Floats
    materials: NDArray[np.uint8]
    things: NDArray[np.uint8]


def set_up(world: World, solids: Sequence[Solid], frame: int | None = None) -> Stage:
    """Place a world's things.

    Args:
        world: The world.
        solids: What each thing looks like.
        frame: Of a video, from 0; null for a picture.
    """
    placed = [
        _place(solid, placement(world, thing, solid, frame))
        for thing, solid in zip(world.things, solids, strict=True)
    ]
    counts = [len(solid.corners) for solid in solids]
    return Stage(
        _joined([corners for corners, _ in placed]),
        _joined([normals for _, normals in placed]),
        _joined([solid.corners for solid in solids]),
        np.concatenate([np.zeros((0, 3), np.float32), *(solid.colors for solid in solids)]),
        np.concatenate([np.zeros(0, np.uint8), *(solid.materials for solid in solids)]),
        np.repeat(np.arange(1, len(solids) + 1, dtype=np.uint8), counts),
    )


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate([np.zeros((0, 3, 3), np.float32), *parts])


def placement(world: World, thing: Thing, solid: Solid, frame: int | None) -> Placement:
    """Return where a thing stands in a frame."""
    size = thing.size * LARGEST["3d" if world.kind == "3d" else "video"]
    x, y = spot(world.grid, world.cells.index(thing.cell))
    right, away = moved_by(thing.motion, frame)
    turn = thing.turn + turned_by(thing.motion, frame)
    forward = min(FORWARD * solid.height * size, MOST_FORWARD)
    return Placement(x + right, y + away - forward, size, turn)


def _place(solid: Solid, at: Placement) -> tuple[Floats, Floats]:
    turn = rotation("z", at.turn).T.astype(np.float32)
    corners = solid.corners @ turn * np.float32(at.size)
    return corners + np.array([at.x, at.y, 0], np.float32), solid.normals @ turn


def spot(grid: int, place: int) -> tuple[float, float]:
    """Return the middle of a cell on the ground: right of and away from the grid's middle."""
    row, column = divmod(place, grid)
    return column - (grid - 1) / 2, (grid - 1) / 2 - row


def moved_by(motion: Motion | None, frame: int | None) -> tuple[float, float]:
    """Return how far a thing is from the middle of its cell in a frame: right, away."""
    if motion is None or motion.kind != "move" or frame is None:
        return 0.0, 0.0
    x, y = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}[motion.direction]
    along = TRAVEL * (2 * frame / (FRAMES - 1) - 1)
    return x * along, y * along


def turned_by(motion: Motion | None, frame: int | None) -> float:
    """Return the degrees by which a thing has turned by a frame, counterclockwise from above."""
    if motion is None or motion.kind != "rotate" or frame is None:
        return 0.0
    sign = {"clockwise": -1, "counterclockwise": 1}[motion.direction]
    return sign * TURNING * frame / (FRAMES - 1)
