"""An answer as a table, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tg_assets.model_performance.queries.answering import ESTIMATES, Answer
from tg_assets.model_performance.queries.query import Compare, Debug, Query, Threshold, TopK


def as_json(found: Answer) -> dict[str, Any]:
    """Return an answer as what JSON can hold; units that were not found are left out."""
    expected, low, high = found.number_found or (None, None, None)
    return {
        "query": found.query.model_dump(mode="json"),
        "found": found.found.to_dicts(),
        "units": found.units.height,
        "threshold": found.threshold,
        "number_found": {"expected": expected, "low": low, "high": high},
        "patterns": [
            {"values": dict(one.values), "count": one.count, "among": one.among}
            for one in found.patterns
        ],
        "spent": found.spent,
        "free": found.free,
        "failed": found.failed.to_dicts(),
        "notes": found.notes,
    }


def show(found: Answer, console: Console, rows: int) -> None:
    """Print an answer: its units with their intervals, patterns, and what it took."""
    console.print(_units(found, rows))
    more = found.found.height - rows
    if more > 0:
        console.print(f"and {more:,} more (--rows, or --json for all)", highlight=False)
    if found.patterns:
        console.print(_patterns(found))
    for line in _lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _units(found: Answer, rows: int) -> Table:
    table = Table(title=said(found.query), box=box.SIMPLE_HEAD, padding=(0, 1))
    grouped = bool(found.query.by)
    table.add_column(", ".join(found.query.by) or "plan", overflow="fold")
    numbers = [_measure(found.query), f"{found.query.confidence:.0%} interval", "surely in"]
    for name in [*numbers, "plans", "evaluated"] if grouped else [*numbers, "evaluated"]:
        table.add_column(name, justify="right")
    for row in found.found.head(rows).iter_rows(named=True):
        table.add_row(_label(row, grouped), *_cells(row, grouped))
    return table


def _label(row: dict[str, Any], grouped: bool) -> str:
    named = {name: value for name, value in row.items() if name not in ESTIMATES}
    if grouped:
        return ", ".join("(none)" if value is None else str(value) for value in named.values())
    generator, index = named.pop("generator"), named.pop("index")
    rest = " ".join(str(value) for value in named.values() if value is not None)
    return f"{generator} {index}: {rest}"


def _cells(row: dict[str, Any], grouped: bool) -> list[str]:
    """Return estimate, interval, chance and counts."""
    interval = "not known"
    if row["low"] is not None:
        exact = row["low"] == row["high"]
        interval = "exact" if exact else f"{row['low']:.2f} to {row['high']:.2f}"
    chance = "-" if row["chance"] is None else f"{row['chance']:.0%}"
    cells = [f"{row['estimate']:.3f}", interval, chance]
    evaluated = f"{row['evaluated']:,}" if grouped else ("yes" if row["evaluated"] else "no")
    return [*cells, f"{row['plans']:,}", evaluated] if grouped else [*cells, evaluated]


def _measure(query: Query) -> str:
    return "difference" if isinstance(query, Compare) else "correct"


def _patterns(found: Answer) -> Table:
    table = Table(title="What they have in common", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("pattern", overflow="fold")
    for name in ("found", "of all", "share"):
        table.add_column(name, justify="right")
    for one in found.patterns:
        values = ", ".join(f"{name} {value}" for name, value in one.values.items())
        table.add_row(values, f"{one.count:,}", f"{one.among:,}", f"{one.count / one.among:.0%}")
    return table


def _lines(found: Answer) -> Iterator[str]:
    if found.number_found is not None and found.threshold is not None:
        expected, low, high = found.number_found
        yield (
            f"beyond {found.threshold:.3f}: {found.found.height:,} of {found.units.height:,} "
            f"found; {expected:,.0f} are expected, from {low:,.0f} to {high:,.0f}"
        )
    yield f"{found.spent:,} of {found.query.budget:,} evaluations bought, {found.free:,} were known"
    yield from found.notes
    reasons = found.failed.group_by("model", "reason").len().sort("len", descending=True)
    for model, reason, number in reasons.head(5).iter_rows():
        yield f"failed: {model}, {number:,} times: {reason}"


def said(query: Query) -> str:
    """Return a query in words."""
    what = f"groups by {' and '.join(query.by)}" if query.by else "plans"
    if isinstance(query, TopK):
        asked = f"the {query.k} {what} that {query.model} is {query.order} at"
    elif isinstance(query, Threshold):
        asked = f"{what} on which {query.model} is {query.side} {query.threshold:g}"
    elif isinstance(query, Compare):
        margin = f" by more than {query.margin:g}" if query.margin else ""
        asked = (
            f"{what} on which {query.model} is {query.finding} than {_and(query.others)}{margin}"
        )
    else:
        assert isinstance(query, Debug)
        asked = f"{what} that are unusually bad for {query.model}"
    where = query.plans.model_dump(exclude={"at_most", "slots"}, exclude_none=True)
    kept = [f"{name} {value}" for name, value in {**where, **query.plans.slots}.items()]
    return f"{asked}, among plans with {_and(tuple(kept))}" if kept else asked


def _and(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
