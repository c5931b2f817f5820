"""Small scene graphs: drawn by hypothesis, written by hand, and picked apart without cleverness."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, image_graph

VALUES = ("red", "blue", "wooden", "metal", "tall")
NAMES = ("cup", "table", "man")
RELATIONS = ("on", "to the left of", "holding")
TYPES = {"red": "color", "blue": "color", "wooden": "material", "metal": "material"}


def type_of(value: str) -> str:
    """Return the type of a value; tall has none."""
    return TYPES.get(value, "other")


@st.composite
def graphs(
    draw: st.DrawFn,
    names: Sequence[str] = NAMES,
    values: Sequence[str] = VALUES,
    relations: Sequence[str] = RELATIONS,
) -> ImageGraph:
    """Draw a graph of few words, so that much is alike."""
    n = draw(st.integers(1, 6))
    places = st.integers(0, n - 1)
    edge = st.tuples(places, st.sampled_from(relations), places)
    edges = draw(st.lists(edge.filter(lambda e: e[0] != e[2]), max_size=12))
    objects = {
        f"o{k}": thing(
            draw(st.sampled_from(names)),
            draw(st.lists(st.sampled_from(values), unique=True, max_size=3)),
            *((name, f"o{other}") for subject, name, other in edges if subject == k),
        )
        for k in range(n)
    }
    return image_graph("drawn", picture(objects))


def thing(name: str, attributes: list[str], *relations: tuple[str, str]) -> dict[str, Any]:
    """Return an object as GQA writes it."""
    related = [{"name": relation, "object": other} for relation, other in relations]
    box = {"x": 1, "y": 2, "w": 3, "h": 4}
    return {"name": name, "attributes": attributes, "relations": related, **box}


def picture(objects: Mapping[str, Any]) -> dict[str, Any]:
    """Return a graph as GQA writes it."""
    return {"width": 100, "height": 80, "objects": objects}


def write(file: Path, graphs: Mapping[str, Any]) -> Path:
    """Write graphs as GQA does."""
    file.write_text(json.dumps(graphs), encoding="utf-8")
    return file


Plain = tuple[frozenset[str], tuple[str, str, str, frozenset[str]] | None]
"""A subgraph: own attributes; relation, direction, name and attributes of a neighbour."""


def every(graph: ImageGraph, place: int, size: int, without: int = -1) -> Iterator[Plain]:
    """Yield each subgraph of some elements around an object, as often as it can be read off."""
    thing = graph.objects[place]
    for own in combinations(thing.attributes, size):
        yield frozenset(own), None
    for relation, direction, beside in beside_of(graph, place):
        if beside == without:
            continue
        other = graph.objects[beside]
        for n in range(size):
            for own in combinations(thing.attributes, n):
                for values in combinations(other.attributes, size - 1 - n):
                    around = (relation, direction, other.name, frozenset(values))
                    yield frozenset(own), around


def beside_of(graph: ImageGraph, place: int) -> Iterator[tuple[str, str, int]]:
    """Yield relation, direction and place of every neighbour."""
    for subject, relation, other in graph.relations:
        if subject == place:
            yield relation, "out", other
        if other == place:
            yield relation, "in", subject


def fits(graph: ImageGraph, place: int, subgraph: Plain) -> bool:
    """Whether an object is what a subgraph says, by looking at everything around it."""
    own, around = subgraph
    if not own <= set(graph.objects[place].attributes):
        return False
    return around is None or any(
        (relation, direction, graph.objects[beside].name) == around[:3]
        and around[3] <= set(graph.objects[beside].attributes)
        for relation, direction, beside in beside_of(graph, place)
    )


def fits_alone(graph: ImageGraph, place: int, size: int, without: int = -1) -> set[Plain]:
    """Return the subgraphs of an object that no other object of the picture is fitted by."""
    return {
        subgraph
        for subgraph in every(graph, place, size, without)
        if sum(fits(graph, other, subgraph) for other in range(len(graph.objects))) == 1
    }
