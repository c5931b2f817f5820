"""English for the names of things: articles, plurals, adjectives.

The library for this (inflect) takes 1.7 s to import and makes "binocular" of binoculars, "pant" of
pants and "footwears" of footwear; what names of visible things need is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_IRREGULAR: Mapping[str, str] = {
    "mouse": "mice",
    "knife": "knives",
    "shelf": "shelves",
    "bookshelf": "bookshelves",
    "leaf": "leaves",
    "scarf": "scarves",
    "person": "people",
    "die": "dice",
    "ox": "oxen",
    "loaf": "loaves",
    "wolf": "wolves",
    "calf": "calves",
    "bison": "bison",
    "shrimp": "shrimp",
    "squid": "squid",
    "pufferfish": "pufferfish",
    "jellyfish": "jellyfish",
    "octopus": "octopuses",
    "potato": "potatoes",
    "child": "children",
    "foot": "feet",
    "tooth": "teeth",
    "goose": "geese",
    "axis": "axes",
    "cactus": "cacti",
    "tomato": "tomatoes",
    "fish": "fish",
    "sheep": "sheep",
    "deer": "deer",
    "aircraft": "aircraft",
}
_PAIRS = frozenset({
    "scissors", "pants", "shorts", "sweatpants", "binoculars", "eyeglasses", "glasses", "goggles",
    "sunglasses", "pliers", "trousers", "jeans", "tweezers", "tongs", "headphones",
})  # fmt: skip
"""Said in pairs: a pair of scissors."""

_PIECES = frozenset({
    "furniture", "kitchenware", "paper", "lego", "jewelry", "luggage", "footwear",
    "handwear", "headgear", "outerwear", "hosiery",
    "silverware", "clothing", "sportswear", "artwork", "equipment", "stationery", "signage",
    "bread", "flatbread", "food", "meat", "pork", "ham", "chocolate", "candy", "pasta", "bedding",
    "money", "hardware", "ammunition", "pastry", "confection",
})  # fmt: skip
"""Said in pieces: a piece of furniture."""

_PLURAL_ONLY: Mapping[str, str] = {
    "clothes": "clothing",
    "supplies": "supplies",
    "cosmetics": "cosmetics",
    "electronics": "electronics",
}
"""Said in pieces, of another word where there is one."""

_MEASURED: Mapping[str, str] = {
    **dict.fromkeys(
        ("milk", "juice", "liquor", "alcohol", "perfume", "yogurt", "jam"), "container"
    ),
    **dict.fromkeys(("lettuce", "broccoli"), "head"),
}
"""Said by a measure: a head of lettuce."""

_MEASURES = frozenset({"a", "an", "the", "of", "pair", "piece", "bunch", "slice", "item"})
_WORD = re.compile(r"[^\W\d_]+")
_SILENT_H = ("hour", "honest", "heir", "honor")
_LIKE_YOU_OR_ONE = ("one", "once", "eu", "uni", "use", "usb", "usu", "utensil", "ukulele")
_VOWEL_Y = re.compile(r"[aeiou]y$")
_HISSING = re.compile(r"(?:s|x|z|ch|sh)$")

_SHAPED: Mapping[str, str] = {
    "cylinder": "cylindrical",
    "rectangle": "rectangular",
    "circle": "circular",
    "sphere": "spherical",
    "triangle": "triangular",
    "cone": "conical",
    "octagon": "octagonal",
    "hexagon": "hexagonal",
    "pentagon": "pentagonal",
    "ellipsoid": "ellipsoidal",
    "torus": "ring-shaped",
    "ring": "ring-shaped",
    "cuboid": "box-shaped",
    "square": "square",
    "round": "round",
    "oval": "oval",
    "flat": "flat",
    "long": "long",
}
_MADE: Mapping[str, str] = {"wood": "wooden", "textile": "fabric", "wool": "woolen"}


@dataclass(frozen=True, slots=True)
class Noun:
    """How a thing's name is said.

    Attributes:
        one: Said of one: "apple", "pair of scissors", "piece of furniture".
        many: Said of several, or of a number that is not known.
    """

    one: str
    many: str


def is_plain(name: str) -> bool:
    """Whether a name is a noun, not a list such as "agriculture, hunting and forestry product"."""
    return "," not in name and "&" not in name and " and " not in name and " or " not in name


def noun(name: str) -> Noun:
    """Return how a name is said of one and of several."""
    first, of, rest = name.partition(" of ")
    if of:
        return Noun(name, f"{_many(first)}{of}{rest}")
    last = name.split()[-1]
    if last in _PAIRS:
        return Noun(f"pair of {name}", f"pairs of {name}")
    if last in _PLURAL_ONLY:
        said = name.removesuffix(last) + _PLURAL_ONLY[last]
        return Noun(f"piece of {said}", f"pieces of {said}")
    if last in _PIECES:
        return Noun(f"piece of {name}", f"pieces of {name}")
    if last in _MEASURED:
        return Noun(f"{_MEASURED[last]} of {name}", f"{_MEASURED[last]}s of {name}")
    return Noun(name, _many(name))


def with_article(phrase: str) -> str:
    """Return a phrase with "a" or "an" before it."""
    said = phrase.casefold()
    an = said.startswith(_SILENT_H) or (
        said.startswith(tuple("aeiou")) and not said.startswith(_LIKE_YOU_OR_ONE)
    )
    return f"{'an' if an else 'a'} {phrase}"


def adjective(kind: str, value: str) -> str:
    """Return an attribute value as it stands before a noun."""
    if kind == "shape":
        if value in _SHAPED:
            return _SHAPED[value]
        return f"{value.removesuffix('-shape')}-shaped"
    return _MADE.get(value, value) if kind == "material" else value


def value_name(kind: str, value: str) -> str:
    """Return an attribute value as an answer."""
    return value.removesuffix("-shape") if kind == "shape" else value


@lru_cache(maxsize=4096)
def words_of(name: str) -> frozenset[str]:
    """Return the words of a name that say what it is, without plural endings, for comparing."""
    return frozenset(map(_stem, _letters(name))) - _MEASURES


def heads(names: Iterable[str]) -> frozenset[str]:
    """Return the head nouns of names, without plural endings: of a wine glass, the glass.

    A cup of coffee is headed by both; a pair of jeans by the jeans alone.
    """
    parts = (_letters(part) for name in names for part in name.split(" of "))
    return frozenset(_stem(words[-1]) for words in parts if words) - _MEASURES


def _letters(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _many(name: str) -> str:
    before, space, last = name.rpartition(" ")
    return f"{before}{space}{_plural(last)}"


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("man") and word != "human":
        return f"{word[:-3]}men"
    if word.endswith("y") and not _VOWEL_Y.search(word):
        return f"{word[:-1]}ies"
    return f"{word}es" if _HISSING.search(word) else f"{word}s"
