"""`tg task-space plans`: tasks about pictures and videos that people annotated."""

from __future__ import annotations

import json as plain_json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tg_assets.commanding import errors, plain_words

if TYPE_CHECKING:
    from tg_assets.task_space.scene_graphs.drawn_questions import Questions
    from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator
    from tg_assets.task_space.scene_graphs.listing import Listed, Lister
    from tg_assets.task_space.scene_graphs.reading import Rejected
    from tg_assets.task_space.scene_graphs.video_plans import VideoGenerator

app = typer.Typer()


class Generator(StrEnum):
    """The generators over scene graphs."""

    OBJECT = "object"
    ATTRIBUTE = "attribute"
    RELATION = "relation"
    VIDEO_OBJECT = "video-object"
    VIDEO_RELATION = "video-relation"
    VIDEO_ACTION = "video-action"


GeneratorOption = Annotated[Generator, typer.Option(help="What is asked.")]
ImagesFileOption = Annotated[
    Path | None,
    typer.Option("--scene-graphs", help="A file in GQA's format: image id to scene graph."),
]
VideosFileOption = Annotated[
    Path | None, typer.Option("--video-graphs", help="A file: video id to keyframes.")
]
NamesOption = Annotated[
    Path | None, typer.Option("--names", help="A file with the names of the ids in video graphs.")
]
SizeOption = Annotated[
    int,
    typer.Option("--subgraph-size", min=1, help="Elements of what picks an object out."),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="A folder in Task-Me-Anything's format: its types and names."),
]


@app.command()
def plans(
    generator: GeneratorOption,
    scene_graphs: ImagesFileOption = None,
    video_graphs: VideosFileOption = None,
    names: NamesOption = None,
    subgraph_size: SizeOption = 1,
    data: DataOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the file.")] = 1,
    count: Annotated[bool, typer.Option("--count", help="Count plans, list none.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List plans about annotated pictures or videos in the file's order; without --json, count."""
    from tg_assets.task_space.scene_graphs.listing import list_plans

    with plain_words():
        file = _file(generator, scene_graphs, video_graphs)
        lister = _lister(generator, names, subgraph_size, data)
        counting = count or not json
        summary = _Summary(file)
        try:
            for found in summary.over(list_plans(file, lister, counting, workers)):
                sys.stdout.buffer.writelines(found.lines)
            sys.stdout.buffer.flush()
        finally:
            summary.say()
        if counting:
            print(plain_json.dumps(summary.counts) if json else summary.words)


@app.command()
def questions(
    generator: GeneratorOption,
    scene_graphs: ImagesFileOption = None,
    video_graphs: VideosFileOption = None,
    names: NamesOption = None,
    subgraph_size: SizeOption = 1,
    data: DataOption = None,
    images: Annotated[
        Path | None, typer.Option(help="A folder of pictures or videos by id, to name the file.")
    ] = None,
    per_graph: Annotated[int, typer.Option(min=1, help="Questions a graph, at most.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed draws the same questions.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Ask about annotated pictures or videos, in the order of the file."""
    from tg_assets.task_space.scene_graphs.drawn_questions import (
        NO_PLAN,
        accounted,
        question_row,
    )
    from tg_assets.task_space.scene_graphs.graph_instance import picture_file, video_file

    with plain_words():
        file = _file(generator, scene_graphs, video_graphs)
        tally = _Tally()
        for graph, made in _made(generator, file, names, subgraph_size, data, seed):
            if made is None:
                tally.left_out(graph.reason)
                continue
            if not made.plans:
                tally.left_out(NO_PLAN)
            for one in accounted(made, per_graph, tally.refuse):
                tally.asked += 1
                row = question_row(one)
                if images is not None:
                    find = video_file if generator.startswith("video-") else picture_file
                    row["file"] = str(find(images, graph.id))
                print(plain_json.dumps(row) if json else one.asked.multiple_choice + "\n")
        tally.say()


def _made(
    generator: Generator, file: Path, names: Path | None, size: int, data: Path | None, seed: int
) -> Iterator[tuple[Any, Questions | None]]:
    """Yield every graph of a file with its questions, or why it is left out."""
    from tg_assets.task_space.scene_graphs.drawn_questions import (
        picture_questions,
        video_questions,
    )
    from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
    from tg_assets.task_space.scene_graphs.listing import VideoLister
    from tg_assets.task_space.scene_graphs.reading import read_graphs
    from tg_assets.task_space.scene_graphs.usage import usage_of
    from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph
    from tg_assets.task_space.scene_graphs.vocabulary import load_vocabulary, own_vocabulary

    lister = _lister(generator, names, size, data)
    words = own_vocabulary() if data is None else load_vocabulary(data)
    usage = None if isinstance(lister, VideoLister) else usage_of(file, words.names)
    for graph in read_graphs(file, lister.parse):
        if isinstance(graph, ImageGraph):
            asked = cast("ImageGenerator", generator.value)
            yield graph, picture_questions(graph, asked, size, seed, words, usage)
        elif isinstance(graph, VideoGraph) and isinstance(lister, VideoLister):
            yield graph, video_questions(graph, lister.generator, seed, lister.names, words)
        else:
            yield graph, None


@app.command()
def export_graphs(
    out: Annotated[Path, typer.Option(help="The folder of graphs.json and images.")],
    n: Annotated[int, typer.Option("-n", help="Pictures, in 2D and 3D by turns.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="The same seed draws the same pictures.")] = 0,
    library: Annotated[
        list[Path] | None, typer.Option(help="The folder of a library; the shipped one if absent.")
    ] = None,
) -> None:
    """Draw pictures of the project's own and write their scene graphs in GQA's format."""
    from tg_assets.task_space.own_library import open_library
    from tg_assets.task_space.scene_graphs.exporting import annotated_pictures, export_graphs
    from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary

    with plain_words():
        pictures = annotated_pictures(open_library(library or ()), own_vocabulary(), n, seed)
        file = export_graphs(out, pictures)
        print(f"{file}: {_numbered(n, 'graph')}")


@app.command()
def convert_video_names(
    folder: Annotated[Path, typer.Argument(help="The folder of the published pickles.")],
    out: Annotated[Path, typer.Argument(help="The JSON file to write.")],
) -> None:
    """Convert Task-Me-Anything's pickled names of video graphs to JSON, once and safely."""
    from tg_assets.task_space.scene_graphs.convert_names import convert_names

    with plain_words():
        print(f"{out}: {_numbered(convert_names(folder, out), 'name')}")


def _numbered(n: int, name: str) -> str:
    return f"{n:,} {name}{'' if n == 1 else 's'}"


def _file(generator: Generator, images: Path | None, videos: Path | None) -> Path:
    """Return the file that a generator reads."""
    if generator.startswith("video-"):
        if videos is None:
            raise typer.BadParameter(f"{generator.value} asks for --video-graphs FILE")
        return videos
    if images is None:
        raise typer.BadParameter(f"{generator.value} asks for --scene-graphs FILE")
    return images


def _lister(generator: Generator, names: Path | None, size: int, data: Path | None) -> Lister[Any]:
    from tg_assets.task_space.scene_graphs.listing import ImageLister, VideoLister
    from tg_assets.task_space.scene_graphs.video_graphs import load_video_names
    from tg_assets.task_space.scene_graphs.vocabulary import load_vocabulary, own_vocabulary

    if generator.startswith("video-"):
        if names is None:
            raise typer.BadParameter(f"{generator.value} asks for --names FILE")
        return VideoLister(cast("VideoGenerator", generator.value), load_video_names(names))
    words = own_vocabulary() if data is None else load_vocabulary(data)
    return ImageLister(cast("ImageGenerator", generator.value), size, words.type_of)


class _Tally:
    """What became of every plan, and of every graph without one."""

    def __init__(self) -> None:
        self.asked = 0
        self._plans: Counter[str] = Counter()
        self._graphs: Counter[str] = Counter()

    def refuse(self, reason: str, plans: int) -> None:
        """Count plans that are not asked."""
        self._plans[reason] += plans

    def left_out(self, reason: str) -> None:
        """Count a graph that has no plan."""
        self._graphs[reason] += 1

    def say(self) -> None:
        """Say how many plans were asked, and why each of the others was not."""
        plans = _numbered(self.asked + self._plans.total(), "plan")
        lines = [f"{self.asked:,} asked of {plans}"]
        lines += [f"{n:,} not asked: {reason}" for reason, n in self._plans.most_common()]
        lines += [
            f"{_numbered(n, 'graph')} without a plan: {reason}"
            for reason, n in self._graphs.most_common()
        ]
        for line in lines:
            errors.print(line, markup=False, highlight=False, soft_wrap=True)


class _Summary:
    """What a file of graphs held: shown while it is read, and said afterwards."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._reasons: Counter[str] = Counter()
        self._first: dict[str, Rejected] = {}
        self._graphs = self._plans = 0

    @property
    def counts(self) -> dict[str, Any]:
        return {
            "graphs": self._graphs,
            "plans": self._plans,
            "rejected": dict(sorted(self._reasons.items())),
        }

    @property
    def words(self) -> str:
        return f"{_numbered(self._plans, 'plan')} about {_numbered(self._graphs, 'graph')}"

    def over(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """Yield what is listed while showing how far the file is read."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        size = self._file.stat().st_size if self._file.is_file() else None
        shown = TextColumn(f"reading {self._file.name}"), BarColumn(), TimeRemainingColumn()
        # where nobody watches, Progress would leave an empty line behind
        unseen = not errors.is_terminal
        with Progress(*shown, console=errors, transient=True, disable=unseen) as progress:
            task = progress.add_task("", total=size)
            for found in listed:
                yield found
                self._add(found)
                progress.update(task, completed=found.read)

    def _add(self, found: Listed) -> None:
        self._graphs += found.graphs
        self._plans += found.plans
        for bad in found.rejected:
            self._reasons[bad.reason] += 1
            self._first.setdefault(bad.reason, bad)

    def say(self) -> None:
        """Say what was left out, and why."""
        for reason, n in self._reasons.most_common():
            first = self._first[reason]
            errors.print(
                f"{_numbered(n, 'graph')} left out: {reason}; the first is {first.id}: "
                f"{first.detail}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
