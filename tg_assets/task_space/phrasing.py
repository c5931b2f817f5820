"""Questions in English: what a claim means, put in one of several ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tg_assets.task_space.dice import Dice
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.library import Library
from tg_assets.task_space.words import Noun, adjective, noun, with_article
from tg_assets.task_space.world import Kind, Motion

_POSITIONS: Mapping[str, str] = {
    "top left": "above and to the left",
    "top": "directly above",
    "top right": "above and to the right",
    "left": "directly to the left",
    "right": "directly to the right",
    "bottom left": "below and to the left",
    "bottom": "directly below",
    "bottom right": "below and to the right",
}
_MOVES: Mapping[str, str] = {
    "left": "to the left",
    "right": "to the right",
    "up": "up",
    "down": "down",
}
_THING = Noun("object", "objects")


def position_name(position: str) -> str:
    """Return a relative position as an answer: "above and to the left"."""
    return _POSITIONS[position]


def question(library: Library, claim: Claim, kind: Kind, dice: Dice) -> str:
    """Return a question that means a claim.

    Args:
        library: Has the names.
        claim: What is to be asked.
        kind: What the question is put of.
        dice: Choose among the ways to put it.

    Returns:
        One or two sentences, complete without options.
    """
    said = _Said(library, claim, kind)
    return dice.one_of(said.ways())


class _Said:
    """The parts that questions about one claim are made of."""

    def __init__(self, library: Library, claim: Claim, kind: Kind) -> None:
        self.library, self.claim = library, claim
        self.image = "video" if kind == "video" else "image"

    def ways(self) -> Sequence[str]:
        """Return every way to put the question."""
        about = self.claim.about
        if about == "count":
            return self._how_many()
        if about == "category":
            return self._what()
        if about == "attribute":
            return self._what_attribute()
        return self._where() if about == "cell" else self._where_from()

    def _how_many(self) -> Sequence[str]:
        things, image = self._named(self._noun.many), self.image
        return (
            f"How many {things} are there in the {image}?",
            f"How many {things} does the {image} show?",
            f"How many {things} can be seen in the {image}?",
            f"Count the {things} in the {image}. How many are there?",
            f"What is the number of {things} in the {image}?",
        )

    def _what(self) -> Sequence[str]:
        thing, image = self._subject(), self.image
        if self.claim.size is not None:
            return (
                f"What is the {thing} in the {image}?",
                f"Which object is the {thing} in the {image}?",
                f"What kind of object is the {thing} in the {image}?",
                f"Name the {thing} in the {image}.",
            )
        return (
            f"What is the {thing}?",
            f"What {self._named('object')}{self._where_it_is(' is')}?",
            f"What kind of object is the {thing}?",
            f"Name the {thing}.",
        )

    def _what_attribute(self) -> Sequence[str]:
        thing, kind = self._subject(), str(self.claim.attribute_type)
        asked = [f"What is the {kind} of the {thing}?"]
        if kind == "material":
            asked += [f"What is the {thing} made of?", f"What material is the {thing} made of?"]
        else:
            asked += [f"What {kind} is the {thing}?", f"Which {kind} does the {thing} have?"]
        return asked

    def _where(self) -> Sequence[str]:
        thing, image = self._subject(), self.image
        ways = [
            f"Where in the {image} is the {thing}?",
            f"Which part of the {image} is the {thing} in?",
            f"In which part of the {image} is the {thing}?",
            f"Where is the {thing} located in the {image}?",
        ]
        if self.claim.category is not None and self.claim.reference is None:
            ways.append(f"There is {with_article(thing)} in the {image}. Where is it?")
        return ways

    def _where_from(self) -> Sequence[str]:
        one, other = f"the {self._subject()}", f"the {self._reference}"
        if self.claim.inverted:
            one, other = other, one
        return (
            f"Where is {one} relative to {other}?",
            f"In the {self.image}, where is {one} with respect to {other}?",
            f"Where is {one}, seen from {other} in the {self.image}?",
            f"How does {one} lie relative to {other} in the {self.image}?",
        )

    def _subject(self) -> str:
        """Return what is asked about, to stand after "the"."""
        return f"{self._named(self._noun.one)}{self._where_it_is(' that is')}"

    def _named(self, thing: str) -> str:
        """Return a noun with what stands before it."""
        claim = self.claim
        before = [claim.size] if claim.size else []
        if claim.attribute is not None:
            before.append(adjective(claim.attribute.type, claim.attribute.value))
        return " ".join([*filter(None, before), thing])

    def _where_it_is(self, verb: str) -> str:
        """Return what stands after the noun, beginning with a verb where it needs one."""
        claim, image = self.claim, self.image
        if claim.motion is not None:
            return f"{verb} {_moving(claim.motion)}"
        if claim.distance is not None:
            to = "to" if claim.distance == "closest" else "from"
            return f"{verb} {claim.distance} {to} the {self._reference}"
        if claim.cell is not None:
            return f"{verb.removesuffix(' that is')} in the {claim.cell} of the {image}"
        if claim.position is not None:
            of = "" if claim.position in ("top", "bottom") else " of"
            return f"{verb} {_POSITIONS[claim.position]}{of} the {self._reference}"
        return ""

    @property
    def _noun(self) -> Noun:
        category = self.claim.category
        return _THING if category is None else noun(self.library.names[category])

    @property
    def _reference(self) -> str:
        return noun(self.library.names[str(self.claim.reference)]).one


def _moving(motion: Motion) -> str:
    if motion.kind == "move":
        return f"moving {_MOVES[motion.direction]}"
    return f"turning {motion.direction} as seen from above"
