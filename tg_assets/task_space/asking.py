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
from tg_assets.task_space.words import is_plain, words_of
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
    require_options(facts, plan)
    dice = Dice(seed, "question")
    right, wrong = _options(facts, plan, world, dice.apart("options"))
    shown, place = options.in_places(right, wrong, dice.apart("order"))
    claim = plan.claim
    said = question(facts.library, claim, world.kind, dice.apart("words"))
    return Asked(claim, said, shown, place)


def require_options(facts: Facts, plan: Plan) -> None:
    """Refuse what no picture can help: names that cannot be an option, or cannot be said.

    Raises:
        NoSoundInstance: There is such a name.
    """
    claim = plan.claim
    for category in (claim.category, plan.reference):
        if category is not None and not is_plain(facts.library.names[category]):
            raise NoSoundInstance(Reason.NO_NAME)
    if claim.category is not None and claim.attribute is not None:
        value = words_of(claim.attribute.value)
        if not value.isdisjoint(facts.words(claim.category)):
            raise NoSoundInstance(Reason.TWICE)  # the orange orange, a metal metal object
    if plan.about == "category" and plan.target is not None:
        if not facts.is_nameable(plan.target):
            raise NoSoundInstance(Reason.ABSTRACT)
        if not facts.words(plan.target).isdisjoint(options.words_of_question(facts, claim)):
            raise NoSoundInstance(Reason.SAID)


def require_answered(facts: Facts, plan: Plan, world: World) -> tuple[Thing | None, Thing | None]:
    """Return the thing that a plan is about, unless it counts, and its reference, if it has one.

    Raises:
        NoSoundInstance: The world does not show what the plan says, or not beyond doubt.
    """
    claim = plan.claim
    _require(world.kind == plan.shape.kind and world.grid == plan.grid)
    if claim.about == "count":
        _require(counted(facts, claim, world) == plan.count)
        return None, None
    reference = only_reference(facts, claim, world)
    target = only_target(facts, claim, world, reference)
    _require_planned(facts, plan, world, target, reference)
    return target, reference


def _options(facts: Facts, plan: Plan, world: World, dice: Dice) -> tuple[Option, list[Option]]:
    claim = plan.claim
    target, reference = require_answered(facts, plan, world)
    if target is None:
        assert plan.count is not None
        return options.numbers(plan.count, dice)
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
    _require(target.cell == plan.cell)
    _require(plan.target is None or bool(facts.is_a(plan.target)[place]))
    if plan.attribute is not None:
        has = facts.has_alone if plan.about == "attribute" else facts.has
        _require(bool(has(plan.attribute)[place]))
    if plan.reference is not None and plan.target is not None and reference is not None:
        _require(reference.cell == plan.reference_cell)
        _require(not facts.may_be(plan.reference)[place])
        _require(not facts.may_be(plan.target)[place_of(facts, reference)])
    if plan.motion is not None:
        _require(plan.motion.kind == "move" or not facts.is_round[place])
        _require(others_move(world, target) == plan.others)


def others_move(world: World, target: Thing) -> str | None:
    """Return how a plan says what the other things of a video do; null where no plan says it."""
    motions = {thing.motion for thing in world.things if thing.id != target.id}
    if motions <= {None}:
        return "still"
    return None if motions & {None, target.motion} else "moving otherwise"


def _require(holds: bool) -> None:
    if not holds:
        raise NoSoundInstance(Reason.OTHER_WORLD)
