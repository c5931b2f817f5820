"""Questions about annotated pictures and videos, made and checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.checking import faults
from tg_assets.task_space.scene_graphs.drawn_questions import picture_questions, video_questions
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import read_image_graphs
from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator
from tg_assets.task_space.scene_graphs.page import PICTURE_GENERATORS, VIDEO_GENERATORS
from tg_assets.task_space.scene_graphs.reading import Rejected
from tg_assets.task_space.scene_graphs.usage import usage_of
from tg_assets.task_space.scene_graphs.video_graphs import (
    load_video_names,
    read_video_graphs,
)
from tg_assets.task_space.scene_graphs.video_plans import VideoGenerator
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary
from tg_assets.task_space.verifying import KEPT, Unsound, Verified

Made = GraphInstance | NoInstance
EACH = 20
"""Plans of a graph that are tried at most: graphs differ more than a graph's plans."""


@dataclass(frozen=True)
class GraphFiles:
    """Files of annotated pictures and videos whose questions are checked.

    Attributes:
        words: What excludes what.
        scene_graphs: In GQA's format.
        video_graphs: Of videos.
        names: The names of the ids in `video_graphs`.
        size: Elements of each subgraph.
    """

    words: Vocabulary
    scene_graphs: Path | None = None
    video_graphs: Path | None = None
    names: Path | None = None
    size: int = 1

    @property
    def generators(self) -> tuple[str, ...]:
        """The generators that the files are for."""
        pictures = PICTURE_GENERATORS if self.scene_graphs else ()
        return pictures + (VIDEO_GENERATORS if self.video_graphs and self.names else ())

    def verified(self, generator: str, n: int, seed: int) -> Verified:
        """Return what is found when questions of a generator are checked, in a file's order.

        Args:
            generator: One of `generators`.
            n: How many questions; fewer where `EACH` plans of every graph have no more.
            seed: The same seed draws the same.

        Raises:
            SceneGraphError: A file is missing or is not what it should be.
        """
        return verify_questions(self._outcomes(generator, seed), self.words, n)

    def _outcomes(self, generator: str, seed: int) -> Iterator[tuple[Any, Made]]:
        words = self.words
        if generator in PICTURE_GENERATORS and self.scene_graphs:
            pictured = cast("ImageGenerator", generator)
            usage = usage_of(self.scene_graphs, words.names)
            for one in read_image_graphs(self.scene_graphs):
                if isinstance(one, Rejected):
                    yield one, _left_out(one)
                else:
                    made = picture_questions(one, pictured, self.size, seed, words, usage)
                    yield from ((one, outcome) for outcome in islice(made, EACH))
        elif self.video_graphs and self.names:
            filmed, names = cast("VideoGenerator", generator), load_video_names(self.names)
            for film in read_video_graphs(self.video_graphs, names):
                if isinstance(film, Rejected):
                    yield film, _left_out(film)
                else:
                    made = video_questions(film, filmed, seed, names, words)
                    yield from ((film, outcome) for outcome in islice(made, EACH))


def _left_out(graph: Rejected) -> NoInstance:
    return NoInstance({}, f"{graph.reason}, the whole graph")


def verify_questions(outcomes: Iterable[tuple[Any, Made]], words: Vocabulary, n: int) -> Verified:
    """Check what became of plans, each with its graph, until so many are questions."""
    plans = instances = unsound_count = 0
    reasons, kinds = Counter[str](), Counter[str]()
    unsound: list[Unsound] = []
    for graph, outcome in outcomes:
        if instances == n:
            break
        plans += 1
        if isinstance(outcome, NoInstance):
            reasons[outcome.reason] += 1
            continue
        instances += 1
        found = faults(outcome, graph, words)
        unsound_count += bool(found)
        kinds.update(found)
        if found and len(unsound) < KEPT:
            unsound.append(Unsound(outcome, found))
    return Verified(plans, instances, unsound_count, reasons, kinds, tuple(unsound))
