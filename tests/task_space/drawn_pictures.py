"""Pictures of worlds drawn as plain squares and bars, every thing in its colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tg_assets.scenes.picture import Clip, Picture
from tg_assets.task_space.grids import CELLS
from tg_assets.task_space.library import Library
from tg_assets.task_space.soundness.colours import PROTOTYPES
from tg_assets.task_space.world import FRAMES, Thing, World

SIDE = 120
TOWARDS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def picture(library: Library, world: World, frame: int = 0) -> Picture:
    """Draw a world: a still, or a frame of a video."""
    image = np.full((SIDE, SIDE, 3), 235, np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for number, thing in enumerate(world.things, 1):
        covered = _covered(thing, world.grid, frame)
        (colour,) = (a.value for a in library.assets[thing.asset].attributes if a.type == "color")
        mask[covered] = number
        image[covered] = PROTOTYPES[colour][0]
    return Picture(Image.fromarray(image), mask)


def clip(library: Library, world: World) -> Clip:
    """Draw a video."""
    return Clip(tuple(picture(library, world, frame) for frame in range(FRAMES)))


def _covered(thing: Thing, grid: int, frame: int) -> NDArray[np.bool_]:
    """Return the pixels of a thing: a square, or a bar that turns."""
    cell = SIDE / grid
    row, column = divmod(CELLS[grid].index(thing.cell), grid)
    half = max(3, round(cell * thing.size * 0.35))
    y, x = np.mgrid[0:SIDE, 0:SIDE] - np.array([row + 0.5, column + 0.5])[:, None, None] * cell
    motion = thing.motion
    if motion is not None and motion.kind == "move":
        right, down = TOWARDS[motion.direction]
        x, y = x - right * (frame - 7), y - down * (frame - 7)
    if motion is None or motion.kind == "move":
        return np.asarray(np.maximum(abs(x), abs(y)) <= half)
    angle = np.pi / FRAMES * frame * (1 if motion.direction == "clockwise" else -1)
    along, beside = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    return np.asarray((abs(along) <= half) & (abs(beside) <= half / 2))


def changed(
    picture: Picture, change: Callable[[NDArray[np.uint8], NDArray[np.uint8]], object]
) -> Picture:
    """Return a picture with pixels (H x W x 3) and mask (H x W) changed in place."""
    image, mask = np.array(picture.image), picture.mask.copy()
    change(image, mask)
    return Picture(Image.fromarray(image), mask)
