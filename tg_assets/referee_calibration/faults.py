"""Questions about rendered pictures that are certainly wrong, each in one way.

The ways are those of the samples that TaskGalaxy's referees are to find (appendix A.4 of the
paper): invented objects, wrong attributes and numbers, questions that do not fit the picture, and
answers that evade. Each is proved wrong from the picture's world by the soundness checker's truths,
which know nothing of how questions are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tg_assets.ids import digest
from tg_assets.model_answers.matching import said
from tg_assets.task_space.instance import Asked, Claim
from tg_assets.task_space.library import Attribute
from tg_assets.task_space.soundness.fitting import pick
from tg_assets.task_space.soundness.truths import Truth, Truths
from tg_assets.task_space.world import World

RIGHT = "right"
INVENTED = "invented object"
ATTRIBUTE = "wrong attribute"
NUMBER = "wrong number"
UNFIT = "question does not fit"
EVASION = "answer evades"
FAULTS = (INVENTED, ATTRIBUTE, NUMBER, UNFIT, EVASION)
KINDS = (RIGHT, *FAULTS)

SHOWN_BY_QUESTION = (RIGHT, UNFIT)
"""The kinds that a referee can tell who is not shown the answer."""

EVASIONS = (
    "It depends on how you look at the picture.",
    "There are several things in the picture that could be meant.",
    "This is hard to say without more context.",
    "The picture shows an interesting scene with a rich composition.",
    "Please look closely at the picture to find out.",
)


@dataclass(frozen=True, slots=True)
class Known:
    """A question about a picture with its known answer, and what the picture shows.

    Attributes:
        path: The question's task type.
        asked: The question with its options and what it means.
        world: The picture's.
        truths: Of the library that the world's objects are of.
    """

    path: str
    asked: Asked
    world: World
    truths: Truths


@dataclass(frozen=True, slots=True)
class Said:
    """What a referee is shown of a pair: task type, question and answer."""

    path: str
    question: str
    answer: str


def right(known: Known) -> Said:
    """Return the pair as it stands."""
    return Said(known.path, known.asked.question, known.asked.answer)


def invented(known: Known) -> Said | None:
    """Return an answer that names what the picture certainly does not hold."""
    return _answered(known, "category", _is_nowhere)


def other_attribute(known: Known) -> Said | None:
    """Return an answer that names a value which the thing asked about certainly does not have."""
    return _answered(known, "attribute", _is_not_had)


def other_number(known: Known) -> Said | None:
    """Return an answer with another number than is there."""
    return _answered(known, "count", _is_not_the_number)


def evasion(known: Known) -> Said | None:
    """Return an answer that answers nothing: it names none of the options."""
    options = [option.text for option in known.asked.options]
    for answer in _shuffled(EVASIONS, known):
        if said(answer, options).how == "none":
            return Said(known.path, known.asked.question, answer)
    return None


def unfit(known: Known, others: Iterator[Known]) -> Said | None:
    """Return another picture's question about something that this picture certainly lacks."""
    for other in others:
        claim = other.asked.claim
        if claim is not None and other.truths is known.truths and _finds_nothing(claim, known):
            return right(other)
    return None


MADE_FROM_ONE: Mapping[str, Callable[[Known], Said | None]] = MappingProxyType(
    {
        RIGHT: right,
        INVENTED: invented,
        ATTRIBUTE: other_attribute,
        NUMBER: other_number,
        EVASION: evasion,
    }
)
"""What makes a pair of a kind from one known answer; null where that has none of the kind."""


def _answered(
    known: Known, about: str, is_wrong: Callable[[Known, Claim, str], bool]
) -> Said | None:
    claim = known.asked.claim
    if claim is None or claim.about != about:
        return None
    options = {option.text: option.means for option in known.asked.options}
    for answer in _shuffled(sorted(options), known):
        if answer != known.asked.answer and is_wrong(known, claim, options[answer]):
            return Said(known.path, known.asked.question, answer)
    return None


def _is_nowhere(known: Known, _: Claim, category: str) -> bool:
    return all(known.truths.is_a(thing.asset, category) is Truth.NO for thing in known.world.things)


def _is_not_had(known: Known, claim: Claim, value: str) -> bool:
    attribute = Attribute(str(claim.attribute_type), value)
    things = pick(claim, known.world, known.truths).things
    return bool(things) and all(
        known.truths.has(thing.asset, attribute) is Truth.NO for thing in things
    )


def _is_not_the_number(known: Known, claim: Claim, number: str) -> bool:
    picked = pick(claim, known.world, known.truths)
    return not picked.perhaps and int(number) != len(picked.things)


def _finds_nothing(claim: Claim, known: Known) -> bool:
    """Whether nothing in a picture is or may be what a question is about, or seen from."""
    picked = pick(claim, known.world, known.truths)
    seen_from = claim.reference is not None and not (picked.references or picked.perhaps_references)
    return seen_from or not (picked.things or picked.perhaps)


def _shuffled(texts: Sequence[str], known: Known) -> list[str]:
    key = (known.world.to_json(), known.asked.question)
    return sorted(texts, key=lambda text: digest("calibration", *key, text))
