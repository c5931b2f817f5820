"""Annotated pictures with the boxes of what a question is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

from tg_assets.scenes.families.canvas import font
from tg_assets.task_space.scene_graphs.graph_instance import GraphClaim
from tg_assets.task_space.scene_graphs.image_graphs import GraphObject, ImageGraph
from tg_assets.task_space.scene_graphs.subgraphs import Neighbour

ASKED, OTHER, BESIDE = (214, 33, 92), (20, 106, 214), (150, 92, 0)
"""Colours of the object that is asked about, a relation's other end, and neighbours."""
PAPER, QUIET, INK = (255, 255, 255), (190, 197, 206), (70, 80, 92)
WIDTH = 800
"""A picture is drawn so wide in pixels: lines and words keep their size."""
_LINE, _WORDS, _PAD = 4, 24, 5

Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A box with words.

    Attributes:
        box: Left, top, width and height in the picture's pixels.
        words: Stand at the box.
        color: Of both.
    """

    box: tuple[float, float, float, float]
    words: str
    color: Color


def marks(claim: GraphClaim, object_id: str, other_id: str | None, graph: ImageGraph) -> list[Mark]:
    """Return the boxes of a question: its objects, and the neighbours that pick them out.

    Args:
        claim: The question's.
        object_id: Of what is asked about.
        other_id: Of a relation's other end; null for other generators.
        graph: The picture's.
    """
    places = {thing.id: place for place, thing in enumerate(graph.objects)}
    asked = places[object_id]
    found = {asked: ("asked: ", ASKED)}
    ends = [(claim.subgraph, asked)]
    if other_id is not None and claim.other_subgraph is not None:
        other = places[other_id]
        found[other] = ("other: ", OTHER)
        ends.append((claim.other_subgraph, other))
    for subgraph, end in ends:
        if subgraph.neighbour is not None:
            for place in _fitting(subgraph.neighbour, end, graph):
                found.setdefault(place, ("", BESIDE))
    things = graph.objects
    return [
        Mark(things[place].box, f"{role}{things[place].name}", color)
        for place, (role, color) in found.items()
    ]


def _fitting(neighbour: Neighbour, end: int, graph: ImageGraph) -> Iterator[int]:
    """Yield the places of all objects that are the neighbour of one that it picks out."""
    for subject, relation, other in graph.relations:
        here, beside = (subject, other) if neighbour.direction == "out" else (other, subject)
        thing = graph.objects[beside]
        is_like = thing.name == neighbour.name and {*neighbour.attributes} <= {*thing.attributes}
        if here == end and relation == neighbour.relation and is_like:
            yield beside


def marked(image: Image.Image, graph: ImageGraph, boxes: list[Mark]) -> Image.Image:
    """Return a picture with boxes drawn on it, at the width of the page.

    Args:
        image: Of any size; boxes are scaled as the graph's size is to it.
        graph: The picture's.
        boxes: The later lie above the earlier.
    """
    height = round(graph.height * WIDTH / graph.width)
    shown = image.convert("RGB").resize((WIDTH, height))
    pen = ImageDraw.Draw(shown)
    for mark in reversed(boxes):
        _draw(pen, mark, WIDTH / graph.width, (WIDTH, height))
    return shown


def layout(graph: ImageGraph, boxes: list[Mark]) -> Image.Image:
    """Return the boxes of an annotation with their names: what is known of an absent picture."""
    height = round(graph.height * WIDTH / graph.width)
    plain = [Mark(thing.box, _described(thing), QUIET) for thing in _large_first(graph)]
    named = {mark.box for mark in boxes}
    rest = [mark for mark in plain if mark.box not in named]
    return marked(Image.new("RGB", (WIDTH, height), PAPER), graph, [*boxes, *rest[::-1]])


def _large_first(graph: ImageGraph) -> list[GraphObject]:
    return sorted(graph.objects, key=lambda thing: -thing.box[2] * thing.box[3])


def _described(thing: GraphObject) -> str:
    return " ".join([*thing.attributes, thing.name])


def _draw(pen: ImageDraw.ImageDraw, mark: Mark, scale: float, within: tuple[int, int]) -> None:
    x, y, w, h = (side * scale for side in mark.box)
    pen.rectangle((x, y, max(x + w, x), max(y + h, y)), outline=mark.color, width=_LINE)
    face = font("sans", _WORDS)
    wide = face.getlength(mark.words) + 2 * _PAD
    high = _WORDS + 2 * _PAD
    left = max(0.0, min(x, within[0] - wide))
    below = y + h if y + h + high <= within[1] else y
    top = y - high if y >= high else below
    pen.rectangle((left, top, left + wide, top + high), fill=mark.color)
    ink = INK if mark.color == QUIET else PAPER
    pen.text((left + _PAD, top + _PAD - 2), mark.words, font=face, fill=ink)
