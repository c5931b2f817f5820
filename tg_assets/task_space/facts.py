"""What is certain about the objects of a library, as arrays over them.

Libraries are incomplete: of the published one, three objects in ten have no attribute value, and a
"chair" may well be an office chair. So whether an object fits a word has three answers. It does
where the library says so; it does not where the library says something that rules it out; anything
else is doubt, and nothing doubtful stands where it could make a second option right.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from tg_assets.task_space.drawable import can_be_drawn
from tg_assets.task_space.library import Attribute, Library
from tg_assets.task_space.words import heads, is_plain, words_of
from tg_assets.task_space.world import Kind

Mask = NDArray[np.bool_]

LOOK_ALIKES: Mapping[str, tuple[frozenset[str], ...]] = {
    "color": (
        frozenset({"red", "pink", "purple", "maroon"}),
        frozenset({"yellow", "orange", "gold", "beige", "brown", "tan", "cream"}),
        frozenset({"white", "beige", "gray", "silver", "cream"}),
        frozenset({"gray", "grey", "silver", "black"}),
        frozenset({"blue", "cyan", "teal", "turquoise", "purple"}),
        frozenset({"green", "teal", "turquoise", "olive"}),
    ),
    "material": (
        frozenset({"ceramic", "clay", "stone", "porcelain"}),
        frozenset({"wood", "wicker"}),
        frozenset({"textile", "leather", "fabric", "wool"}),
        frozenset({"plastic", "rubber"}),
    ),
    "shape": (
        frozenset({"cuboid", "cube", "rectangle", "square", "box"}),
        frozenset({"circle", "sphere", "ellipsoid", "cylinder", "torus", "round", "oval", "ring"}),
        frozenset({"cone", "triangle", "pyramid"}),
        frozenset({"cone", "cylinder"}),
        frozenset({"cone", "circle"}),
        frozenset({"cylinder", "rectangle"}),
    ),
}
"""Values that one thing may show at once, or that eyes may not tell apart: a cube is a cuboid, and
two people may call the same mug beige and brown. None of a group is certainly wrong of another."""

ABSTRACT_FROM = 8
"""A category with as many below it is too high in the taxonomy to be an option."""


@cache
def look_alikes(value: Attribute) -> frozenset[str]:
    """Return the values that cannot be ruled out of what has this one, itself included."""
    groups = LOOK_ALIKES.get(value.type, ())
    return frozenset({value.value}).union(*(group for group in groups if value.value in group))


class Facts:
    """A library, asked about what is certain; everything is computed once.

    Attributes:
        library: The library.
        ids: Its objects, in the order of the arrays.
        number: The place of each object.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.ids = tuple(sorted(library.assets))
        self.number = {name: place for place, name in enumerate(self.ids)}
        self.is_round = np.array([library.assets[name].is_round for name in self.ids], bool)
        self._drawn: dict[Kind, Mask] = {}
        self._is: dict[str, Mask] = {}
        self._may_be: dict[str, Mask] = {}
        self._has: dict[Attribute, Mask] = {}
        self._has_alone: dict[Attribute, Mask] = {}
        self._lacks: dict[Attribute, Mask] = {}

    def drawn(self, kind: Kind) -> Mask:
        """Return which objects can be drawn in a kind of picture."""
        if kind not in self._drawn:
            assets = self.library.assets
            self._drawn[kind] = np.array(
                [can_be_drawn(assets[name], kind) for name in self.ids], bool
            )
        return self._drawn[kind]

    def is_a(self, category: str) -> Mask:
        """Return which objects the library counts for a category."""
        if category not in self._is:
            below = self.library.taxonomy.descendants(category)
            self._is[category] = self._listed_under(below | {category})
        return self._is[category]

    def may_be(self, category: str) -> Mask:
        """Return which objects are of a category, or could be called by its name.

        Those listed under something above it could: a chair may be an office chair. So could those
        of another category that shares a name or a head noun with it: a wine glass is a drinking
        glass whether the taxonomy knows it or not.
        """
        if category not in self._may_be:
            self._may_be[category] = self._listed_under(self._kin(category))
        return self._may_be[category]

    def has(self, value: Attribute) -> Mask:
        """Return which objects the library gives an attribute value."""
        if value not in self._has:
            self._has[value] = np.array(
                [value in self.library.assets[name].attributes for name in self.ids], bool
            )
        return self._has[value]

    def lacks(self, value: Attribute) -> Mask:
        """Return which objects certainly lack a value: all theirs of its type rule it out."""
        if value not in self._lacks:
            doubtful = look_alikes(value)
            self._lacks[value] = np.array(
                [
                    bool(mine := self.values_of(place, value.type)) and mine.isdisjoint(doubtful)
                    for place in range(len(self.ids))
                ],
                bool,
            )
        return self._lacks[value]

    def has_alone(self, value: Attribute) -> Mask:
        """Return which objects have a value and no other of its type."""
        if value not in self._has_alone:
            self._has_alone[value] = np.array(
                [
                    self.values_of(place, value.type) == {value.value}
                    for place in range(len(self.ids))
                ],
                bool,
            )
        return self._has_alone[value]

    def values_of(self, place: int, kind: str) -> frozenset[str]:
        """Return the values of a type that an object has."""
        return self._values[place].get(kind, frozenset())

    @cached_property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """Every value of each attribute type, sorted."""
        found: dict[str, set[str]] = {}
        for asset in self.library.assets.values():
            for value in asset.attributes:
                found.setdefault(value.type, set()).add(value.value)
        return {kind: tuple(sorted(mine)) for kind, mine in found.items()}

    @cached_property
    def own_categories(self) -> tuple[tuple[str, ...], ...]:
        """The categories that list each object."""
        return tuple(self.library.assets[name].categories for name in self.ids)

    @cached_property
    def nameable(self) -> tuple[str, ...]:
        """The categories that can be options: with objects of their own and few others below."""
        return tuple(c for c in self.library.taxonomy.concepts if self.is_nameable(c))

    def is_nameable(self, category: str) -> bool:
        """Whether a category's name is no more abstract than what pictures are made of."""
        below = self.library.taxonomy.descendants(category)
        return (
            category in self._with_own
            and len(below) < ABSTRACT_FROM
            and is_plain(self.library.names[category])
        )

    def words(self, category: str) -> frozenset[str]:
        """Return the words of a category's display name, without plural endings."""
        return self._words[category]

    @cached_property
    def _words(self) -> Mapping[str, frozenset[str]]:
        return {c: words_of(self.library.names[c]) for c in self.library.taxonomy.concepts}

    @cached_property
    def _values(self) -> tuple[Mapping[str, frozenset[str]], ...]:
        found = []
        for name in self.ids:
            mine: dict[str, frozenset[str]] = {}
            for value in self.library.assets[name].attributes:
                mine[value.type] = mine.get(value.type, frozenset()) | {value.value}
            found.append(mine)
        return tuple(found)

    @cached_property
    def _with_own(self) -> frozenset[str]:
        return frozenset().union(*self.own_categories)

    @cached_property
    def _listed(self) -> Mapping[str, Mask]:
        """Which objects each category lists itself."""
        found = {c: np.zeros(len(self.ids), bool) for c in self.library.taxonomy.concepts}
        for place, mine in enumerate(self.own_categories):
            for category in mine:
                found[category][place] = True
        return found

    def _listed_under(self, categories: frozenset[str]) -> Mask:
        mask = np.zeros(len(self.ids), bool)
        for category in categories & self._with_own:
            mask |= self._listed[category]
        return mask

    @cached_property
    def _by_name(self) -> Mapping[str, frozenset[str]]:
        return _grouped(
            {
                category: frozenset(name.casefold() for name in self._all_names(category))
                for category in self.library.taxonomy.concepts
            }
        )

    @cached_property
    def _by_head(self) -> Mapping[str, frozenset[str]]:
        return _grouped(
            {
                category: heads(self._all_names(category))
                for category in self.library.taxonomy.concepts
            }
        )

    def _all_names(self, category: str) -> tuple[str, ...]:
        library = self.library
        return (library.names[category], *library.aliases.get(category, ()))

    def _kin(self, category: str) -> frozenset[str]:
        """Return the categories whose own objects could be called by a category's name."""
        tree, names = self.library.taxonomy, self._all_names(category)
        found = set(tree.relevant(category))
        for name in names:
            for other in self._by_name[name.casefold()]:
                found |= tree.relevant(other)
        for head in heads(names):
            for other in self._by_head[head]:
                found |= tree.descendants(other) | {other}
        return frozenset(found)


def _grouped(keys: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for category, mine in keys.items():
        for key in mine:
            found.setdefault(key, set()).add(category)
    return {key: frozenset(mine) for key, mine in found.items()}
