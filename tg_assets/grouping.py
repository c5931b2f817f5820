"""Which partitions go into one run: those that follow each other and want the same made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

from tg_assets.partitions import dimensions

Stale = tuple[str | None, tuple[str, ...]]
"""A partition, and the assets of its job that are to be made."""
Group = tuple[tuple[str, ...], tuple[str, ...]]
"""Partitions that one run takes (none for what has none), and the assets to be made of each."""


def grouped(stale: Iterable[Stale], order: Mapping[str, int], most: int) -> list[Group]:
    """Put partitions into runs.

    A run names its partitions by the first and the last, so it takes what lies side by side in
    Dagster's order of image shards, of one task batch or one referee: a run never needs two
    models.

    Args:
        stale: What is to be made, in the order of a pass.
        order: The place of each key of the first dimension among those that Dagster knows.
        most: Most partitions of a run.

    Returns:
        The runs, in the order of their first partitions: one model is done before the next.
    """
    groups: list[tuple[list[str], tuple[str, ...]]] = []
    last_of: dict[tuple[str, ...], list[str]] = {}
    for partition, assets in stale:
        if partition is None:
            groups.append(([], assets))
            continue
        first, *rest = dimensions(partition)
        side = (*assets, *rest)
        group = last_of.get(side)
        if group is None or not _goes_on(group, first, order, most):
            group = last_of[side] = []
            groups.append((group, assets))
        group.append(partition)
    return [(tuple(keys), assets) for keys, assets in groups]


def _goes_on(group: list[str], first: str, order: Mapping[str, int], most: int) -> bool:
    last = dimensions(group[-1])[0]
    return len(group) < most and order.get(first, -1) == order.get(last, -1) + 1


def most_of_a_run(partitions: int, at_once: int, limit: int) -> int:
    """Return how many partitions a run takes, so that all that may run at once have work.

    Args:
        partitions: How many there are to be made.
        at_once: Runs under way at the same time.
        limit: The settings' `partitions_per_run`.
    """
    return max(1, min(limit, ceil(partitions / at_once)))
