"""Scene graphs of the project's own worlds, in GQA's format: exact boxes, and nothing left out.

People leave out most of what a picture shows; here the whole truth is known, and what is written of
one thing is written of all: a type of attributes stands in a graph only where every thing has a
value of it, and relations are those of all pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tg_assets.task_space.dice import Dice
from tg_assets.task_space.drawable import drawable
from tg_assets.task_space.library import Asset, Library
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary
from tg_assets.task_space.world import Kind, Thing, World

GRID = 3
THINGS = (4, 6)
"""The fewest and the most things of a picture."""
TYPES = ("color", "material")
"""Attribute types whose values the library and the vocabulary both know as words."""
WORDS: Mapping[str, str] = MappingProxyType({"textile": "cloth"})
"""Values that the vocabulary has another word for."""
SIZES = (80, 100)
TURNED = 35
ONE_IN = 3
"""So often is a thing another of a name that is there, of another colour."""


class TooFewObjectsError(SceneGraphError):
    """A library with too few objects that the vocabulary has names for."""


@dataclass(frozen=True)
class Annotator:
    """Writes down what worlds show, in the words of a vocabulary.

    Attributes:
        library: Of the worlds' objects.
        words: What things, values and relations are called.
    """

    library: Library
    words: Vocabulary

    def name(self, asset: Asset) -> str | None:
        """Return what an object is called; null where no name is certain.

        It is the one word of the vocabulary, the most exact, that stands for a category of the
        object, and it is more than a heading over unlike things, as ``vehicle`` is.
        """
        tree, names = self.words.names.taxonomy, self.words.names
        said = {self.library.names[one] for one in self.library.categories_of(asset.id)}
        concepts = {name: found for name in said if (found := names.concepts.get(name))}
        exact = [
            name
            for name, one in concepts.items()
            if not tree.descendants(one) & {*concepts.values()} - {one}
        ]
        if len(exact) != 1:
            return None
        concept = concepts[exact[0]]
        is_heading = tree.descendants(concept) and not tree.ancestors(concept)
        return None if is_heading else exact[0]

    def values(self, asset: Asset, kind: str) -> frozenset[str]:
        """Return an object's values of a type, in words of the vocabulary."""
        said = {WORDS.get(one.value, one.value) for one in asset.attributes if one.type == kind}
        return frozenset(value for value in said if self.words.type_of(value) == kind)

    def told_apart(self, things: Sequence[Asset], kind: str) -> bool:
        """Whether every thing has a value, and no two values may be said of one thing."""
        values = [self.values(thing, kind) for thing in things]
        pairs = combinations(sorted(frozenset().union(*values)), 2)
        alike = self.words.alike_values
        return all(values) and not any(b in alike.get(a, ()) for a, b in pairs)

    def graph(self, world: World, mask: NDArray[np.uint8]) -> dict[str, Any]:
        """Return the scene graph of a drawn world, as GQA writes it.

        Args:
            world: Of kind 2d or 3d.
            mask: Its picture's, H x W: which thing each pixel shows.

        Raises:
            SceneGraphError: A thing has no certain name, or the picture does not show it.
        """
        assets = [self.library.asset(thing.asset) for thing in world.things]
        kinds = [kind for kind in TYPES if self.told_apart(assets, kind)]
        height, width = mask.shape
        objects = {
            thing.id: {
                "name": self._certain_name(asset),
                "attributes": sorted(value for kind in kinds for value in self.values(asset, kind)),
                **_box(mask, number, thing),
                "relations": list(_relations(world, thing)),
            }
            for number, (thing, asset) in enumerate(zip(world.things, assets, strict=True), 1)
        }
        return {"width": width, "height": height, "objects": objects}

    def _certain_name(self, asset: Asset) -> str:
        name = self.name(asset)
        if name is None:
            raise SceneGraphError(
                f"the vocabulary has no certain name for object {asset.id} of the categories "
                f"{', '.join(asset.categories)}; leave it out of pictures that are annotated"
            )
        return name


def _box(mask: NDArray[np.uint8], number: int, thing: Thing) -> dict[str, int]:
    """Return the box around the pixels of a thing."""
    rows, columns = (np.flatnonzero((mask == number).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise SceneGraphError(f"the picture does not show {thing.id}, object {thing.asset}")
    x, y = int(columns[0]), int(rows[0])
    return {"x": x, "y": y, "w": int(columns[-1]) - x + 1, "h": int(rows[-1]) - y + 1}


def _relations(world: World, thing: Thing) -> Iterator[dict[str, str]]:
    """Yield a thing's relations to all others: the far side of a 3D picture is behind."""
    far, near = ("above", "below") if world.kind == "2d" else ("behind", "in front of")
    row, column = _place(world, thing)
    for other in world.things:
        there, across = _place(world, other)
        if column != across:
            name = "to the left of" if column < across else "to the right of"
            yield {"name": name, "object": other.id}
        if row != there:
            yield {"name": far if row < there else near, "object": other.id}


def _place(world: World, thing: Thing) -> tuple[int, int]:
    row, column = divmod(world.cells.index(thing.cell), world.grid)
    return row, column


@dataclass(frozen=True)
class WorldsToAnnotate:
    """Worlds of things that the vocabulary has certain names for.

    Attributes:
        library: Whose objects they show.
        kind: 2d or 3d.
        words: The names.
    """

    library: Library
    kind: Kind
    words: Vocabulary

    @cached_property
    def annotator(self) -> Annotator:
        """Writes down what they show."""
        return Annotator(self.library, self.words)

    @cached_property
    def assets(self) -> Mapping[str, tuple[Asset, ...]]:
        """The objects by their names, those alone that have a colour."""
        found: defaultdict[str, list[Asset]] = defaultdict(list)
        for asset in drawable(self.library, self.kind).assets.values():
            name = self.annotator.name(asset)
            if name is not None and self.annotator.told_apart([asset], "color"):
                found[name].append(asset)
        return {name: tuple(assets) for name, assets in sorted(found.items())}

    def world(self, number: int, seed: int) -> World:
        """Return one of any number of worlds; the same number and seed make the same.

        Raises:
            TooFewObjectsError: The library has too few objects with names.
        """
        dice = Dice("world to annotate", self.kind, number, seed)
        things = self._things(dice)
        cells = list(dice.apart("cells").shuffled(range(GRID * GRID)))[: len(things)]
        placed = sorted(zip(cells, things, strict=True), key=lambda pair: pair[0])
        world = World(self.kind, GRID, (), dice.apart("look").below(1 << 31))
        looks = dice.apart("things")
        shown = [
            Thing(
                id=f"thing-{place}",
                asset=asset.id,
                cell=world.cells[cell],
                size=looks.between(*SIZES) / 100,
                turn=self._turn(asset, looks),
            )
            for place, (cell, asset) in enumerate(placed, 1)
        ]
        return World(self.kind, GRID, tuple(shown), world.look)

    def _things(self, dice: Dice) -> list[Asset]:
        """Return objects whose values are told apart; in every second world materials too."""
        types = TYPES[: dice.apart("types").between(1, len(TYPES))]
        for kinds in (types, TYPES[:1]):
            chosen = self._chosen(dice.apart("assets"), kinds)
            if len(chosen) >= THINGS[0]:
                return chosen
        raise TooFewObjectsError(
            f"the library has too few objects for {self.kind} pictures that can be annotated: "
            f"{THINGS[0]} are needed that have a colour and a name of the vocabulary"
        )

    def _chosen(self, dice: Dice, kinds: Sequence[str]) -> list[Asset]:
        wanted = dice.between(*THINGS)
        chosen: dict[str, list[Asset]] = {}
        for name in dice.shuffled(list(self.assets)):
            again = bool(chosen) and not dice.below(ONE_IN)
            for one in (dice.one_of(list(chosen)), name) if again else (name,):
                there = [asset for assets in chosen.values() for asset in assets]
                if len(there) == wanted:
                    return there
                fitting = [
                    asset
                    for asset in self.assets[one]
                    if not self._is_like(asset, chosen.get(one, ()))
                    and all(self.annotator.told_apart([*there, asset], kind) for kind in kinds)
                ]
                if fitting:
                    chosen.setdefault(one, []).append(dice.one_of(fitting))
        return [asset for assets in chosen.values() for asset in assets]

    def _is_like(self, asset: Asset, others: Sequence[Asset]) -> bool:
        """Whether a thing has the colour of one that is called the same."""
        colors = self.annotator.values(asset, "color")
        return any(colors & self.annotator.values(other, "color") for other in others)

    def _turn(self, asset: Asset, dice: Dice) -> float:
        if self.kind == "2d":
            return dice.one_of(asset.views)[1]
        return float(dice.one_of(asset.turns) if asset.turns else dice.between(-TURNED, TURNED))
