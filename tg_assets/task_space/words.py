"""English for the names of things: articles, plurals, adjectives.

The library for this (inflect) takes 1.7 s to import and makes "binocular" of binoculars, "pant" of
pants and "footwears" of footwear; what names of visible things need is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_IRREGULAR: Mapping[str, str] = {
    "mouse": "mice",
    "knife": "knives",
    "shelf": "shelves",
    "bookshelf": "bookshelves",
    "leaf": "leaves",
    "loaf": "loaves",
    "scarf": "scarves",
    "man": "men",
    "woman": "women",
    "person": "people",
    "child": "children",
    "foot": "feet",
    "tooth": "teeth",
    "goose": "geese",
    "wolf": "wolves",
    "axis": "axes",
    "cactus": "cacti",
    "tomato": "tomatoes",
    "potato": "potatoes",
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
    "furniture", "jewelry", "luggage", "footwear", "handwear", "headgear", "outerwear", "hosiery",
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

_UNCOUNTED = frozenset({
    "milk", "juice", "liquor", "alcohol", "perfume", "yogurt", "lettuce", "broccoli", "jam",
    "paper", "lego", "tobacco", "coral",
})  # fmt: skip
"""Without an article, and counted as items: two items of juice."""

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
    last = name.split()[-1]
    if last in _PAIRS:
        return Noun(f"pair of {name}", f"pairs of {name}")
    if last in _PLURAL_ONLY:
        said = name.removesuffix(last) + _PLURAL_ONLY[last]
        return Noun(f"piece of {said}", f"pieces of {said}")
    if last in _PIECES:
        return Noun(f"piece of {name}", f"pieces of {name}")
    if last in _UNCOUNTED:
        return Noun(f"item of {name}", f"items of {name}")
    return Noun(name, name.removesuffix(last) + _plural(last))


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


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name, without plural endings, for comparing names."""
    return frozenset(_stem(word) for word in re.findall(r"[^\W\d_]+", name.casefold()))


def heads(names: Iterable[str]) -> frozenset[str]:
    """Return the head nouns of names: the last word of each, without its plural ending."""
    said = (re.findall(r"[^\W\d_]+", name.casefold()) for name in names)
    return frozenset(_stem(words[-1]) for words in said if words)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and not _VOWEL_Y.search(word):
        return f"{word[:-1]}ies"
    return f"{word}es" if _HISSING.search(word) else f"{word}s"
