"""Pictures of worlds drawn as plain rectangles, every thing in its colour."""

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
        box = _box(thing, world.grid, frame)
        mask[box] = number
        image[box] = _paint(library, thing, image[box].shape[:2], frame)
    return Picture(Image.fromarray(image), mask)


def clip(library: Library, world: World) -> Clip:
    """Draw a video."""
    return Clip(tuple(picture(library, world, frame) for frame in range(FRAMES)))


def _box(thing: Thing, grid: int, frame: int) -> tuple[slice, slice]:
    cell = SIDE / grid
    row, column = divmod(CELLS[grid].index(thing.cell), grid)
    half = max(3, round(cell * thing.size * 0.35))
    x, y = round((column + 0.5) * cell), round((row + 0.5) * cell)
    if thing.motion is not None and thing.motion.kind == "move":
        right, down = TOWARDS[thing.motion.direction]
        x, y = x + right * (frame - 7) * 2 // 2, y + down * (frame - 7) * 2 // 2
    return slice(y - half, y + half), slice(x - half, x + half)


def _paint(library: Library, thing: Thing, shape: tuple[int, int], frame: int) -> NDArray[np.uint8]:
    """Return a thing's colour, with a stripe that goes round when it turns."""
    (colour,) = (a.value for a in library.assets[thing.asset].attributes if a.type == "color")
    painted = np.full((*shape, 3), PROTOTYPES[colour][0], np.uint8)
    if thing.motion is not None and thing.motion.kind == "rotate":
        painted[:, frame % 4 :: 6] = 255 - painted[:, frame % 4 :: 6]
    return painted


def changed(
    picture: Picture, change: Callable[[NDArray[np.uint8], NDArray[np.uint8]], object]
) -> Picture:
    """Return a picture with pixels (H x W x 3) and mask (H x W) changed in place."""
    image, mask = np.array(picture.image), picture.mask.copy()
    change(image, mask)
    return Picture(Image.fromarray(image), mask)
