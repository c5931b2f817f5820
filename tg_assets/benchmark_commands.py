"""`tg benchmark`: benchmarks that do not change, for other people's tools."""

from __future__ import annotations

import json as plain_json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tg_assets.commanding import plain_words

app = typer.Typer(help="Benchmarks of tasks with known answers.", no_args_is_help=True)


@app.callback()
def _only_subcommands() -> None:
    """Benchmarks of tasks with known answers."""


@app.command()
def make(
    out: Annotated[Path, typer.Option(help="The folder; one that holds a benchmark is replaced.")],
    tasks: Annotated[int, typer.Option(help="How many in all, shared out evenly.", min=1)] = 300,
    per_generator: Annotated[
        int | None, typer.Option(help="Instead of --tasks: so many of each generator.", min=1)
    ] = None,
    generators: Annotated[
        list[str] | None, typer.Option("--generators", help="One of them; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same benchmark.", min=0)] = 0,
    library: Annotated[
        list[str] | None,
        typer.Option(help="The folder of a library; the shipped one when absent; may be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Freeze tasks, their pictures and plans in a folder, for VLMEvalKit and `datasets`."""
    with plain_words():
        from tg_assets.model_answers.drawing import chosen_generators
        from tg_assets.model_answers.freezing import freeze, shared_out
        from tg_assets.scenes.worlds import draw
        from tg_assets.task_space.libraries import opened

        source = opened(tuple(library or ()))
        names = chosen_generators(source, list(dict.fromkeys(generators or ())))
        wanted = (
            shared_out(names, tasks)
            if per_generator is None
            else dict.fromkeys(names, per_generator)
        )
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("tasks", total=sum(wanted.values()))
            made = freeze(
                source,
                wanted,
                seed,
                out,
                lambda world: draw(source.library, world),
                lambda done: progress.update(bar, completed=done),
            )
    count = sum(made.tasks.values())
    if json:
        said = {"hash": made.hash, "tasks": count, "folder": str(out), "tsv": str(made.tsv)}
        print(plain_json.dumps(said))
        return
    console = Console()
    console.print(f"{count} tasks of {len(made.tasks)} generators, hash {made.hash}, in {out}")
    console.print(f"for VLMEvalKit: {made.tsv}", soft_wrap=True)
    for name, number in wanted.items():
        if made.tasks.get(name, 0) < number:
            console.print(f"{name}: {made.tasks.get(name, 0)} of {number}: it has no more")
