"""Worlds of kind 2d as pictures: each object's picture in its cell, on a backdrop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tg_assets.scenes.picture import Picture
from tg_assets.scenes.sprites.backdrops import backdrop
from tg_assets.scenes.sprites.cut_outs import CutOut, SpriteError, cut_out, load
from tg_assets.task_space.library import Library
from tg_assets.task_space.world import Thing, World

VERSION = "1"
"""Raised when the same world would give other pixels: a cache of pictures goes by it."""
PIXELS = 448
FILLED = 0.86
"""The largest extent of an object, as a share of its cell's side."""
SHADOW = (40, 36, 52)


def render_picture(library: Library, world: World, pixels: int = PIXELS) -> Picture:
    """Draw a world; the same world gives the same bytes.

    Args:
        library: Has a picture of each thing.
        world: Of kind 2d.
        pixels: The side of the picture.

    Raises:
        LibraryError: The library has no such object.
        SpriteError: An object has no picture, or one that cannot be drawn.
    """
    dice = np.random.Generator(np.random.PCG64(world.look))
    files = [picture_of(library, thing, world.look) for thing in world.things]
    image = backdrop(dice, pixels, [load(file).rim for file in files])
    mask = np.zeros((pixels, pixels), np.uint8)
    for number, (thing, file) in enumerate(zip(world.things, files, strict=True), 1):
        cell = pixels / world.grid
        drawn = cut_out(file, max(1, round(cell * FILLED * thing.size)))
        row, column = divmod(world.cells.index(thing.cell), world.grid)
        x, y = _corner(dice, drawn, (column * cell, row * cell), cell)
        _put(image, drawn, x, y)
        height, width = drawn.covers.shape
        mask[y : y + height, x : x + width][drawn.covers] = number
    return Picture(image, mask)


def picture_of(library: Library, thing: Thing, look: int) -> Path:
    """Return the file of the picture that shows a thing: one of those nearest to its turn.

    Raises:
        LibraryError: The library has no such object.
        SpriteError: The object has no picture.
    """
    asset = library.asset(thing.asset)
    if not asset.views:
        raise SpriteError(
            f"object {asset.id} has no picture and cannot stand in a 2d world; give it one, or "
            "draw it in 3d"
        )
    gaps = [abs((angle - thing.turn + 180) % 360 - 180) for _, angle in asset.views]
    nearest = [view for (view, _), gap in zip(asset.views, gaps, strict=True) if gap == min(gaps)]
    return library.file(nearest[look % len(nearest)])


def _corner(
    dice: np.random.Generator, drawn: CutOut, origin: tuple[float, float], cell: float
) -> tuple[int, int]:
    """Return where an object's top left lies: its middle near that of its cell."""
    sizes = np.array([drawn.image.width, drawn.image.height])
    slack = (cell - sizes) / 2
    reach = np.minimum(slack * 0.6, cell * 0.08)
    x, y = np.array(origin) + slack + dice.uniform(-1, 1, 2) * reach
    return round(float(x)), round(float(y))


def _put(image: Image.Image, drawn: CutOut, x: int, y: int) -> None:
    """Draw an object and its shadow, which falls a little to the right and down."""
    fall = max(1, drawn.pad // 2)
    image.paste(SHADOW, (x - drawn.pad + fall, y - drawn.pad + fall), drawn.shadow)
    image.paste(drawn.image, (x, y), drawn.alpha)
