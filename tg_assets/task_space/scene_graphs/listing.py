"""Whole files of scene graphs: every plan of a generator, in order, by one process or several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, image_graph
from tg_assets.task_space.scene_graphs.image_plans import (
    ImageGenerator,
    TypeOf,
    image_plans,
    json_lines,
)
from tg_assets.task_space.scene_graphs.reading import Rejected, SceneGraphError, read_graphs
from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph, VideoNames, video_graph
from tg_assets.task_space.scene_graphs.video_plans import (
    VideoGenerator,
    video_lines,
    video_plans,
)

CHUNK = 16
"""Graphs that a process does at a time."""

Graph = TypeVar("Graph")


@dataclass(slots=True)
class Listed:
    """The plans of some graphs that follow each other in a file.

    Attributes:
        plans: How many there are.
        lines: Each as a JSON object on a line, a piece a graph; empty when only counting.
        rejected: Graphs that could not be used.
        graphs: How many could.
        read: Bytes of the file up to here.
    """

    plans: int = 0
    lines: list[bytes] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    graphs: int = 0
    read: int = 0


class Lister(Protocol[Graph]):
    """Knows how to read a graph and what plans there are about it; travels between processes."""

    def parse(self, name: str, raw: Any) -> Graph:
        """Return the graph, or raise `BadGraphError`."""

    def plans(self, graph: Graph, counting: bool) -> tuple[int, bytes]:
        """Return the number of plans about it, and their lines unless only counting."""


@dataclass(frozen=True, slots=True)
class ImageLister:
    """Plans about pictures.

    Attributes:
        generator: What is asked.
        size: Elements of each subgraph.
        type_of: Returns the type of an attribute value.
    """

    generator: ImageGenerator
    size: int
    type_of: TypeOf

    def parse(self, name: str, raw: Any) -> ImageGraph:
        """Return the graph of a picture."""
        return image_graph(name, raw)

    def plans(self, graph: ImageGraph, counting: bool) -> tuple[int, bytes]:
        """Return the number of plans about a picture, and their lines unless only counting."""
        found = list(image_plans(graph, self.generator, self.size, self.type_of))
        lines = b"" if counting else b"".join(map(json_lines, found))
        return sum(plans.count for plans in found), lines


@dataclass(frozen=True, slots=True)
class VideoLister:
    """Plans about videos.

    Attributes:
        generator: What is asked.
        names: Of the ids in the file.
    """

    generator: VideoGenerator
    names: VideoNames

    def parse(self, name: str, raw: Any) -> VideoGraph:
        """Return the graph of a video."""
        return video_graph(name, raw, self.names)

    def plans(self, graph: VideoGraph, counting: bool) -> tuple[int, bytes]:
        """Return the number of plans about a video, and their lines unless only counting."""
        found = list(video_plans(graph, self.generator))
        return len(found), b"" if counting else video_lines(found)


def list_plans(
    file: Path, lister: Lister[Any], counting: bool = False, workers: int = 1
) -> Iterator[Listed]:
    """Yield the plans about every graph of a file, in its order, whatever the number of workers.

    Each worker reads the whole file and does its share of the chunks: reading is cheap, and
    nothing but finished lines travels between processes.

    Raises:
        SceneGraphError: The file is missing or not a JSON object.
    """
    if workers == 1:
        yield from _share(file, lister, counting, 0, 1)
        return
    context = multiprocessing.get_context("spawn")
    with ExitStack() as ends:
        pipes = [
            _start(ends, context, (file, lister, counting, number, workers))
            for number in range(workers)
        ]
        for pipe in cycle(pipes):
            said = _received(pipe, file)
            if said is None:
                return
            yield said


def _start(
    ends: ExitStack, context: multiprocessing.context.SpawnContext, work: tuple[Any, ...]
) -> Connection:
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(there, *work), daemon=True)
    process.start()
    there.close()
    ends.callback(process.join)
    ends.callback(process.terminate)
    ends.callback(here.close)
    return here


def _received(pipe: Connection, file: Path) -> Listed | None:
    try:
        said = pipe.recv()
    except EOFError:
        raise SceneGraphError(f"{file}: a process that was reading it has died") from None
    if isinstance(said, SceneGraphError):
        raise said
    listed: Listed | None = said
    return listed


def _send(pipe: Connection, *work: Any) -> None:
    try:
        for listed in _share(*work):
            pipe.send(listed)
        pipe.send(None)
    except SceneGraphError as error:
        pipe.send(error)
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # nobody listens any more


def _share(
    file: Path, lister: Lister[Graph], counting: bool, number: int, workers: int
) -> Iterator[Listed]:
    """Yield what one of several workers finds: its turns among the chunks of the file."""
    place, read = 0, 0
    failure: SceneGraphError | None = None

    def mine() -> bool:
        return place // CHUNK % workers == number

    def parse(name: str, raw: Any) -> Graph | None:
        return lister.parse(name, raw) if mine() else None

    def watch(position: int) -> None:
        nonlocal read
        read = position

    found = Listed()
    try:
        for graph in read_graphs(file, parse, watch):
            if mine():
                _add(found, graph, lister, counting)
                if place % CHUNK == CHUNK - 1:
                    found.read = read
                    yield found
                    found = Listed()
            place += 1
    except SceneGraphError as error:
        failure = error  # what was found before it comes first
    if found.graphs or found.rejected:
        found.read = read
        yield found
    if failure is not None:
        raise failure


def _add(found: Listed, graph: Any, lister: Lister[Any], counting: bool) -> None:
    if isinstance(graph, Rejected):
        found.rejected.append(graph)
        return
    plans, lines = lister.plans(graph, counting)
    found.graphs += 1
    found.plans += plans
    found.lines.append(lines)
