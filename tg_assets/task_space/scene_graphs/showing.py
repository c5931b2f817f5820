"""Tasks about annotated pictures and videos on the page of tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.drawn_questions import at_most
from tg_assets.task_space.scene_graphs.graph_instance import (
    GraphClaim,
    GraphInstance,
    VideoClaim,
    keyframe_files,
    picture_file,
)
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.marking import layout, marked, marks
from tg_assets.task_space.scene_graphs.reading import Rejected, SceneGraphError
from tg_assets.task_space.scene_graphs.subgraphs import Subgraph
from tg_assets.task_space.scene_graphs.video_graphs import RELATION_TYPES, Keyframe, VideoGraph
from tg_assets.task_space.scene_graphs.words import spoken
from tg_assets.task_space.showing import Card, Group

Graph = ImageGraph | VideoGraph
Made = GraphInstance | NoInstance
FindImage = Callable[[str], Image.Image | None]
"""Returns the picture of an id; null where there is none."""
NO_PICTURE = "No picture:", "these are the boxes of its annotation."
NO_FRAMES = "No pictures:", "this is what the annotation says of each keyframe."


def graph_group(
    generator: str,
    graphs: Iterable[Graph | Rejected],
    ask: Callable[[Any], Iterable[Made]],
    show: Callable[[GraphInstance, Any], Card],
    n: int,
    of: str,
    each: int = 1,
) -> Group:
    """Return questions of a generator, in the order of the graphs.

    Args:
        generator: Its name.
        graphs: Pictures or videos; those that cannot be used are counted.
        ask: Returns the questions of a graph, in a drawn order.
        show: Returns a question as a card.
        n: How many.
        of: What the graphs are, in a sentence.
        each: Questions a graph, at most.
    """
    cards: list[Card] = []
    without: Counter[str] = Counter()
    for graph in graphs:
        if isinstance(graph, Rejected):
            without[f"{graph.reason}, the whole graph"] += 1
            continue
        most = min(each, n - len(cards))
        asked = at_most(ask(graph), most, lambda reason: without.update([reason]))
        cards += [show(one, graph) for one in asked]
        if len(cards) == n:
            break
    why = "; ".join(f"{count:,} because {reason}" for reason, count in without.most_common())
    return Group(generator, cards, f"{of} Not asked: {why}." if why else of)


def picture_card(one: GraphInstance, graph: ImageGraph, find: FindImage) -> Card:
    """Return a question about a picture as a card: with boxes on the picture, or on paper.

    Args:
        one: The question.
        graph: The picture's.
        find: Returns the picture.
    """
    assert isinstance(one.claim, GraphClaim)  # the graph is a picture's
    boxes = marks(one.claim, one.plan["object_id"], one.plan.get("other_id"), graph)
    image = find(graph.id)
    shown = layout(graph, boxes) if image is None else marked(image, graph, boxes)
    return Card(
        [shown],
        one.asked,
        [("picture", graph.id), *_picture_plan(one)],
        one.task_type,
        captions=[NO_PICTURE] if image is None else [],
    )


def images_in(folder: Path | None) -> FindImage:
    """Return what finds pictures in a folder by their ids."""

    def find(name: str) -> Image.Image | None:
        if folder is None:
            return None
        try:
            file = picture_file(folder, name)
        except SceneGraphError:
            return None  # the page says so
        return _opened(file)

    return find


def _opened(file: Path) -> Image.Image:
    try:
        with Image.open(file) as image:
            return image.convert("RGB")
    except OSError as error:
        raise SceneGraphError(f"{file} is no picture that can be read: {error}") from None


def _picture_plan(one: GraphInstance) -> Iterator[tuple[str, str]]:
    claim, plan = one.claim, one.plan
    assert isinstance(claim, GraphClaim)
    yield "object", f"{plan['object']} ({plan['object_id']})"
    yield "picked out by", _in_words(claim.subgraph)
    for column in ("attribute_type", "attribute_value", "relation"):
        if column in plan:
            yield column.replace("_", " "), spoken(plan[column])
    if claim.other_subgraph is not None:
        yield "other", f"{plan['other']} ({plan['other_id']})"
        yield "picked out by", _in_words(claim.other_subgraph)


def _in_words(subgraph: Subgraph) -> str:
    """Return a subgraph's elements: ``red; → on → wooden table``."""
    parts = [*map(spoken, subgraph.attributes)]
    if subgraph.neighbour is not None:
        relation, direction, name, values = subgraph.neighbour
        beside = spoken(" ".join([*values, name]))
        parts.append(
            f"it → {spoken(relation)} → {beside}"
            if direction == "out"
            else f"{beside} → {spoken(relation)} → it"
        )
    return "; ".join(parts)


def video_card(one: GraphInstance, graph: VideoGraph, frames: Path | None) -> Card:
    """Return a question about a video as a card: its keyframes, seen or said.

    Args:
        one: The question.
        graph: The video's.
        frames: A folder of keyframes, ``FOLDER/VIDEO/KEYFRAME``.
    """
    assert isinstance(one.claim, VideoClaim)  # the graph is a video's
    roles = _roles(one.claim, graph)
    captions = [_caption(frame, role) for frame, role in zip(graph.keyframes, roles, strict=True)]
    pictures = _keyframes(frames, graph)
    plan = [
        (column.replace("_", " "), spoken(str(value)))
        for column, value in one.plan.items()
        if column not in ("generator", "video_id")
    ]
    return Card(
        pictures,
        one.asked,
        [("video", graph.id), *plan],
        one.task_type,
        captions=captions if pictures else [NO_FRAMES, *captions],
    )


def _keyframes(folder: Path | None, graph: VideoGraph) -> list[Image.Image]:
    if folder is None:
        return []
    try:
        files = keyframe_files(folder, graph.id, [frame.id for frame in graph.keyframes])
    except SceneGraphError:
        return []  # the page says so
    return [_opened(file) for file in files]


def _roles(claim: VideoClaim, graph: VideoGraph) -> list[str]:
    """Return what each keyframe is to the question."""
    doing = [claim.reference in frame.actions for frame in graph.keyframes]
    roles = []
    for place, now in enumerate(doing):
        beyond = doing[place:] if claim.when == "before" else doing[:place]
        if now:
            roles.append("asked about" if claim.when == "while" else "reference")
        else:
            roles.append("asked about" if claim.when != "while" and any(beyond) else "")
    return roles


def _caption(frame: Keyframe, role: str) -> tuple[str, str]:
    """Return a keyframe's name with its role, and what it shows."""
    facts = [
        f"{spoken(relation)} {spoken(thing)}"
        for kind in RELATION_TYPES
        for relation, thing in frame.relations[kind].items()
    ]
    actions = ", ".join(map(spoken, frame.actions)) or "no action"
    return f"{frame.id} {role}".rstrip(), " · ".join([actions, *facts])
