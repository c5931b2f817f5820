"""Which things of a world a question can be about, doubt included."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.task_space.directions import direction
from tg_assets.task_space.facts import Facts
from tg_assets.task_space.grids import squared_distance
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.reasons import NoSoundInstance, Reason
from tg_assets.task_space.world import Thing, World

VISIBLE_RATIO = 1.6
"""Sizes that differ by less are not told apart with certainty."""


def place_of(facts: Facts, thing: Thing) -> int:
    """Return the place of a thing's object in the arrays of facts.

    Raises:
        NoSoundInstance: The library does not know it.
    """
    if thing.asset not in facts.number:
        raise NoSoundInstance(Reason.OTHER_WORLD)
    return facts.number[thing.asset]


def fits(facts: Facts, claim: Claim, thing: Thing) -> bool:
    """Whether a thing is for certain of a claim's category, has its value and moves so."""
    place = place_of(facts, thing)
    return (
        (claim.category is None or bool(facts.is_a(claim.category)[place]))
        and (claim.attribute is None or bool(facts.has(claim.attribute)[place]))
        and (claim.motion is None or thing.motion == claim.motion)
    )


def may_fit(facts: Facts, claim: Claim, thing: Thing) -> bool:
    """Whether somebody could think that a thing `fits`."""
    place = place_of(facts, thing)
    return (
        (claim.category is None or bool(facts.may_be(claim.category)[place]))
        and (claim.attribute is None or not facts.lacks(claim.attribute)[place])
        and (claim.motion is None or thing.motion == claim.motion)
    )


def counted(facts: Facts, claim: Claim, world: World) -> int:
    """Return how many things a claim is about.

    Raises:
        NoSoundInstance: Of some it is not certain.
    """
    surely = [thing for thing in world.things if fits(facts, claim, thing)]
    perhaps = [thing for thing in world.things if may_fit(facts, claim, thing)]
    if surely != perhaps:
        raise NoSoundInstance(Reason.OTHER_WORLD)
    return len(surely)


def only_reference(facts: Facts, claim: Claim, world: World) -> Thing | None:
    """Return the one thing that can be meant by a claim's reference; null where it has none.

    Raises:
        NoSoundInstance: None or several can.
    """
    if claim.reference is None:
        return None
    mask = facts.may_be(claim.reference)
    (*found,) = (thing for thing in world.things if mask[place_of(facts, thing)])
    if len(found) != 1 or not facts.is_a(claim.reference)[place_of(facts, found[0])]:
        raise NoSoundInstance(Reason.OTHER_WORLD)
    return found[0]


def only_target(facts: Facts, claim: Claim, world: World, reference: Thing | None) -> Thing:
    """Return the one thing that a claim is about.

    Raises:
        NoSoundInstance: None or several can be meant, or the reference.
    """
    perhaps = [thing for thing in world.things if may_fit(facts, claim, thing)]
    if claim.size is not None:
        perhaps = _extreme(perhaps, claim.size)
    if claim.distance is not None and reference is not None:
        perhaps = _outermost(perhaps, claim.distance, world.grid, reference)
    if claim.cell is not None:
        perhaps = [thing for thing in perhaps if thing.cell == claim.cell]
    if claim.position is not None and reference is not None:
        perhaps = [
            thing
            for thing in perhaps
            if thing is not reference
            and direction(world.grid, reference.cell, thing.cell) == claim.position
        ]
    if len(perhaps) != 1 or perhaps[0] is reference or not fits(facts, claim, perhaps[0]):
        raise NoSoundInstance(Reason.OTHER_WORLD)
    return perhaps[0]


def _extreme(things: Sequence[Thing], size: str) -> list[Thing]:
    """Return the things that could be called the largest or smallest."""
    if size == "largest":
        most = max((thing.size for thing in things), default=0.0)
        return [thing for thing in things if thing.size * VISIBLE_RATIO > most]
    least = min((thing.size for thing in things), default=0.0)
    return [thing for thing in things if thing.size < least * VISIBLE_RATIO]


def _outermost(things: Sequence[Thing], distance: str, grid: int, reference: Thing) -> list[Thing]:
    away = {
        thing.id: squared_distance(grid, thing.cell, reference.cell)
        for thing in things
        if thing is not reference
    }
    choose = min if distance == "closest" else max
    best = choose(away.values(), default=0)
    return [thing for thing in things if away.get(thing.id) == best]
