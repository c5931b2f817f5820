"""Which pictures look like an earlier one: perceptual hashes that differ in few of 64 bits.

Two hashes that differ in at most d bits agree on one of d + 1 bands whole (the pigeonhole
principle). So a shard's hashes are sorted into the buckets of each band, and everything earlier
streams past: what is compared is what shares a bucket, what is held is one shard, and the result
is that of comparing all with all.

A picture without detail has a hash that says nothing: all of its frequencies are alike, so fewer
than half of the bits are set. Two blank pages of different colour have the same one. Such pictures
are not compared: they are neither twins of anything, nor do they make their bucket everyone's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BITS = 64
MOST_BITS_OF_A_BAND = 14
"""More buckets than this would no longer lie in the processor's cache."""

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Twins:
    """What was found for each of a shard's hashes, in their order.

    Attributes:
        distance: In how many bits the twin differs; -1 where there is none.
        earlier: The number of the twin among the earlier ones; -1 where it is none of them.
        within: The number of the twin in the shard itself; -1 where it is none of them.
    """

    distance: NDArray[np.int64]
    earlier: NDArray[np.int64]
    within: NDArray[np.int64]


def telling(hashes: Hashes) -> NDArray[np.bool_]:
    """Tell which hashes say something: a perceptual hash sets half of its bits.

    It sets those of the frequencies above their median: exactly half, but for pictures so plain
    that frequencies are equal.
    """
    found: NDArray[np.bool_] = np.bitwise_count(hashes) == BITS // 2
    return found


def find_twins(hashes: Hashes, earlier: Iterable[Hashes], max_distance: int) -> Twins:
    """Find for each hash of a shard the twin because of which its picture is left out.

    That is the nearest of the earlier hashes within the distance, the first of equally near ones;
    else the nearest of those of its own shard that come before it and have no twin themselves.

    Args:
        hashes: Of a shard, in order of arrival.
        earlier: Of everything that came before, in order, in parts of any size; read as a stream.
        max_distance: Most bits in which twins differ, 0 to 8.

    Raises:
        ValueError: The distance is out of range.
    """
    if not 0 <= max_distance <= 8:
        raise ValueError(f"max_distance is {max_distance}, it may be 0 to 8")
    chosen = np.flatnonzero(telling(hashes))
    search = _Search(hashes[chosen], max_distance)
    first = 0
    for part in earlier:
        search.past(part, first)
        first += len(part)
    return search.result(len(hashes), chosen)


class _Search:
    """A shard's hashes in their buckets, and the nearest that came past so far."""

    def __init__(self, hashes: Hashes, max_distance: int) -> None:
        from tg_assets.image_pool import hamming  # numba

        self._compiled = hamming
        self._limit = max_distance
        self._hashes = np.ascontiguousarray(hashes)
        bands = max_distance + 1
        edges = np.linspace(0, BITS, bands + 1).astype(np.int64)
        widths = np.minimum(np.diff(edges), MOST_BITS_OF_A_BAND)
        self._shifts = edges[:-1].astype(np.uint64)
        self._masks = ((1 << widths) - 1).astype(np.uint64)
        self._starts, self._members = hamming.index_of(self._hashes, self._shifts, self._masks)
        self._best = np.full(len(hashes), max_distance + 1, np.int64)
        self._twins = np.full(len(hashes), -1, np.int64)

    def past(self, earlier: Hashes, first: int) -> None:
        """Let earlier hashes past, of which the first has this number."""
        if len(self._hashes) == 0:
            return
        numbers = np.flatnonzero(telling(earlier))
        best, twins = self._best.copy(), np.full(len(self._hashes), -1, np.int64)
        self._compiled.nearest_of(
            np.ascontiguousarray(earlier[numbers]),
            self._hashes,
            self._shifts,
            self._masks,
            self._starts,
            self._members,
            best,
            twins,
        )
        found = twins >= 0
        self._best[found] = best[found]
        self._twins[found] = first + numbers[twins[found]]

    def result(self, count: int, chosen: NDArray[np.int64]) -> Twins:
        """Return what was found, of a shard of so many hashes of which these were chosen."""
        kept = self._twins < 0
        best = np.full(len(self._hashes), self._limit + 1, np.int64)
        within = np.full(len(self._hashes), -1, np.int64)
        if len(self._hashes):
            self._compiled.keep_first(
                self._hashes,
                self._shifts,
                self._masks,
                self._starts,
                self._members,
                kept,
                self._limit,
                best,
                within,
            )
        result = Twins(*(np.full(count, -1, np.int64) for _ in range(3)))
        result.earlier[chosen] = self._twins
        result.within[chosen[within >= 0]] = chosen[within[within >= 0]]
        near = np.where(self._twins >= 0, self._best, best)
        result.distance[chosen] = np.where(near <= self._limit, near, -1)
        return result
