"""The six generators over annotated pictures and videos on the page, from files or without any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast, get_args

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.library import Library
from tg_assets.task_space.scene_graphs.drawn_questions import picture_questions, video_questions
from tg_assets.task_space.scene_graphs.exporting import Annotated, annotated_pictures
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import (
    ImageGraph,
    image_graph,
    read_image_graphs,
)
from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator
from tg_assets.task_space.scene_graphs.reading import Rejected
from tg_assets.task_space.scene_graphs.showing import (
    FindImage,
    graph_group,
    images_in,
    picture_card,
    video_card,
)
from tg_assets.task_space.scene_graphs.usage import Usage, usage_of
from tg_assets.task_space.scene_graphs.video_graphs import (
    load_video_names,
    read_video_graphs,
)
from tg_assets.task_space.scene_graphs.video_plans import VideoGenerator
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary
from tg_assets.task_space.scene_graphs.world_graphs import TooFewObjectsError
from tg_assets.task_space.showing import Group

_EXAMPLE = Path(__file__).with_name("example")
EXAMPLE_VIDEOS, EXAMPLE_NAMES = _EXAMPLE / "videos.json", _EXAMPLE / "names.json"
"""Three videos in the published format, made up and written by hand; no film belongs to them."""
EXAMPLE_SAID = "A small example of videos, made up and written by hand: there is no film of them."
EXAMPLE_EACH = 2
PICTURE_GENERATORS: tuple[str, ...] = get_args(ImageGenerator)
VIDEO_GENERATORS: tuple[str, ...] = get_args(VideoGenerator)
GRAPH_GENERATORS = PICTURE_GENERATORS + VIDEO_GENERATORS

_Pictures = tuple[Iterable[ImageGraph | Rejected], FindImage, str]
"""Their graphs, what finds them, and what is said of them."""


@dataclass(frozen=True)
class GraphPage:
    """What the page shows of the generators over annotated pictures and videos.

    Attributes:
        library: Draws pictures where there is no file of them.
        words: What excludes what.
        n: Tasks of each generator.
        seed: The same seed shows the same tasks.
        size: Elements of each subgraph, at most.
        scene_graphs: A file in GQA's format; null shows the project's own worlds.
        images: A folder of its pictures; null shows layouts.
        video_graphs: A file of videos, with `names`; null shows the example.
        names: The names of the ids in it.
        frames: A folder of keyframes; null shows what they say.
    """

    library: Library
    words: Vocabulary
    n: int
    seed: int
    size: int = 2
    scene_graphs: Path | None = None
    images: Path | None = None
    video_graphs: Path | None = None
    names: Path | None = None
    frames: Path | None = None

    def group(self, generator: str) -> Group:
        """Return the tasks of one of the six generators.

        Raises:
            SceneGraphError: A file is missing or is not what it should be.
            TaskSpaceError: An object cannot be drawn.
        """
        if generator in VIDEO_GENERATORS:
            return self._of_videos(cast("VideoGenerator", generator))
        return self._of_pictures(cast("ImageGenerator", generator))

    def _of_pictures(self, generator: ImageGenerator) -> Group:
        try:
            graphs, find, of = self._from_file() if self.scene_graphs else self._from_worlds()
        except TooFewObjectsError as error:
            return Group(generator, [], f"No picture was drawn: {error}.")
        return graph_group(
            generator,
            graphs,
            lambda graph: self._questions(graph, generator),
            lambda one, graph: picture_card(one, graph, find),
            self.n,
            of,
        )

    def _questions(
        self, graph: ImageGraph, generator: ImageGenerator
    ) -> Iterator[GraphInstance | NoInstance]:
        """Yield questions with the largest subgraphs first: few pictures have any of some size."""
        for size in range(self.size, 0, -1):
            yield from picture_questions(graph, generator, size, self.seed, self.words, self._usage)

    @cached_property
    def _usage(self) -> Usage | None:
        return usage_of(self.scene_graphs, self.words.names) if self.scene_graphs else None

    def _from_file(self) -> _Pictures:
        assert self.scene_graphs is not None
        graphs = read_image_graphs(self.scene_graphs)
        return graphs, images_in(self.images), f"Pictures of {self.scene_graphs.name}, in order."

    def _from_worlds(self) -> _Pictures:
        drawn = self._drawn
        graphs = [image_graph(one.id, one.graph) for one in drawn.values()]
        of = "The project's own drawings, annotated by what their worlds hold."
        return graphs, lambda name: drawn[name].image, of

    @cached_property
    def _drawn(self) -> dict[str, Annotated]:
        """The pictures of all three generators, drawn once."""
        n = self.n + self.n // 2 + 1  # a tenth have no question about an attribute
        pictures = annotated_pictures(self.library, self.words, n, self.seed)
        return {one.id: one for one in pictures}

    def _of_videos(self, generator: VideoGenerator) -> Group:
        file, names_file, each, of = EXAMPLE_VIDEOS, EXAMPLE_NAMES, EXAMPLE_EACH, EXAMPLE_SAID
        if self.video_graphs is not None and self.names is not None:
            file, names_file, each = self.video_graphs, self.names, 1
            of = f"Videos of {file.name}, in order."
        names = load_video_names(names_file)
        return graph_group(
            generator,
            read_video_graphs(file, names),
            lambda graph: video_questions(graph, generator, self.seed, names, self.words),
            lambda one, graph: video_card(one, graph, self.frames),
            self.n,
            of,
            each,
        )
