"""What makes an instance sound, by the definition of `Claim` and from the library's tables alone.

Of what makes instances only the tree of task types is imported here.
"""

from __future__ import annotations

from tg_assets.task_space.grids import CELLS, RELATIVE, squared_distance
from tg_assets.task_space.instance import Claim, Instance
from tg_assets.task_space.library import Attribute, Library
from tg_assets.task_space.task_types import task_types
from tg_assets.task_space.world import Thing, World


def is_a(library: Library, thing: Thing, category: str) -> bool:
    return category in library.categories_of(thing.asset)


def has(library: Library, thing: Thing, value: Attribute) -> bool:
    return value in library.assets[thing.asset].attributes


def offset(world: World, start: Thing, end: Thing) -> tuple[int, int]:
    one, other = world.cells.index(start.cell), world.cells.index(end.cell)
    return other // world.grid - one // world.grid, other % world.grid - one % world.grid


def meant(library: Library, world: World, claim: Claim) -> list[Thing]:
    """Return what a claim is about, by the definition in `Claim` and nothing else."""
    found = [
        thing
        for thing in world.things
        if (claim.category is None or is_a(library, thing, claim.category))
        and (claim.attribute is None or has(library, thing, claim.attribute))
        and (claim.motion is None or thing.motion == claim.motion)
    ]
    references = reference_of(library, world, claim)
    if claim.size is not None:
        extreme = (max if claim.size == "largest" else min)(thing.size for thing in found)
        found = [thing for thing in found if thing.size == extreme]
    if claim.distance is not None:
        (reference,) = references
        away = {
            thing.id: squared_distance(world.grid, thing.cell, reference.cell)
            for thing in found
            if thing is not reference
        }
        extreme = (min if claim.distance == "closest" else max)(away.values())
        found = [thing for thing in found if away.get(thing.id) == extreme]
    if claim.cell is not None:
        found = [thing for thing in found if thing.cell == claim.cell]
    if claim.position is not None:
        (reference,) = references
        step = RELATIVE[claim.position]
        found = [thing for thing in found if offset(world, reference, thing) == step]
    return found


def reference_of(library: Library, world: World, claim: Claim) -> list[Thing]:
    if claim.reference is None:
        return []
    return [thing for thing in world.things if is_a(library, thing, claim.reference)]


def is_true(library: Library, instance: Instance, means: str) -> bool:
    """Whether an answer is right, from the world alone."""
    world, claim = instance.world, instance.asked.claim
    assert claim is not None
    found = meant(library, world, claim)
    if claim.about == "count":
        return int(means) == len(found)
    (thing,) = found
    if claim.about == "category":
        return is_a(library, thing, means)
    if claim.about == "cell":
        return thing.cell == means
    if claim.about == "attribute":
        return has(library, thing, Attribute(str(claim.attribute_type), means))
    (reference,) = reference_of(library, world, claim)
    ends = (thing, reference) if claim.inverted else (reference, thing)
    return offset(world, *ends) == RELATIVE[means]


def require_sound(library: Library, instance: Instance) -> None:
    plan, world, asked = instance.plan, instance.world, instance.asked
    assert asked.claim is not None
    assert (world.kind, world.grid) == (plan["generator"].split("-")[-1], plan["grid"])
    cells = [thing.cell for thing in world.things]
    assert cells == [cell for cell in CELLS[world.grid] if cell in cells]  # one each, in order
    assert len({option.text.casefold() for option in asked.options}) == len(asked.options) >= 2
    truths = [is_true(library, instance, option.means) for option in asked.options]
    assert truths == [place == asked.right for place in range(len(truths))]
    found = meant(library, world, asked.claim)
    if plan["count"] is None:
        (thing,) = found
        assert thing.cell == plan["cell"]
        assert is_a(library, thing, plan["target"])
        found = [thing]
    if plan["attribute_value"] is not None:
        given = Attribute(plan["attribute_type"], plan["attribute_value"])
        assert all(has(library, thing, given) for thing in found)
    if asked.claim.size is not None:
        given = asked.claim.attribute
        others = [
            thing.size
            for thing in world.things
            if thing is not found[0] and (given is None or has(library, thing, given))
        ]
        assert all(max(s, found[0].size) / min(s, found[0].size) >= 1.6 for s in others)
    if world.kind == "video":
        moves = {thing.motion for thing in world.things if thing is not found[0]}
        assert (moves == {None}) == (plan["others"] == "still")
        assert found[0].motion not in moves
    else:
        assert all(thing.motion is None for thing in world.things)
    assert instance.task_type in PATHS


PATHS = {
    "~".join((first, second, third))
    for first, seconds in task_types().items()
    for second, thirds in seconds.items()
    for third in thirds
}
