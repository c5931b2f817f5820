"""Frequent closed patterns: what the rows of a table have in common.

A pattern is a set of column values; its count, how many rows hold all of them. It is closed when
no further value is held by all of these rows: of the patterns with the same rows only the longest
is told. All closed patterns of a table are visited, most frequent first, by extending each by one
value and closing it (as in LCM: Uno, Asai, Uchida and Arimura, FIMI 2003); as no count grows on the
way down, the first k that leave the queue are the k most frequent.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

Value = str | int

SHARED = 2
"""What fewer rows than this hold is a row, not a pattern."""


@dataclass(frozen=True)
class Pattern:
    """What rows have in common.

    Attributes:
        values: Column values; empty where all rows have nothing in common.
        count: How many rows hold them.
        among: How many rows of the table of all hold them.
    """

    values: Mapping[str, Value]
    count: int
    among: int


def closed_patterns(rows: pl.DataFrame, everything: pl.DataFrame, k: int) -> list[Pattern]:
    """Return the k most frequent closed patterns that at least two rows share, and not everything.

    Args:
        rows: What was found.
        everything: What it was found among: a pattern that all of it holds says nothing.
        k: How many; ties are broken by the shorter pattern and then by the order of columns.
    """
    items = [
        (name, value)
        for name in rows.columns
        for value in rows[name].drop_nulls().unique().sort().to_list()
    ]
    if not items or k < 1:
        return []
    holds = np.column_stack([(rows[n] == v).fill_null(False).to_numpy() for n, v in items])
    found: list[Pattern] = []
    for chosen, count in _most_frequent_first(holds):
        if count < SHARED:
            break
        values = dict(items[item] for item in chosen)
        held = everything.filter(pl.col(n) == v for n, v in values.items()) if values else None
        among = everything.height if held is None else held.height
        if among < everything.height:
            found.append(Pattern(values, count, among))
        if len(found) == k:
            break
    return found


def _most_frequent_first(holds: np.ndarray) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield all closed sets of items with their counts.

    Args:
        holds: Rows x items: whether the row holds the item.
    """
    met: set[tuple[int, ...]] = set()
    queue: list[tuple[int, int, tuple[int, ...]]] = []

    def push(rows: np.ndarray) -> None:
        items = tuple(np.flatnonzero(holds[rows].all(axis=0)).tolist())
        if items not in met:
            met.add(items)
            heapq.heappush(queue, (-int(rows.sum()), len(items), items))

    push(np.ones(len(holds), bool))
    while queue:
        minus_count, _, items = heapq.heappop(queue)
        yield items, -minus_count
        rows = holds[:, list(items)].all(axis=1)
        counts = holds[rows].sum(axis=0)
        for item in np.flatnonzero((counts > 0) & (counts < -minus_count)):
            push(rows & holds[:, item])
