"""Whether a question's words say what its claim gives, and keep the answer to themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from tg_assets.task_space.instance import Asked, Claim
from tg_assets.task_space.soundness.faults import Fault
from tg_assets.task_space.soundness.truths import Truths, words_of

PLACES: Mapping[str, frozenset[str]] = {
    "top": frozenset({"top", "upper", "above", "over", "behind"}),
    "bottom": frozenset({"bottom", "lower", "below", "under", "beneath", "front"}),
    "left": frozenset({"left"}),
    "right": frozenset({"right"}),
    "middle": frozenset({"middle", "center", "centre", "central"}),
}
"""Words for the parts of a cell's or position's name."""

SAID_AS: Mapping[str, tuple[str, ...]] = {
    "largest": ("largest", "biggest"),
    "smallest": ("smallest", "littlest"),
    "closest": ("closest", "nearest"),
    "farthest": ("farthest", "furthest"),
    "left": ("left", "leftward", "leftwards"),
    "right": ("right", "rightward", "rightwards"),
    "up": ("up", "upward", "upwards"),
    "down": ("down", "downward", "downwards"),
    "clockwise": ("clockwise",),
    "counterclockwise": ("counterclockwise", "anticlockwise"),
    "color": ("color", "colour"),
    "material": ("material", "made of"),
}
"""Words for sizes, distances, motions and types of attributes."""

ADJECTIVES: Mapping[str, str] = {
    "wood": "wooden",
    "wool": "woolen",
    "textile": "fabric",
    "torus": "ring shaped",
    "cuboid": "box shaped",
    "cylinder": "cylindrical",
    "rectangle": "rectangular",
    "circle": "circular",
    "sphere": "spherical",
    "triangle": "triangular",
    "cone": "conical",
    "ellipsoid": "ellipsoidal",
    "octagon": "octagonal",
    "hexagon": "hexagonal",
    "pentagon": "pentagonal",
}
"""Values that are said by another word before a noun."""

PLURALS: Mapping[str, str] = {
    "mouse": "mice",
    "foot": "feet",
    "tooth": "teeth",
    "goose": "geese",
    "man": "men",
    "woman": "women",
    "person": "people",
    "child": "children",
    "clothes": "clothing",
}


_SAID_TWICE = re.compile(r"\b(\w+ \w+) \1\b|\b(the|a|an|of|in|is|to) \2\b", re.IGNORECASE)


def question_faults(asked: Asked, claim: Claim, truths: Truths) -> Iterator[Fault]:
    """Yield what is wrong with the words of a question."""
    said = asked.question.strip()
    asks = said.endswith("?") or (said.startswith("Name ") and said.endswith("."))
    if not asks or not said[:1].isupper() or "  " in said or _SAID_TWICE.search(said):
        yield Fault("question form", f"not written as a question: {asked.question!r}")
    rest = words_of(said)
    for split in (" counter clockwise ", " anti clockwise "):
        rest = rest.replace(split, " counterclockwise ")
    # the longest first: "the glass vase beside the wine glass" has a glass of its own
    for phrases in sorted(_given(claim, truths), key=lambda phrases: -len(phrases[0])):
        found = next((phrase for phrase in phrases if phrase in rest), None)
        if found is None:
            yield Fault("question says too little", f"{phrases[0].strip()!r} is not in {said!r}")
        else:
            rest = rest.replace(found, "  " if found[-1] == " " else " ", 1)
    yield from _places(claim, rest, said)
    answer = asked.options[asked.right].means
    if claim.about == "category":
        answer = truths.library.names.get(answer, answer)
    if claim.about != "count" and words_of(answer) in rest:
        yield Fault("question gives the answer", f"{answer!r} is in {said!r}")


def _places(claim: Claim, rest: str, said: str) -> Iterator[Fault]:
    """Yield a fault where a question speaks of another place than its claim."""
    place = claim.cell or claim.position
    if place is None:
        return
    tokens = set(rest.split())
    spoken = {part for part, words in PLACES.items() if words & tokens}
    if claim.position is not None:
        spoken.discard("middle")
    if spoken != set(place.split()):
        yield Fault(
            "question says too little",
            f"{said!r} speaks of {' '.join(sorted(spoken)) or 'no place'}, not of {place}",
        )


def _given(claim: Claim, truths: Truths) -> Iterator[tuple[str, ...]]:
    """Yield the ways of saying each thing that a claim gives, as `words_of` writes them."""
    names = truths.library.names
    if claim.attribute is not None:
        yield _value(claim.attribute.value)
    if claim.category is not None:
        name = words_of(names[claim.category])
        yield _plural(name) if claim.about == "count" else _name(name)
    if claim.reference is not None:
        yield _name(words_of(names[claim.reference]))
    if claim.motion is not None:
        yield _words(claim.motion.direction)
    for given in (claim.size, claim.distance, claim.attribute_type):
        if given is not None:
            yield _words(given)


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(words_of(way) for way in SAID_AS.get(text, (text,)))


@cache
def _value(value: str) -> tuple[str, ...]:
    """Return how a value is said: by its word, before a noun, as a shape."""
    shaped = f"{value.removesuffix('-shape')} shaped"
    return tuple(words_of(way) for way in (value, ADJECTIVES.get(value, shaped), shaped))


@lru_cache(maxsize=4096)
def _name(name: str) -> tuple[str, ...]:
    """Return how a name is written: as it is, or where its last word is said otherwise."""
    *others, last = name.split()
    return (name, f" {' '.join([*others, PLURALS[last]])} ") if last in PLURALS else (name,)


@lru_cache(maxsize=4096)
def _plural(name: str) -> tuple[str, ...]:
    """Return how a name is written for many: as it is, or with another end."""
    _, of, rest = name.partition(" of ")
    if of:  # loaves of bread
        return (*_name(name), f" of {rest}")
    ending = 2 if len(name.split()[-1]) > 4 else 1
    return (*_name(name), name[: -1 - ending])
