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
                f"In the {image}, what is the {thing}?",
                f"Name the {thing} in the {image}.",
                f"Look at the {thing} in the {image}. What is it?",
            )
        bare = f"{self._named('object')} is {self._place}"
        return (
            f"What is the {thing}{self._in_image}?",
            f"What {bare}{self._in_image}?",
            f"What kind of {bare}{self._in_image}?",
            f"Name the {thing}{self._in_image}.",
            f"Look at the {thing}{self._in_image}. What is it?",
        )

    def _what_attribute(self) -> Sequence[str]:
        kind, bare = str(self.claim.attribute_type), self._subject()
        thing = f"{bare}{self._in_image}"
        # with the image last, what follows would seem to be said of the image
        begin = "What" if thing == bare else f"In the {self.image}, what"
        asked = [f"What is the {kind} of the {thing}?"]
        if kind == "material":
            asked += [
                f"{begin} is the {bare} made of?",
                f"{begin} material is the {bare} made of?",
                f"Look at the {thing}. What is it made of?",
            ]
        else:
            asked += [
                f"What {kind} is the {thing}?",
                f"{begin} {kind} does the {bare} have?",
                f"Look at the {thing}. What {kind} is it?",
            ]
        return asked

    def _where(self) -> Sequence[str]:
        thing, image = self._subject(), self.image
        ways = [
            f"Where in the {image} is the {thing}?",
            f"In which part of the {image} is the {thing}?",
            f"In the {image}, where is the {thing}?",
            f"Find the {thing} in the {image}. Where is it?",
        ]
        if self.claim.category is not None:
            ways.append(f"There is {with_article(thing)} in the {image}. Where is it?")
        return ways

    def _where_from(self) -> Sequence[str]:
        one, other, image = f"the {self._subject()}", f"the {self._reference}", self.image
        if self.claim.inverted:
            one, other = other, one
        return (
            f"Where in the {image} is {one} relative to {other}?",
            f"In the {image}, where is {one} with respect to {other}?",
            f"What is the position of {one} relative to {other} in the {image}?",
            f"Compared with {other}, where in the {image} is {one}?",
        )

    @property
    def _in_image(self) -> str:
        """Return where to look, unless what is asked about is given by its cell."""
        return "" if self.claim.cell is not None else f" in the {self.image}"

    def _subject(self) -> str:
        """Return what is asked about, to stand after "the"."""
        return f"{self._named(self._noun.one)} {self._place}".rstrip()

    def _named(self, thing: str) -> str:
        """Return a noun with what stands before it."""
        claim = self.claim
        before = [claim.size] if claim.size else []
        if claim.attribute is not None:
            before.append(adjective(claim.attribute.type, claim.attribute.value))
        return " ".join([*filter(None, before), thing])

    @property
    def _place(self) -> str:
        """What stands after the noun, or after "is"; empty where the noun says it all."""
        claim = self.claim
        if claim.motion is not None:
            return _moving(claim.motion)
        if claim.distance is not None:
            to = "to" if claim.distance == "closest" else "from"
            return f"{claim.distance} {to} the {self._reference}"
        if claim.cell is not None:
            return f"in the {claim.cell} of the {self.image}"
        if claim.position is not None:
            of = "" if claim.position in ("top", "bottom") else " of"
            return f"{_POSITIONS[claim.position]}{of} the {self._reference}"
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
    return f"turning {motion.direction} (as seen from above)"
