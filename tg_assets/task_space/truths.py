"""Which plans a world answers, so that many questions can be asked about one picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from tg_assets.task_space.answering import counted
from tg_assets.task_space.asking import others_move, require_answered, require_options
from tg_assets.task_space.dice import Dice
from tg_assets.task_space.directions import cell_beside
from tg_assets.task_space.facts import Facts
from tg_assets.task_space.generators import ORDERS, SIZES
from tg_assets.task_space.grids import RELATIVE
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.instancing import facts_of
from tg_assets.task_space.library import Attribute, Library
from tg_assets.task_space.plans import Shape, distances_of, read_plan, shape_of
from tg_assets.task_space.reasons import NoSoundInstance
from tg_assets.task_space.space import PLAN
from tg_assets.task_space.world import Thing, World

Row = dict[str, Any]


def plans_true_of(
    library: Library, world: World, generator: str, seed: int = 0
) -> Iterator[Mapping[str, Any]]:
    """Yield the plans of a generator that a world answers beyond doubt.

    Args:
        library: Of the world's objects.
        world: What the picture shows.
        generator: The generator's name.
        seed: Of the order, which is random: whoever takes the first few has a fair sample, and
            only what is taken is worked out.

    Yields:
        Rows of `space.PLAN`, each different; ``index`` is null, `Generator.index_of` knows it.

    Raises:
        PlanError: There is no such generator.
    """
    shape, facts = shape_of(generator), facts_of(library)
    if world.kind != shape.kind or world.grid not in shape.grids:
        return
    if any(thing.asset not in facts.number for thing in world.things):
        return
    rows = _counts(facts, world) if shape.asks == "count" else _candidates(facts, world, shape)
    for row in Dice("plans true of", world.to_json(), generator, seed).shuffled(list(rows)):
        full = dict.fromkeys(PLAN) | {"generator": generator, "grid": world.grid} | row
        plan = read_plan(library, full)
        try:
            require_options(facts, plan)
            require_answered(facts, plan, world)
        except NoSoundInstance:
            continue
        yield full


def _counts(facts: Facts, world: World) -> Iterator[Row]:
    """Yield what can be counted in a world, with how many there are."""
    categories: set[str] = set()
    values: set[Attribute] = set()
    for thing in world.things:
        categories |= facts.library.categories_of(thing.asset)
        values |= set(facts.library.assets[thing.asset].attributes)
    for category, value in product((None, *sorted(categories)), (None, *sorted(values))):
        if category is None and value is None:
            continue
        claim = Claim("count", category=category, attribute=value)
        try:
            count = counted(facts, claim, world)
        except NoSoundInstance:
            continue
        if count:
            yield {"target": category, "count": count, **_given(value)}


def _candidates(facts: Facts, world: World, shape: Shape) -> Iterator[Row]:
    """Yield everything that could be asked about one thing of a world."""
    for thing in world.things:
        asset = facts.library.assets[thing.asset]
        values: Sequence[Attribute | None] = asset.attributes
        if not shape.needs_attribute:
            values = (None, *values)
        targets = sorted(facts.library.categories_of(asset.id))
        features = list(_features(world, thing, shape))
        places = list(_places(facts, world, thing, shape))
        for target, value, feature, place in product(targets, values, features, places):
            reference = place.get("reference")
            if reference is None or reference not in facts.library.taxonomy.relevant(target):
                yield {"target": target, **_given(value), **feature, **place}


def _features(world: World, thing: Thing, shape: Shape) -> Iterator[Row]:
    """Yield what else may pick a thing out: size, distance or motion."""
    if shape.feature is None:
        yield {}
    elif shape.feature == "size":
        yield from ({"size": size} for size in SIZES)
    elif shape.feature == "distance":
        yield {}  # depends on the reference
    elif thing.motion is not None and thing.motion.kind == shape.feature:
        others = others_move(world, thing)
        if others is not None:
            yield {"motion": thing.motion.direction, "others": others}


def _places(facts: Facts, world: World, thing: Thing, shape: Shape) -> Iterator[Row]:
    """Yield where a thing is: its cell alone, and with each reference next to it."""
    if shape.may_stand_alone:
        yield {"cell": thing.cell}
    if not shape.may_have_reference:
        return
    more: list[Row] = [{}]
    if shape.feature in ("size", "rotate"):
        more = [{"order": order} for order in ORDERS]
    for position in RELATIVE:
        cell = cell_beside(world.grid, thing.cell, position)
        other = world.at(cell) if cell is not None else None
        if other is not None:
            if shape.feature == "distance":
                distances = distances_of(world.grid, thing.cell, other.cell)
                more = [{"distance": distance} for distance in distances]
            for reference in sorted(facts.library.categories_of(other.asset)):
                row = {"cell": thing.cell, "position": position, "reference": reference}
                yield from ({**row, **one} for one in more)


def _given(value: Attribute | None) -> Row:
    if value is None:
        return {}
    return {"attribute_type": value.type, "attribute_value": value.value}
