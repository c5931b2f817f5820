"""Scene graphs of pictures, as GQA and Visual Genome publish them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tg_assets.task_space.scene_graphs.reading import (
    BadGraphError,
    Rejected,
    mapping,
    read_graphs,
    text,
)

SLACK = 2
"""Pixels that a box may reach over the picture's edge: annotators' tools round."""


class GraphObject(NamedTuple):
    """Something that a picture shows.

    Attributes:
        id: Unique in the graph.
        name: Its category, in a person's words.
        attributes: Its values, sorted.
        box: Left, top, width and height in pixels.
    """

    id: str
    name: str
    attributes: tuple[str, ...]
    box: tuple[float, float, float, float]


class Relation(NamedTuple):
    """One object's relation to another; both are places in `ImageGraph.objects`."""

    subject: int
    name: str
    object: int


@dataclass(frozen=True, slots=True)
class ImageGraph:
    """What people wrote down about a picture.

    Attributes:
        id: Of the picture.
        width: In pixels.
        height: In pixels.
        objects: In the file's order.
        relations: All different, in the file's order.
    """

    id: str
    width: int
    height: int
    objects: tuple[GraphObject, ...]
    relations: tuple[Relation, ...]


def read_image_graphs(
    file: Path, watch: Callable[[int], None] | None = None
) -> Iterator[ImageGraph | Rejected]:
    """Yield the graphs of a file in GQA's format, in its order; bad ones with their reason.

    Args:
        file: A JSON object, image id to scene graph.
        watch: Told after each graph how many bytes were read.

    Raises:
        SceneGraphError: The file is missing or not a JSON object.
    """
    return read_graphs(file, image_graph, watch)


def image_graph(name: str, raw: Any) -> ImageGraph:
    """Return the graph of a picture.

    Raises:
        BadGraphError: It cannot be used.
    """
    fields = mapping(raw, "the graph")
    width, height = (_side(fields, side) for side in ("width", "height"))
    things = mapping(fields.get("objects"), "objects")
    if not things:
        raise BadGraphError("no objects", "the graph names no object")
    places = {key: place for place, key in enumerate(things)}
    objects: list[GraphObject] = []
    relations: dict[Relation, None] = {}
    for place, (key, thing) in enumerate(things.items()):
        what = f"object {key}"
        parts = mapping(thing, what)
        name_of, box = text(parts.get("name"), what), _box(parts, what, width, height)
        objects.append(GraphObject(key, name_of, _values(parts, what), box))
        for relation in _list(parts, "relations", what):
            relations[_relation(place, relation, places, what)] = None
    return ImageGraph(name, width, height, tuple(objects), tuple(relations))


def _side(fields: dict[str, Any], side: str) -> int:
    length = fields.get(side)
    if not isinstance(length, int | float) or length < 1:
        raise BadGraphError("without size", f"{side} is {length!r}, not a number of pixels")
    return int(length)


def _list(parts: dict[str, Any], field: str, what: str) -> list[Any]:
    found = parts.get(field, [])
    if not isinstance(found, list):
        raise BadGraphError("not a graph", f"{field} of {what} is to be a list")
    return found


def _values(parts: dict[str, Any], what: str) -> tuple[str, ...]:
    values = _list(parts, "attributes", what)
    return tuple(sorted({text(value, f"an attribute of {what}") for value in values}))


def _box(
    parts: dict[str, Any], what: str, width: int, height: int
) -> tuple[float, float, float, float]:
    sides: list[Any] = [parts.get(side) for side in "xywh"]
    if not all(isinstance(number, int | float) for number in sides):
        raise BadGraphError("without box", f"x, y, w, h of {what} are to be numbers")
    x, y, w, h = sides
    right, bottom = x + w, y + h
    if x < -SLACK or y < -SLACK or right > width + SLACK or bottom > height + SLACK:
        raise BadGraphError(
            "box off the picture", f"{what} at {x}, {y}, {w} x {h} in {width} x {height}"
        )
    if w <= 0 or h <= 0:
        raise BadGraphError("empty box", f"{what} is {w} x {h} pixels")
    return (x, y, w, h)


def _relation(place: int, raw: Any, places: dict[str, int], what: str) -> Relation:
    fields = mapping(raw, f"a relation of {what}")
    other = fields.get("object")
    name = text(fields.get("name"), f"a relation of {what}")
    if other not in places:
        raise BadGraphError("dangling id", f"{what} is {name} {other!r}, which is no object here")
    if places[other] == place:
        raise BadGraphError("related to itself", f"{what} is {name} itself")
    return Relation(place, name, places[other])
