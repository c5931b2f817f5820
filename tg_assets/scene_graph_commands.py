"""`tg task-space plans`: tasks about pictures and films that people annotated."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tg_assets.commanding import errors, plain_words

if TYPE_CHECKING:
    from tg_assets.task_space.scene_graphs.reading import Rejected

app = typer.Typer()


class Generator(StrEnum):
    """The generators over scene graphs."""

    OBJECT = "object"
    ATTRIBUTE = "attribute"
    RELATION = "relation"


@app.command()
def plans(
    scene_graphs: Annotated[
        Path, typer.Option(help="A file in GQA's format: image id to scene graph.")
    ],
    generator: Annotated[Generator, typer.Option(help="What is asked.")],
    subgraph_size: Annotated[
        int, typer.Option(min=1, help="Elements of the subgraph that picks an object out.")
    ] = 1,
    data: Annotated[
        Path | None, typer.Option(help="A folder in Task-Me-Anything's format: attribute types.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the plans about annotated pictures, in the order of the file."""
    from tg_assets.task_space.scene_graphs.image_graphs import read_image_graphs
    from tg_assets.task_space.scene_graphs.image_plans import image_plans, json_lines
    from tg_assets.task_space.scene_graphs.reading import Rejected
    from tg_assets.task_space.scene_graphs.vocabulary import load_vocabulary, own_vocabulary

    with plain_words():
        words = own_vocabulary() if data is None else load_vocabulary(data)
        with _reading(scene_graphs) as (watch, reject):
            for graph in read_image_graphs(scene_graphs, watch):
                if isinstance(graph, Rejected):
                    reject(graph)
                    continue
                for found in image_plans(graph, generator.value, subgraph_size, words.type_of):
                    sys.stdout.buffer.write(json_lines(found))
        sys.stdout.buffer.flush()


@contextmanager
def _reading(file: Path) -> Iterator[tuple[Callable[[int], None], Callable[[Rejected], None]]]:
    """Show how far a file is read, and afterwards what was left out of it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    reasons: Counter[str] = Counter()
    first: dict[str, Rejected] = {}

    def reject(bad: Rejected) -> None:
        reasons[bad.reason] += 1
        first.setdefault(bad.reason, bad)

    size = file.stat().st_size if file.is_file() else None
    shown = TextColumn(f"reading {file.name}"), BarColumn(), TimeRemainingColumn()
    with Progress(*shown, console=errors, transient=True) as progress:
        task = progress.add_task("", total=size)
        yield lambda read: progress.update(task, completed=read), reject
    for reason, n in reasons.most_common():
        errors.print(
            f"{n:,} graphs left out: {reason} (first {first[reason].id}: {first[reason].detail})",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
