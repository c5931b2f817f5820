"""Instances: plans and seeds become pictures with questions, or a reason why not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tg_assets.ids import digest
from tg_assets.task_space.asking import ask, require_names
from tg_assets.task_space.facts import Facts
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.library import Library
from tg_assets.task_space.options import words_of_question
from tg_assets.task_space.plans import Plan, read_plan
from tg_assets.task_space.reasons import NoSoundInstance, Reason
from tg_assets.task_space.space import PLAN
from tg_assets.task_space.staging import stage
from tg_assets.task_space.task_types import task_type_of

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


def _instance(facts: Facts, plan: Plan, seed: int) -> Instance | NoInstance:
    key = seed_of(plan.row, seed)
    try:
        _require_options(facts, plan)
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


def _require_options(facts: Facts, plan: Plan) -> None:
    """Refuse early what no picture can help: names that cannot be an option or be said."""
    require_names(facts, plan)
    if plan.about == "category" and plan.target is not None:
        if not facts.is_nameable(plan.target):
            raise NoSoundInstance(Reason.ABSTRACT)
        if not facts.words(plan.target).isdisjoint(words_of_question(facts, plan.claim)):
            raise NoSoundInstance(Reason.SAID)
