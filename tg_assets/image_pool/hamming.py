"""The compiled loops of the search for near hashes; importing this loads numba."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from tg_assets.compiled import compiled

Hashes = NDArray[np.uint64]


@nb.njit(inline="always")  # type: ignore[untyped-decorator]
def distance(a: Any, b: Any) -> Any:
    """Count the bits in which two hashes differ; LLVM makes one instruction of it."""
    x = a ^ b
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def index_of(
    hashes: Hashes, shifts: Hashes, masks: Hashes
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sort the hashes into the buckets of each band, in order.

    Returns:
        Where each bucket begins, (bands, buckets + 1), and the hashes' numbers, (bands, hashes).
    """
    buckets = np.int64(masks.max()) + 1
    starts = np.zeros((len(shifts), buckets + 1), np.int32)
    members = np.empty((len(shifts), len(hashes)), np.int32)
    for band in range(len(shifts)):
        for hash_ in hashes:
            starts[band, np.int64((hash_ >> shifts[band]) & masks[band]) + 1] += 1
        for bucket in range(buckets):
            starts[band, bucket + 1] += starts[band, bucket]
        place = starts[band, :-1].copy()
        for number in range(len(hashes)):
            into = np.int64((hashes[number] >> shifts[band]) & masks[band])
            members[band, place[into]] = number
            place[into] += 1
    return starts, members


@compiled
def nearest_of(
    earlier: Hashes,
    hashes: Hashes,
    shifts: Hashes,
    masks: Hashes,
    starts: NDArray[np.int32],
    members: NDArray[np.int32],
    best: NDArray[np.int64],
    twins: NDArray[np.int64],
) -> None:
    """Note for each hash the nearest of the earlier ones, the first of equally near ones.

    Args:
        earlier: Hashes that come before all of `hashes`.
        hashes: The hashes that are looked for, which `starts` and `members` index.
        shifts: Of each band.
        masks: Of each band.
        starts: Of :func:`index_of`.
        members: Of :func:`index_of`.
        best: The distances of the twins so far, lowered where a nearer one is found.
        twins: Filled with the numbers of those that are nearer.
    """
    for n in range(len(earlier)):
        one = earlier[n]
        for band in range(len(shifts)):
            bucket = np.int64((one >> shifts[band]) & masks[band])
            for at in range(starts[band, bucket], starts[band, bucket + 1]):
                number = members[band, at]
                found = distance(one, hashes[number])
                if found < best[number]:
                    best[number] = found
                    twins[number] = n


@compiled
def keep_first(
    hashes: Hashes,
    shifts: Hashes,
    masks: Hashes,
    starts: NDArray[np.int32],
    members: NDArray[np.int32],
    kept: NDArray[np.bool_],
    limit: int,
    best: NDArray[np.int64],
    twins: NDArray[np.int64],
) -> None:
    """Take the hashes in order; of those within the limit of one that is kept, keep none.

    Args:
        hashes: In order of arrival.
        shifts: Of each band.
        masks: Of each band.
        starts: Of :func:`index_of`.
        members: Of :func:`index_of`.
        kept: Those that may be kept; cleared where a twin is found.
        limit: Of the distance.
        best: Filled with the distances of the twins found.
        twins: Filled with their numbers.
    """
    for number in range(len(hashes)):
        if not kept[number]:
            continue
        for band in range(len(shifts)):
            bucket = np.int64((hashes[number] >> shifts[band]) & masks[band])
            for at in range(starts[band, bucket], starts[band, bucket + 1]):
                other = members[band, at]
                if other >= number:
                    break
                if not kept[other]:
                    continue
                found = distance(hashes[number], hashes[other])
                if found <= limit and (
                    found < best[number] or (found == best[number] and other < twins[number])
                ):
                    best[number] = found
                    twins[number] = other
        if best[number] <= limit:
            kept[number] = False
