"""What a claim picks out of a world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tg_assets.task_space.grids import CELLS, squared_distance
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.soundness.truths import Truth, Truths
from tg_assets.task_space.world import Thing, World

CLEARLY = 1.5
"""How many times larger a thing must be to be plainly the larger one."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What a claim picks out.

    Attributes:
        things: What certainly fits.
        perhaps: What may fit as well.
        references: What certainly is the reference.
        perhaps_references: What may be it as well.
        compared: What sizes or distances were compared of.
    """

    things: tuple[Thing, ...]
    perhaps: tuple[Thing, ...]
    references: tuple[Thing, ...]
    perhaps_references: tuple[Thing, ...]
    compared: tuple[Thing, ...]


def pick(claim: Claim, world: World, truths: Truths) -> Picked:
    """Return what a claim picks out of a world; every object is known, every cell on the grid."""
    references: tuple[Thing, ...] = ()
    perhaps_references: tuple[Thing, ...] = ()
    if claim.reference is not None:
        reference = claim.reference
        graded = [(thing, truths.is_a(thing.asset, reference)) for thing in world.things]
        references, perhaps_references = _split(graded)
    graded = [(thing, _described(thing, claim, truths)) for thing in world.things]
    graded = [(thing, truth) for thing, truth in graded if truth]
    if claim.distance is not None:
        graded = [(thing, truth) for thing, truth in graded if thing not in references]
    compared = tuple(thing for thing, _ in graded)
    graded = _extreme(graded, claim, world, references)
    things, perhaps = _split(
        [(thing, truth) for thing, truth in graded if _placed(thing, claim, world, references)]
    )
    return Picked(things, perhaps, references, perhaps_references, compared)


def direction(grid: int, cell: str, seen_from: str) -> str | None:
    """Return how a cell lies from another, however far; null for the same one."""
    rows, columns = _offset(grid, cell, seen_from)
    upright = {-1: "top", 0: "", 1: "bottom"}[(rows > 0) - (rows < 0)]
    across = {-1: "left", 0: "", 1: "right"}[(columns > 0) - (columns < 0)]
    return " ".join(filter(None, (upright, across))) or None


def _offset(grid: int, cell: str, seen_from: str) -> tuple[int, int]:
    one, other = CELLS[grid].index(cell), CELLS[grid].index(seen_from)
    return one // grid - other // grid, one % grid - other % grid


Graded = list[tuple[Thing, Truth]]


def _split(graded: Graded) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
    certain = tuple(thing for thing, truth in graded if truth is Truth.YES)
    return certain, tuple(thing for thing, truth in graded if truth is Truth.MAYBE)


def _described(thing: Thing, claim: Claim, truths: Truths) -> Truth:
    if claim.motion is not None and thing.motion != claim.motion:
        return Truth.NO
    truth = Truth.YES
    if claim.category is not None:
        truth = min(truth, truths.is_a(thing.asset, claim.category))
    if claim.attribute is not None:
        truth = min(truth, truths.has(thing.asset, claim.attribute))
    return truth


def _extreme(graded: Graded, claim: Claim, world: World, references: Sequence[Thing]) -> Graded:
    """Return the largest, smallest, closest or farthest, and whatever may be it instead."""
    rank: Callable[[Thing], float]
    if claim.size is not None:
        sign = -1 if claim.size == "largest" else 1
        rank = lambda thing: sign * thing.size  # noqa: E731
    elif claim.distance is not None and len(references) == 1:
        away = 1 if claim.distance == "closest" else -1
        here = references[0].cell
        rank = lambda thing: away * squared_distance(world.grid, thing.cell, here)  # noqa: E731
    else:
        return graded
    best = min((rank(thing) for thing, truth in graded if truth is Truth.YES), default=None)
    return [
        (thing, truth)
        for thing, truth in graded
        if best is None or (rank(thing) <= best if truth is Truth.MAYBE else rank(thing) == best)
    ]


def _placed(thing: Thing, claim: Claim, world: World, references: Sequence[Thing]) -> bool:
    if claim.cell is not None and thing.cell != claim.cell:
        return False
    if claim.position is None:
        return True
    return any(
        direction(world.grid, thing.cell, reference.cell) == claim.position
        for reference in references
        if reference is not thing
    )
