"""`tg forecast`: what the next pass would ask and cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from tg_assets.commanding import ConfigOption, plain_words, settings_of

if TYPE_CHECKING:
    from tg_assets.forecasting.forecast import Forecast
    from tg_assets.forecasting.lines import Line
    from tg_assets.forecasting.spans import Span
    from tg_assets.settings import Settings

WIDTH = 110
"""Columns where there is no terminal to ask."""


def forecast(
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Say what the next `tg run` would ask, use and cost; asks and changes nothing."""
    with plain_words():
        _show_forecast(settings_of(config, to_read=True), as_json=json)


def _show_forecast(settings: Settings, *, as_json: bool) -> None:
    from resources.galaxy import Galaxy
    from tg_assets.forecasting.forecast import forecast as worked_out

    galaxy = Galaxy(settings)
    try:
        found = worked_out(galaxy)
    finally:
        galaxy.close()
    if as_json:
        print(found.to_json(), flush=True)
        return
    console = Console()
    _show(found, console if console.is_terminal else Console(width=WIDTH))


def _show(found: Forecast, console: Console) -> None:
    console.print(_table(found))
    if found.new_shards or found.new_seeds:
        new = f"new: {found.new_shards:,} image shards, {found.new_seeds:,} seed task types"
        console.print(new, highlight=False)
    if not found.total("requests").high:
        console.print("Nothing would be asked: $0.00", highlight=False)
        return
    cost = found.total("cost")
    console.print(
        f"total: ${cost.expected:,.2f} expected, from ${cost.low:,.2f} to ${cost.high:,.2f}; "
        f"{_time(found.total('seconds'))}",
        highlight=False,
    )
    console.print("This rests on:", highlight=False)
    for line in found.assumptions:
        console.print(f"- {line}", markup=False, highlight=False, soft_wrap=True)


def _table(found: Forecast) -> Table:
    """Return the stages as a table; a cell is what is expected, and its range where it has one."""
    title = f"{found.name}: what the next pass would ask"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("stage, model", no_wrap=True)
    for name in ("known", "certain", "questions", "requests", "tokens in", "tokens out", "$"):
        table.add_column(name, justify="right", overflow="fold")
    for line in found.lines:
        table.add_row(f"{line.stage}\n  {line.meter.name}", *_cells(line))
    table.add_section()
    totals = [_short(found.total(what)) for what in ("questions", "requests", "prompt")]
    known, certain = _sums(found.lines)
    table.add_row("all", known, certain, *totals, _short(found.total("completion")), _money(found))
    return table


def _cells(line: Line) -> list[str]:
    return [
        f"{line.known:,}",
        f"{line.certain:,}",
        *(_short(span) for span in (line.questions, line.requests, line.prompt, line.completion)),
        _dollars(line.cost),
    ]


def _sums(lines: Sequence[Line]) -> tuple[str, str]:
    return f"{sum(line.known for line in lines):,}", f"{sum(line.certain for line in lines):,}"


def _money(found: Forecast) -> str:
    return _dollars(found.total("cost"))


def _short(span: Span) -> str:
    if span.is_known:
        return _number(span.expected)
    return f"{_number(span.expected)}\n{_number(span.low)}-{_number(span.high)}"


def _number(value: float) -> str:
    """Return a count to three digits: 999, 17.3k, 4.05M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:
            return f"{value / size:#.3g}".rstrip(".") + letter
    return str(math.ceil(value))


def _dollars(span: Span) -> str:
    if span.is_known:
        return f"{span.expected:,.2f}"
    return f"{span.expected:,.2f}\n{span.low:,.2f}-{span.high:,.2f}"


def _time(span: Span) -> str:
    return f"{_clock(span.expected)} of asking, from {_clock(span.low)} to {_clock(span.high)}"


def _clock(seconds: float) -> str:
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:.1f} days"
    if seconds >= 2 * 3_600:
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 120 else f"{seconds:.0f} s"
