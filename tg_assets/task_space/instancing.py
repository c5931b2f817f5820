"""Instances: plans and seeds become pictures with questions, or a reason why not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tg_assets.ids import digest
from tg_assets.task_space.asking import ask, require_options
from tg_assets.task_space.facts import Facts
from tg_assets.task_space.instance import Asked, Instance, NoInstance
from tg_assets.task_space.library import Library
from tg_assets.task_space.plans import Plan, read_plan
from tg_assets.task_space.reasons import NoSoundInstance
from tg_assets.task_space.space import PLAN
from tg_assets.task_space.staging import stage
from tg_assets.task_space.task_types import task_type_of
from tg_assets.task_space.world import World

_REMEMBERED = 4
_facts: OrderedDict[int, Facts] = OrderedDict()


def facts_of(library: Library) -> Facts:
    """Return what is certain about a library; that of the last few libraries is kept."""
    found = _facts.get(id(library))
    if found is None or found.library is not library:
        found = _facts[id(library)] = Facts(library)
        while len(_facts) > _REMEMBERED:
            _facts.popitem(last=False)
    return found


def instantiate(library: Library, plan: Mapping[str, Any], seed: int) -> Instance | NoInstance:
    """Draw a plan.

    Args:
        library: Whose objects are drawn.
        plan: A row of `space.PLAN`.
        seed: The same plan and seed make the same instance, in any process and order.

    Returns:
        The instance, or why no sound one exists.

    Raises:
        PlanError: The row is no plan of this library.
    """
    facts = facts_of(library)
    return _instance(facts, read_plan(library, plan), seed)


def instances(
    library: Library, plans: Iterable[Mapping[str, Any]], seed: int
) -> Iterator[Instance | NoInstance]:
    """Yield what becomes of each plan, in order.

    Raises:
        PlanError: A row is no plan of this library.
    """
    facts = facts_of(library)
    for plan in plans:
        yield _instance(facts, read_plan(library, plan), seed)


def ask_about(
    library: Library, world: World, plan: Mapping[str, Any], seed: int
) -> Asked | NoInstance:
    """Ask a plan about a world that was not made for it.

    Args:
        library: Of the world's objects.
        world: What the picture shows.
        plan: A row of `space.PLAN`, such as `truths.plans_true_of` returns.
        seed: Of the words and options.

    Returns:
        The question, or why it has no certain answer here.

    Raises:
        PlanError: The row is no plan of this library.
    """
    facts, read = facts_of(library), read_plan(library, plan)
    try:
        return ask(facts, read, world, seed_of(plan, seed))
    except NoSoundInstance as outcome:
        return NoInstance(plan, outcome.reason.value)


def _instance(facts: Facts, plan: Plan, seed: int) -> Instance | NoInstance:
    key = seed_of(plan.row, seed)
    try:
        require_options(facts, plan)
        world = stage(facts, plan, key)
        asked = ask(facts, plan, world, key)
    except NoSoundInstance as outcome:
        return NoInstance(plan.row, outcome.reason.value)
    return Instance(plan.row, seed, world, asked, task_type_of(plan))


def seed_of(row: Mapping[str, Any], seed: int) -> str:
    """Return the key that everything random about an instance is drawn from.

    It is of what the plan says, not of its index: another library numbers the same plan otherwise.
    """
    said = (f"{row.get(column)}" for column in PLAN if column != "index")
    return digest("instance", seed, *said)
