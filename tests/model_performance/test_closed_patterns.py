"""Patterns are exactly the closed sets that two rows share, with counts, most frequent first."""

from __future__ import annotations

from itertools import chain, combinations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.model_performance.queries.closed_patterns import closed_patterns

Row = dict[str, str | None]
SCHEMA = {"a": pl.String, "b": pl.String, "c": pl.String}
values = st.sampled_from(["x", "y", None])
tables = st.lists(st.fixed_dictionaries(dict.fromkeys(SCHEMA, values)), max_size=7)


def items_of(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in row.items() if value is not None)


def by_brute_force(rows: list[Row]) -> dict[frozenset[tuple[str, str]], int]:
    """Every set of items that is all that the rows holding it have in common."""
    held = [items_of(row) for row in rows]
    every = frozenset(chain.from_iterable(held))
    sets = chain.from_iterable(combinations(sorted(every), n) for n in range(len(every) + 1))
    found = {}
    for items in map(frozenset, sets):
        holding = [row for row in held if items <= row]
        if len(holding) >= 2 and frozenset.intersection(*holding) == items:
            found[items] = len(holding)
    return found


@settings(max_examples=40, deadline=None)
@given(tables, tables)
def test_they_are_the_closed_ones_with_their_counts(rows: list[Row], others: list[Row]) -> None:
    everything = pl.DataFrame([*rows, *others], schema=SCHEMA)
    found = closed_patterns(pl.DataFrame(rows, schema=SCHEMA), everything, 1000)
    among = {items: sum(items <= items_of(row) for row in rows + others) for items in [*by(found)]}
    expected = by_brute_force(rows)
    says_nothing = {
        items for items in expected if count(items, rows + others) == len(rows + others)
    }
    assert by(found) == {k: n for k, n in expected.items() if k not in says_nothing}
    assert {frozenset(one.values.items()): one.among for one in found} == among
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)


@settings(max_examples=20, deadline=None)
@given(tables, st.integers(0, 5))
def test_the_first_k_are_the_most_frequent(rows: list[Row], k: int) -> None:
    everything = pl.DataFrame([*rows, dict.fromkeys(SCHEMA)], schema=SCHEMA)
    table = pl.DataFrame(rows, schema=SCHEMA)
    assert closed_patterns(table, everything, k) == closed_patterns(table, everything, 1000)[:k]


def by(found: list) -> dict[frozenset[tuple[str, str]], int]:  # type: ignore[type-arg]
    return {frozenset(one.values.items()): one.count for one in found}


def count(items: frozenset[tuple[str, str]], rows: list[Row]) -> int:
    return sum(items <= items_of(row) for row in rows)
