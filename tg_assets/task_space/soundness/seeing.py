"""Whether a picture or video shows what its world says, told from its pixels and mask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.picture import Picture
from tg_assets.task_space.grids import CELLS
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.soundness.colours import (
    BASIC,
    PROTOTYPES,
    could_be,
    is_plainly,
    looks_like,
)
from tg_assets.task_space.soundness.faults import Fault
from tg_assets.task_space.soundness.fitting import Picked
from tg_assets.task_space.soundness.truths import Truth, Truths
from tg_assets.task_space.world import Thing, World

SEEN_EXTENT = 0.04
SEEN_SHARE = 0.0012
"""Shares of the picture's side and of its pixels, the least that a thing is recognised by."""
SEEN_LARGER = 1.15
"""How many times larger the largest thing has to be in the picture."""
LIKE_ITS_SIZE = 2.2
"""How far the picture's extents may be from the world's, as a ratio to what the others have."""
CELL_SLACK = 0.1
"""How far outside its cell a thing's middle may lie, as a share of the cell."""
COLOUR_SHARE = 0.15
"""Of a thing's pixels, the fewest in its colour: a red drum has a white skin and white rims."""
OTHER_SHARE = 0.6
"""Of a thing's pixels, the share in another colour that gives the thing that one's name."""
PALE_AND_DARK = ("white", "gray", "black", "beige")
"""Colours of skins, rims, tyres and glass, which name a thing only where nothing else does."""
SAMPLED = 600
"""Pixels of a thing that its colours are told from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing as the mask has it.

    Attributes:
        thing: The thing.
        share: Of the picture's pixels.
        middle: Of its bounding box: x and y as shares of the picture's sides.
        centroid: Of its pixels, likewise.
        extent: The longer side of its bounding box, as a share of the picture's side.
        cut: It touches the picture's border.
    """

    thing: Thing
    share: float
    middle: tuple[float, float]
    centroid: tuple[float, float]
    extent: float
    cut: bool


def picture_faults(
    world: World, claim: Claim, picked: Picked, picture: Picture, truths: Truths
) -> list[Fault]:
    """Return everything that a picture does not show as its world and question say.

    Args:
        world: What is to be seen.
        claim: What is asked.
        picked: What the claim picks out of the world.
        picture: As it was drawn.
        truths: What the objects are and have.
    """
    faults = sight_faults(world, picture)
    if not faults:
        faults += _size_faults(world, claim, picked, picture)
        faults += _colour_faults(world, claim, picked, picture, truths)
    return faults


def sight_faults(world: World, picture: Picture) -> list[Fault]:
    """Return what is not to be seen, is cut, stands elsewhere or is not of its size."""
    wrong = _mask_fault(world, picture)
    if wrong:
        return [wrong]
    shown = [_shown(picture.mask, n, thing) for n, thing in enumerate(world.things, 1)]
    usual = median(one.extent / one.thing.size for one in shown) if shown else 1.0
    return [fault for one in shown for fault in _sight_faults(one, world, usual)]


def _mask_fault(world: World, picture: Picture) -> Fault | None:
    height, width = picture.mask.shape
    if picture.image.size != (width, height) or picture.image.mode != "RGB":
        return Fault("mask", f"{width} x {height} beside {picture.image.mode} {picture.image.size}")
    most = int(picture.mask.max())
    if most > len(world.things):
        return Fault("mask", f"it names a thing {most} of {len(world.things)}")
    return None


def _shown(mask: NDArray[np.uint8], number: int, thing: Thing) -> Shown:
    height, width = mask.shape
    rows, columns = np.nonzero(mask == number)
    if not len(rows):
        return Shown(thing, 0, (0, 0), (0, 0), 0, False)
    top, bottom = int(rows.min()), int(rows.max())
    left, right = int(columns.min()), int(columns.max())
    return Shown(
        thing,
        len(rows) / mask.size,
        ((left + right + 1) / 2 / width, (top + bottom + 1) / 2 / height),
        ((float(columns.mean()) + 0.5) / width, (float(rows.mean()) + 0.5) / height),
        max((right - left + 1) / width, (bottom - top + 1) / height),
        top == 0 or left == 0 or bottom == height - 1 or right == width - 1,
    )


def _sight_faults(one: Shown, world: World, usual: float) -> Iterator[Fault]:
    name = f"{one.thing.id} ({one.thing.asset})"
    if one.extent < SEEN_EXTENT or one.share < SEEN_SHARE:
        yield Fault("not visible", f"{name} has {one.share:.2%} of the picture")
        return
    if one.cut:
        yield Fault("cut off", f"{name} touches the border")
    if not _in_cell(one, world):
        x, y = one.middle
        yield Fault("outside its cell", f"{name} of {one.thing.cell} is at {x:.2f}, {y:.2f}")
    ratio = one.extent / one.thing.size / usual
    if not 1 / LIKE_ITS_SIZE <= ratio <= LIKE_ITS_SIZE:
        yield Fault("size differs", f"{name} is drawn {ratio:.2f} times as large as the others")


def _in_cell(one: Shown, world: World) -> bool:
    row, column = divmod(CELLS[world.grid].index(one.thing.cell), world.grid)
    x, y = one.middle
    return all(
        place - CELL_SLACK <= at * world.grid <= place + 1 + CELL_SLACK
        for at, place in ((x, column), (y, row))
    )


def _size_faults(world: World, claim: Claim, picked: Picked, picture: Picture) -> Iterator[Fault]:
    if claim.size is None:
        return
    (thing,) = picked.things
    extents = {
        one.id: _shown(picture.mask, number, one).extent
        for number, one in enumerate(world.things, 1)
    }
    for other in picked.compared:
        if other.id == thing.id:
            continue
        ratio = extents[thing.id] / extents[other.id]
        ratio = ratio if claim.size == "largest" else 1 / ratio
        if ratio < SEEN_LARGER:
            yield Fault("size not seen", f"{thing.id} is {ratio:.2f} times {other.id}")


def _colour_faults(
    world: World, claim: Claim, picked: Picked, picture: Picture, truths: Truths
) -> Iterator[Fault]:
    image = np.asarray(picture.image)
    asked = claim.attribute
    for number, thing in enumerate(world.things, 1):
        pixels = _some(image[picture.mask == number])
        name = f"{thing.id} ({thing.asset})"
        for colour in truths.values(thing.asset, "color"):
            if colour in PROTOTYPES and (instead := _not_its_colour(pixels, colour)):
                yield Fault("colour missing", f"{name} is not {colour}, but {instead}")
        if asked is None or asked.type != "color" or asked.value not in PROTOTYPES:
            continue
        lacks_it = truths.has(thing.asset, asked) is Truth.NO
        if lacks_it and is_plainly(pixels, asked.value) > OTHER_SHARE:
            yield Fault("colour elsewhere", f"{name} looks {asked.value}")


def _not_its_colour(pixels: NDArray[np.uint8], colour: str) -> str | None:
    """Return what a thing looks like where nobody would call it by its colour."""
    share, looks = could_be(pixels, colour), looks_like(pixels)
    other = max((name for name in BASIC if name != colour), key=looks.__getitem__)
    bright = other not in PALE_AND_DARK and looks[other] > OTHER_SHARE
    if share < COLOUR_SHARE or (bright and share < 1.5 * COLOUR_SHARE):
        return f"{looks[other]:.0%} {other} and {share:.0%} what may be called so"
    return None


def _some(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return evenly spaced pixels, no more than are needed."""
    return pixels[:: max(1, len(pixels) // SAMPLED)]
