"""`tg task-space plans`: tasks about pictures and videos that people annotated."""

from __future__ import annotations

import json as plain_json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tg_assets.commanding import errors, plain_words

if TYPE_CHECKING:
    from tg_assets.task_space.scene_graphs.listing import Listed
    from tg_assets.task_space.scene_graphs.reading import Rejected

app = typer.Typer()


class Generator(StrEnum):
    """The generators over scene graphs."""

    OBJECT = "object"
    ATTRIBUTE = "attribute"
    RELATION = "relation"


@app.command()
def plans(
    generator: Annotated[Generator, typer.Option(help="What is asked.")],
    scene_graphs: Annotated[
        Path, typer.Option(help="A file in GQA's format: image id to scene graph.")
    ],
    subgraph_size: Annotated[
        int, typer.Option(min=1, help="Elements of the subgraph that picks an object out.")
    ] = 1,
    data: Annotated[
        Path | None, typer.Option(help="A folder in Task-Me-Anything's format: attribute types.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the file.")] = 1,
    count: Annotated[bool, typer.Option("--count", help="Count plans, list none.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List plans about annotated pictures in the order of the file; without --json count them."""
    from tg_assets.task_space.scene_graphs.listing import ImageLister, list_plans
    from tg_assets.task_space.scene_graphs.vocabulary import load_vocabulary, own_vocabulary

    with plain_words():
        words = own_vocabulary() if data is None else load_vocabulary(data)
        lister = ImageLister(generator.value, subgraph_size, words.type_of)
        counting = count or not json
        summary = _Summary(scene_graphs)
        try:
            for found in summary.over(list_plans(scene_graphs, lister, counting, workers)):
                sys.stdout.buffer.writelines(found.lines)
            sys.stdout.buffer.flush()
        finally:
            summary.say()
        if counting:
            print(plain_json.dumps(summary.counts) if json else summary.words)


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
        return f"{self._plans:,} plans about {self._graphs:,} graphs"

    def over(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """Yield what is listed while showing how far the file is read."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        size = self._file.stat().st_size if self._file.is_file() else None
        shown = TextColumn(f"reading {self._file.name}"), BarColumn(), TimeRemainingColumn()
        with Progress(*shown, console=errors, transient=True) as progress:
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
            graphs = "graph" if n == 1 else "graphs"
            errors.print(
                f"{n:,} {graphs} left out: {reason}; the first is {first.id}: {first.detail}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
