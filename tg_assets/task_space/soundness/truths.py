"""What is certainly true of an object, and what cannot be ruled out.

A library is never complete. An object listed under "container" may be a box; an object without a
colour is not known to be of another colour than red; a microwave oven is an oven in English
whatever the taxonomy says. Where a question needs something to be false, it must be ruled out.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cached_property

from tg_assets.task_space.library import Asset, Attribute, Library


class Truth(IntEnum):
    """How sure a statement is; the smallest of several is that of all together."""

    NO = 0
    MAYBE = 1
    YES = 2


BOTH_SAID: frozenset[frozenset[str]] = frozenset(
    map(
        frozenset,
        [
            ("cube", "cuboid"),
            ("cube", "square"),
            ("cube", "rectangle"),
            ("cuboid", "rectangle"),
            ("cuboid", "square"),
            ("square", "rectangle"),
            ("sphere", "ellipsoid"),
            ("sphere", "circle"),
            ("ellipsoid", "circle"),
            ("cylinder", "circle"),
            ("cylinder", "rectangle"),
            ("torus", "circle"),
            ("cone", "circle"),
            ("cone", "triangle"),
            ("clay", "ceramic"),
            ("gold", "yellow"),
            ("silver", "gray"),
        ],
    )
)
"""Values of one type that can both be said of one thing."""


_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> str:
    """Return a text's words in lower case between single spaces, with one at either end."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


class Truths:
    """What a library's objects are and have, remembered once asked."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._may_be: dict[str, frozenset[str]] = {}
        self._has: dict[tuple[str, str, str], Truth] = {}

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        library = self.library
        return {
            category: frozenset(
                words_of(name)
                for name in (library.names[category], *library.aliases.get(category, ()))
            )
            for category in library.taxonomy.concepts
        }

    @cached_property
    def _ending_in(self) -> dict[str, frozenset[str]]:
        """The categories with a name that ends in these words, or is them."""
        found: dict[str, set[str]] = {}
        for category, names in self._names.items():
            for name in names:
                for tail in _tails(name):
                    found.setdefault(tail, set()).add(category)
        return {tail: frozenset(mine) for tail, mine in found.items()}

    @cached_property
    def _shown_as(self) -> dict[str, frozenset[str]]:
        """The categories whose display name is these words."""
        found: dict[str, set[str]] = {}
        for category, name in self.library.names.items():
            found.setdefault(words_of(name), set()).add(category)
        return {name: frozenset(mine) for name, mine in found.items()}

    def knows(self, asset: str) -> bool:
        """Whether the library has an object."""
        return asset in self.library.assets

    def certainly(self, asset: str) -> frozenset[str]:
        """Return every category that an object is."""
        return self.library.categories_of(asset)

    def possibly(self, asset: str) -> frozenset[str]:
        """Return every category that an object is or may be."""
        found = self._may_be.get(asset)
        if found is None:
            found = self._may_be[asset] = self._find_possibly(self.library.assets[asset])
        return found

    def _find_possibly(self, asset: Asset) -> frozenset[str]:
        tree = self.library.taxonomy
        found = set(self.library.categories_of(asset.id))
        for category in list(found):
            for name in self._names[category]:
                for tail in _tails(name):
                    found |= self._shown_as.get(tail, frozenset())
        for category in asset.categories:
            found |= tree.descendants(category)
            for name in self._names[category]:
                found |= self._ending_in[name]
        return frozenset(found)

    def is_a(self, asset: str, category: str) -> Truth:
        """Return whether an object is of a category."""
        if category in self.certainly(asset):
            return Truth.YES
        return Truth.MAYBE if category in self.possibly(asset) else Truth.NO

    def values(self, asset: str, kind: str) -> tuple[str, ...]:
        """Return an object's known values of an attribute type."""
        return tuple(a.value for a in self.library.assets[asset].attributes if a.type == kind)

    def known_values(self, kind: str) -> frozenset[str]:
        """Return every value of an attribute type that the library knows."""
        return self._known_values.get(kind, frozenset())

    @cached_property
    def _known_values(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for asset in self.library.assets.values():
            for attribute in asset.attributes:
                found.setdefault(attribute.type, set()).add(attribute.value)
        return {kind: frozenset(values) for kind, values in found.items()}

    def has(self, asset: str, attribute: Attribute) -> Truth:
        """Return whether an object has an attribute value."""
        key = (asset, attribute.type, attribute.value)
        found = self._has.get(key)
        if found is None:
            found = self._has[key] = self._find_has(asset, attribute)
        return found

    def _find_has(self, asset: str, attribute: Attribute) -> Truth:
        known = self.values(asset, attribute.type)
        if attribute.value in known:
            return Truth.YES
        if not known or any(frozenset((attribute.value, value)) in BOTH_SAID for value in known):
            return Truth.MAYBE
        return Truth.NO


def _tails(name: str) -> list[str]:
    """Return the last words of a name, and all of it."""
    words = name.split()
    return [f" {' '.join(words[start:])} " for start in range(len(words))]
