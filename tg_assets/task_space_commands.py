"""`tg task-space`: counting, reaching and drawing plans from the command line."""

from __future__ import annotations

import json as plain_json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from tg_assets.commanding import plain_words, say

if TYPE_CHECKING:
    import polars as pl

    from tg_assets.task_space.selection import Where
    from tg_assets.task_space.space import TaskSpace

app = typer.Typer(help="Tasks with known answers: counted and reached by index.")

DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data",
        help="The folder of a library, in the project's own or in Task-Me-Anything's format; the "
        "one that comes with the project when absent. Repeated, the project's own lie on top of "
        "each other: --data shipped --data MINE.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
GeneratorOption = Annotated[str | None, typer.Option(help="Of this generator alone.")]


def _space(data: list[Path] | None) -> TaskSpace:
    from tg_assets.task_space.own_library import open_library
    from tg_assets.task_space.space import TaskSpace

    return TaskSpace(open_library(data or ()))


@app.command()
def count(data: DataOption = None, json: JsonOption = False) -> None:
    """Count the plans of each generator, without listing one."""
    with plain_words():
        space = _space(data)
    _say_without_plans(space.without_plans)
    if json:
        print(plain_json.dumps({"generators": dict(space.counts), "total": space.total}))
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("generator")
    table.add_column("plans", justify="right")
    for name, plans in space.counts.items():
        table.add_row(name, f"{plans:,}")
    table.add_section()
    table.add_row("all", f"{space.total:,}")
    Console().print(table)


def _say_without_plans(reasons: Mapping[str, str]) -> None:
    """Say which generators have no plans, and why, a line a reason."""
    for reason in dict.fromkeys(reasons.values()):
        names = [name for name, mine in reasons.items() if mine == reason]
        say(f"No plans of {', '.join(names)}: {reason}.", style="yellow")


@app.command()
def plan(
    generator: Annotated[str, typer.Option(help="The generator.")],
    index: Annotated[int, typer.Option(help="The plan's index in it.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show the plan of an index."""
    import numpy as np

    with plain_words():
        rows = _space(data).generator(generator).plans(np.array([index]))
    _show(rows, json)


@app.command()
def sample(
    data: DataOption = None,
    n: Annotated[int, typer.Option("-n", help="How many plans.", min=0)] = 10,
    seed: Annotated[int, typer.Option(help="The same seed draws the same plans.")] = 0,
    generator: GeneratorOption = None,
    target: Annotated[str | None, typer.Option(help="A category, with all below it.")] = None,
    attribute: Annotated[str | None, typer.Option(help="TYPE or TYPE=VALUE.")] = None,
    reference: Annotated[str | None, typer.Option(help="A category, with all below it.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE of another column; may be repeated.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Draw different plans, each as likely as any other."""
    from tg_assets.task_space.selection import UnknownFilter, Where

    with plain_words():
        pairs = [condition.partition("=") for condition in where or ()]
        for column, equals, _ in pairs:
            if not equals:
                raise UnknownFilter(f"--where takes COLUMN=VALUE, not {column!r}")
        kind, _, value = (attribute or "").partition("=")
        slots = {column: value for column, _, value in pairs}
        wanted = Where(generator, target, kind or None, value or None, reference, slots)
        space = _space(data)
        rows = space.sample(n, seed, wanted)
    _show(rows, json)
    if generator is None:
        _say_left_out(space.lacking(wanted))
    if rows.height < n:
        _say_shortfall(space, wanted, rows.height, n)


def _say_left_out(lacking: Mapping[str, tuple[str, ...]]) -> None:
    """Say which generators have no such column as is asked for."""
    for columns in dict.fromkeys(lacking.values()):
        names = [name for name, mine in lacking.items() if mine == columns]
        say(f"Left out, having no {' and no '.join(columns)}: {', '.join(names)}.", style="yellow")


def _say_shortfall(space: TaskSpace, wanted: Where, there: int, n: int) -> None:
    """Say that fewer plans are there than were asked for."""
    whose = f" of {wanted.generator}" if wanted.generator else ""
    if there:
        match = "plan matches" if there == 1 else "plans match"
        say(f"Only {there:,} {match}{whose}, not {n:,}: these are all.", style="yellow")
        return
    without = space.without_plans.get(wanted.generator or "")
    why = without or "no plan has all that is asked for"
    say(f"No plans{whose}: {why}.", style="yellow")


def _show(rows: pl.DataFrame, json: bool) -> None:
    """Print plans: one JSON object a line, or what each names."""
    for row in rows.iter_rows(named=True):
        named = {column: value for column, value in row.items() if value is not None}
        if json:
            print(plain_json.dumps(named))
        else:
            said = ", ".join(f"{column} {value}" for column, value in named.items())
            Console().print(said, markup=False, highlight=False, soft_wrap=True)
