"""Whether exactly one option is true, and it is the marked one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from tg_assets.task_space.grids import CELLS, RELATIVE
from tg_assets.task_space.instance import Asked, Claim, Option
from tg_assets.task_space.library import Attribute
from tg_assets.task_space.soundness.faults import Fault
from tg_assets.task_space.soundness.fitting import Picked, direction
from tg_assets.task_space.soundness.truths import Truth, Truths
from tg_assets.task_space.world import Thing, World

STRAIGHT: Mapping[str, frozenset[str]] = {
    "left": frozenset({"left", "to the left"}),
    "right": frozenset({"right", "to the right"}),
    "top": frozenset({"top", "above"}),
    "bottom": frozenset({"bottom", "below"}),
}
"""Ways to say a position in a row or column; with "directly" it excludes the diagonals."""


TOO_GENERAL = frozenset(
    {"object", "physical object", "thing", "item", "entity", "artifact", "product"}
)
"""Names that are true of whatever a picture can show."""


def option_faults(
    asked: Asked, claim: Claim, world: World, picked: Picked, truths: Truths
) -> Iterator[Fault]:
    """Yield what is wrong with the options of a question."""
    options = asked.options
    if len(options) < 2 or not 0 <= asked.right < len(options):
        yield Fault("options", f"{len(options)} options, of which {asked.right} is right")
        return
    if len({option.text.strip().casefold() for option in options}) < len(options):
        yield Fault("options alike", f"{[option.text for option in options]}")
    unknown = [option for option in options if not _has_meaning(option, claim, world, truths)]
    for option in unknown:
        yield Fault("option meaning", f"{option.text!r} means {option.means!r}, no {claim.about}")
    if unknown:
        return
    for option in options:
        yield from _text_faults(option, claim, truths)
    several = claim.about != "count" and len(picked.things) != 1
    if several or (claim.about == "position" and len(picked.references) != 1):
        return  # said already: there is nothing to judge the options by
    yield from _truth_faults(asked, claim, world, picked, truths)


def _truth_faults(
    asked: Asked, claim: Claim, world: World, picked: Picked, truths: Truths
) -> Iterator[Fault]:
    right = asked.options[asked.right]
    for place, option in enumerate(asked.options):
        truth = _truth(option, claim, world, picked, truths)
        if place == asked.right:
            if truth is not Truth.YES:
                yield Fault("marked option false", f"{option.text!r} is not certainly true")
        elif truth is Truth.YES:
            yield Fault("wrong option true", f"{option.text!r} is true as well")
        elif truth is Truth.MAYBE:
            yield Fault("wrong option may be true", f"{option.text!r} cannot be ruled out")
        elif claim.about == "category" and option.means in truths.library.taxonomy.relevant(
            right.means
        ):
            yield Fault("wrong option relevant", f"{option.text!r} is relevant to {right.text!r}")


def _has_meaning(option: Option, claim: Claim, world: World, truths: Truths) -> bool:
    if claim.about == "category":
        return option.means in truths.library.names
    if claim.about == "cell":
        return option.means in CELLS[world.grid]
    if claim.about == "position":
        return option.means in RELATIVE
    if claim.about == "count":
        return option.means.isdecimal()
    return option.means in truths.known_values(str(claim.attribute_type))


def _text_faults(option: Option, claim: Claim, truths: Truths) -> Iterator[Fault]:
    text = option.text.strip().casefold()
    if claim.about == "position":
        fits = text in _position_texts(option.means)
    elif claim.about == "category":
        name = truths.library.names[option.means].casefold()
        fits = text == name
        if name in TOO_GENERAL:
            yield Fault("option too general", f"everything is a {name}")
    else:
        fits = text in (option.means.casefold(), option.means.casefold().removesuffix("-shape"))
    if not fits or option.text != option.text.strip():
        yield Fault("option text", f"{option.text!r} is not how {option.means!r} is said")


@cache
def _position_texts(position: str) -> frozenset[str]:
    """Return the ways to say a position."""
    upright, _, across = position.rpartition(" ")
    if not upright:
        plain = STRAIGHT[position]
        return plain | {f"directly {way}" for way in plain}
    joined = {f"{one} and {other}" for one in STRAIGHT[upright] for other in STRAIGHT[across]}
    return frozenset({position, f"to the {position}", *joined})


def _truth(option: Option, claim: Claim, world: World, picked: Picked, truths: Truths) -> Truth:
    """Return whether an answer is true of the world."""
    means = option.means
    if claim.about == "count":
        return Truth.YES if int(means) == len(picked.things) else Truth.NO
    (thing,) = picked.things
    if claim.about == "category":
        return truths.is_a(thing.asset, means)
    if claim.about == "attribute":
        return truths.has(thing.asset, Attribute(str(claim.attribute_type), means))
    if claim.about == "cell":
        return Truth.YES if thing.cell == means else Truth.NO
    return _position_truth(option, claim, world, thing, picked)


def _position_truth(
    option: Option, claim: Claim, world: World, thing: Thing, picked: Picked
) -> Truth:
    """Return whether a position is true; above and to the left is above, if not "directly" so."""
    ends = thing.cell, picked.references[0].cell
    there = direction(world.grid, *(reversed(ends) if claim.inverted else ends))
    if there is None:
        return Truth.NO
    loosely = option.means in there.split() and "directly" not in option.text
    return Truth.YES if there == option.means or loosely else Truth.NO
