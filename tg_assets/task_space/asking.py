"""A plan is asked about a world: the question, the options, and which of them is right.

The world may come from anywhere: whether it answers the plan beyond doubt is looked at here.
"""

from __future__ import annotations

from tg_assets.task_space import options
from tg_assets.task_space.answering import counted, only_reference, only_target, place_of
from tg_assets.task_space.dice import Dice
from tg_assets.task_space.directions import direction
from tg_assets.task_space.facts import Facts
from tg_assets.task_space.instance import Asked, Claim, Option
from tg_assets.task_space.phrasing import question
from tg_assets.task_space.plans import Plan
from tg_assets.task_space.reasons import NoSoundInstance, Reason
from tg_assets.task_space.words import is_plain
from tg_assets.task_space.world import Thing, World


def ask(facts: Facts, plan: Plan, world: World, seed: str) -> Asked:
    """Return a plan's question about a world.

    Args:
        facts: The library.
        plan: What is asked.
        world: What the picture shows.
        seed: The same key puts the question in the same words and the options in the same order.

    Raises:
        NoSoundInstance: The world does not answer the plan beyond doubt, or there are no options.
    """
    require_names(facts, plan)
    dice = Dice(seed, "question")
    right, wrong = _options(facts, plan, world, dice.apart("options"))
    shown, place = options.in_places(right, wrong, dice.apart("order"))
    claim = plan.claim
    said = question(facts.library, claim, world.kind, dice.apart("words"))
    return Asked(claim, said, shown, place)


def require_names(facts: Facts, plan: Plan) -> None:
    """Refuse a plan whose question would name something by what is no noun.

    Raises:
        NoSoundInstance: It would.
    """
    for category in (plan.claim.category, plan.reference):
        if category is not None and not is_plain(facts.library.names[category]):
            raise NoSoundInstance(Reason.NO_NAME)


def _options(facts: Facts, plan: Plan, world: World, dice: Dice) -> tuple[Option, list[Option]]:
    claim = plan.claim
    if claim.about == "count":
        n = counted(facts, claim, world)
        _require(n == plan.count)
        return options.numbers(n, dice)
    reference = only_reference(facts, claim, world)
    target = only_target(facts, claim, world, reference)
    _require_planned(facts, plan, world, target, reference)
    if claim.about == "category":
        assert plan.target is not None  # only counting does without
        return options.categories(facts, claim, world, target, plan.target, dice)
    if claim.about == "attribute":
        assert plan.attribute is not None
        return options.values(facts, claim, world, target, plan.attribute, dice)
    if claim.about == "cell":
        return options.cells(world, target.cell, dice)
    assert reference is not None
    return options.positions(_position(claim, world, target, reference), dice)


def _position(claim: Claim, world: World, target: Thing, reference: Thing) -> str:
    one, other = (target, reference) if claim.inverted else (reference, target)
    return direction(world.grid, one.cell, other.cell)


def _require_planned(
    facts: Facts, plan: Plan, world: World, target: Thing, reference: Thing | None
) -> None:
    """Refuse a world in which things are not what and where the plan says."""
    place = place_of(facts, target)
    _require(world.kind == plan.shape.kind and world.grid == plan.grid)
    _require(target.cell == plan.cell)
    _require(reference is None or reference.cell == plan.reference_cell)
    _require(plan.target is None or bool(facts.is_a(plan.target)[place]))
    _require(plan.attribute is None or bool(facts.has(plan.attribute)[place]))
    if plan.reference is not None and plan.target is not None and reference is not None:
        _require(not facts.may_be(plan.reference)[place])
        _require(not facts.may_be(plan.target)[place_of(facts, reference)])
    if plan.motion is not None:
        _require(plan.motion.kind == "move" or not facts.is_round[place])
        moving = [thing.motion for thing in world.things if thing.id != target.id]
        _require(any(moving) == (plan.others != "still"))


def _require(holds: bool) -> None:
    if not holds:
        raise NoSoundInstance(Reason.OTHER_WORLD)
