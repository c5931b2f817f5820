"""Picking out one object of a picture by what is around it.

A subgraph refers to an object when it fits that one alone: an object is fitted when it has the
attributes, and some neighbour of it has the relation, the name and the attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.subgraphs import Direction, Neighbour, Subgraph


class Referring(NamedTuple):
    """A subgraph that fits one object alone.

    Attributes:
        subgraph: The subgraph.
        witnesses: The neighbours of that object that make it fit, as bits; 0 without neighbour.
    """

    subgraph: Subgraph
    witnesses: int

    def leaves_out(self, place: int) -> bool:
        """Whether it fits without the help of the object at this place."""
        return not self.witnesses or bool(self.witnesses & ~(1 << place))


Named = dict[Neighbour, int]
"""Neighbours as they can be named, each with the objects that it may be, as bits."""


def referring(graph: ImageGraph, size: int) -> list[list[Referring]]:
    """Return all subgraphs of one size that fit one object alone, by that object's place.

    Sets of objects are the bits of whole numbers: whether a subgraph fits one object alone is an
    intersection of two of them, and no two objects are ever compared.
    """
    having = _having(graph, size)
    around = _around(graph, size)
    fitting = _fitting(around)
    found: list[list[Referring]] = []
    for place, thing in enumerate(graph.objects):
        mine = 1 << place
        unique: list[Referring] = []
        for values in _choices(thing.attributes, size):
            fits = having[values]
            if len(values) == size:
                if fits == mine:
                    unique.append(Referring(Subgraph(values, None), 0))
                continue
            unique.extend(
                Referring(Subgraph(values, neighbour), witnesses)
                for neighbour, witnesses in around[place][size - len(values)].items()
                if fits & fitting[neighbour] == mine
            )
        found.append(unique)
    return found


def _choices(attributes: tuple[str, ...], most: int) -> Iterator[tuple[str, ...]]:
    for n in range(min(most, len(attributes)) + 1):
        yield from combinations(attributes, n)


def _having(graph: ImageGraph, size: int) -> Mapping[tuple[str, ...], int]:
    """Return the objects that have a choice of attributes, for every choice that some has."""
    having: dict[tuple[str, ...], int] = {}
    for place, thing in enumerate(graph.objects):
        for values in _choices(thing.attributes, size):
            having[values] = having.get(values, 0) | 1 << place
    return having


def _around(graph: ImageGraph, size: int) -> list[list[Named]]:
    """Return the neighbours of each object as they can be named, by the elements it takes."""
    around: list[list[Named]] = [[{} for _ in range(size + 1)] for _ in graph.objects]
    if size < 1:
        return around
    choices = [list(_choices(thing.attributes, size - 1)) for thing in graph.objects]
    for subject, relation, other in graph.relations:
        ends: tuple[tuple[int, int, Direction], ...] = (
            (subject, other, "out"),
            (other, subject, "in"),
        )
        for place, beside, direction in ends:
            name, witness = graph.objects[beside].name, 1 << beside
            for values in choices[beside]:
                named = around[place][1 + len(values)]
                neighbour = Neighbour(relation, direction, name, values)
                named[neighbour] = named.get(neighbour, 0) | witness
    return around


def _fitting(around: list[list[Named]]) -> Mapping[Neighbour, int]:
    """Return the objects that have a neighbour, for every one that can be named."""
    fitting: dict[Neighbour, int] = {}
    for place, by_elements in enumerate(around):
        for named in by_elements:
            for neighbour in named:
                fitting[neighbour] = fitting.get(neighbour, 0) | 1 << place
    return fitting
