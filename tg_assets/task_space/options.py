"""Possible answers: the right one, and others that are certainly wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tg_assets.task_space.answering import place_of
from tg_assets.task_space.dice import Dice
from tg_assets.task_space.facts import Facts, look_alikes
from tg_assets.task_space.grids import CELLS, RELATIVE
from tg_assets.task_space.instance import Claim, Option
from tg_assets.task_space.library import Attribute
from tg_assets.task_space.phrasing import position_name
from tg_assets.task_space.reasons import NoSoundInstance, Reason
from tg_assets.task_space.words import adjective, value_name, words_of
from tg_assets.task_space.world import Thing, World

OPTIONS = 4
FEWEST = 2
"""Where a library has no more certainly wrong values, fewer options are better than none."""


def in_places(right: Option, wrong: Sequence[Option], dice: Dice) -> tuple[tuple[Option, ...], int]:
    """Return options in random order, with the place of the right one.

    Raises:
        NoSoundInstance: There are too few.
    """
    if len(wrong) + 1 < FEWEST:
        raise NoSoundInstance(Reason.FEW_OPTIONS)
    options = list(dice.shuffled(wrong))
    place = dice.below(len(options) + 1)
    options.insert(place, right)
    return tuple(options), place


def categories(
    facts: Facts, claim: Claim, world: World, target: Thing, category: str, dice: Dice
) -> tuple[Option, list[Option]]:
    """Return a category as the right option, and others that the target cannot be called.

    What else is in the picture comes first. None has a word of the question in its name.
    """
    right, said = facts.library.names[category], words_of_question(facts, claim)
    place, related = place_of(facts, target), facts.library.taxonomy.relevant(category)
    wrong: list[Option] = []
    names = {right.casefold()}
    for other in _other_categories(facts, world, target, dice):
        name = facts.library.names[other]
        apart = facts.words(other).isdisjoint(said | facts.words(category))
        new = other not in related and name.casefold() not in names
        if apart and new and not facts.may_be(other)[place]:
            names.add(name.casefold())
            wrong.append(Option(name, other))
            if len(wrong) == OPTIONS - 1:
                break
    return Option(right, category), wrong


def _other_categories(facts: Facts, world: World, target: Thing, dice: Dice) -> Iterator[str]:
    """Yield the names of what else is in the picture, then all others."""
    there = {
        category
        for thing in world.things
        if thing.id != target.id
        for category in facts.own_categories[place_of(facts, thing)]
    }
    yield from dice.shuffled(sorted(filter(facts.is_nameable, there)))
    yield from dice.shuffled(facts.nameable)


def values(
    facts: Facts, claim: Claim, world: World, target: Thing, value: Attribute, dice: Dice
) -> tuple[Option, list[Option]]:
    """Return an attribute value as the right option, and others of its type that are wrong.

    What other things in the picture have comes first.

    Raises:
        NoSoundInstance: The question has the right value's word.
    """
    said, kind = words_of_question(facts, claim), value.type
    if not said.isdisjoint(words_of(value.value)):
        raise NoSoundInstance(Reason.SAID)
    doubtful = frozenset[str]().union(
        *(
            look_alikes(Attribute(kind, one))
            for one in facts.values_of(place_of(facts, target), kind)
        )
    )
    beside = {
        one
        for thing in world.things
        if thing.id != target.id
        for one in facts.values_of(place_of(facts, thing), kind)
    }
    candidates = [*dice.shuffled(sorted(beside)), *dice.shuffled(facts.values[kind])]
    fitting = [
        one
        for one in dict.fromkeys(candidates)
        if one not in doubtful and said.isdisjoint(words_of(one))
    ]
    wrong = [Option(value_name(kind, one), one) for one in fitting[: OPTIONS - 1]]
    return Option(value_name(kind, value.value), value.value), wrong


def cells(world: World, cell: str, dice: Dice) -> tuple[Option, list[Option]]:
    """Return a cell as the right option, and others; those that something stands in come first."""
    taken = [thing.cell for thing in world.things]
    candidates = dict.fromkeys([*dice.shuffled(taken), *dice.shuffled(CELLS[world.grid])])
    wrong = [Option(other, other) for other in candidates if other != cell]
    return Option(cell, cell), wrong[: OPTIONS - 1]


def positions(position: str, dice: Dice) -> tuple[Option, list[Option]]:
    """Return a relative position as the right option, and three of the seven others."""
    others = [other for other in RELATIVE if other != position]
    chosen = list(dice.shuffled(others))[: OPTIONS - 1]
    return (
        Option(position_name(position), position),
        [Option(position_name(other), other) for other in chosen],
    )


def numbers(n: int, dice: Dice) -> tuple[Option, list[Option]]:
    """Return a number as the right option, and those around it: it is any of four in a row."""
    first = n - dice.between(0, min(n, OPTIONS - 1))
    near = [number for number in range(first, first + OPTIONS) if number != n]
    return Option(str(n), str(n)), [Option(str(number), str(number)) for number in near]


def words_of_question(facts: Facts, claim: Claim) -> frozenset[str]:
    """Return the words that a question has because of what it means, not of how it is put."""
    said: Iterable[str] = ()
    if claim.attribute is not None:
        kind, value = claim.attribute.type, claim.attribute.value
        said = (value, adjective(kind, value))
    named = (facts.words(one) for one in (claim.category, claim.reference) if one is not None)
    return frozenset[str]().union(*map(words_of, said), *named)
