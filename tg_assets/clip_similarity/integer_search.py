"""A search by a product of 16-bit whole numbers: twice float32's speed wherever AVX2 is."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from tg_assets.clip_similarity import error_bounds as bounds
from tg_assets.clip_similarity.error_bounds import Doubles
from tg_assets.clip_similarity.exact_scores import Floats
from tg_assets.clip_similarity.searches import Found, Tasks, proven

_SPARE = 8
"""Candidates beyond k: fewer than for bfloat16, because the product is more exact."""

_LENGTH = 46_000
"""Length of a vector of whole numbers. By Cauchy and Schwarz a product of two such, each longer by
about half of sqrt(d) through rounding, is below 2**31 up to 400,000 dimensions; partial sums may
pass it, because whole numbers that wrap around come back."""
_GREATEST = 32_767
_LOST = 0.503
"""What rounding takes of a coordinate at most: half, and float32's error of the number rounded."""


class IntegerSearch:
    """See `searches.Search`; needs AVX2.

    All task types share one scale, so that products compare as they are; each image has its own.

    Args:
        tasks: The task types.
        threads: Blocks at a time.
    """

    def __init__(self, tasks: Tasks, threads: int) -> None:
        from tg_assets.clip_similarity import kernels

        self.kernels = kernels
        self.tasks = tasks
        self.threads = threads
        # 32 tiles are 300 kB at 768 dimensions: they stay in the second cache while all task
        # types pass by.
        self.rows = 32 * kernels.TILE
        scale = _scales(tasks.vectors, tasks.lengths).min()
        self.scale = float(scale)
        self.panels = _packed(
            kernels, tasks.vectors, np.full(len(tasks.vectors), scale), kernels.PANEL, threads
        )

    def block(self, images: Floats, length: Doubles, width: int) -> Found:
        """See `searches.Search`."""
        (n, d), tasks, kernels = images.shape, self.tasks, self.kernels
        keep = min(width + _SPARE, len(tasks.vectors))
        scales = _scales(images, length)
        tiles = _packed(kernels, images, scales, kernels.TILE)
        values = np.empty((n, 2 * keep), np.int32)
        places = np.empty((n, 2 * keep), np.int32)
        floors = np.empty(n, np.int32)
        kernels.best_products(tiles, self.panels, len(tasks.vectors), keep, values, places, floors)
        ceiling = np.full(n, -np.inf)
        if keep < len(tasks.vectors):
            exact = scales.astype(np.float64)
            lost = _LOST * np.sqrt(d)
            ceiling = floors / (exact * self.scale) + bounds.operands(
                length, lost / exact, tasks.longest, lost / self.scale
            )
        indices = np.empty((n, width), np.int32)
        scores = np.empty((n, width), np.float32)
        kernels.best_scores(images, tasks.vectors, places[:, :keep], tasks.place, indices, scores)
        return Found(indices, scores, proven(scores, ceiling, length, tasks.longest))


def _packed(
    kernels: ModuleType, vectors: Floats, scales: Floats, width: int, threads: int = 1
) -> NDArray[np.int32]:
    n, d = vectors.shape
    groups = -(-n // width)
    packed = _aligned((groups, -(-d // 2), width))

    def part(first: int) -> None:
        some = slice(first, first + step)
        rows = slice(first * width, (first + step) * width)
        kernels.pack(vectors[rows], scales[rows], packed[some])

    step = -(-groups // threads)
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        deque((pool.map if pool else map)(part, range(0, groups, step)))
    return packed


def _scales(vectors: Floats, lengths: Doubles) -> Floats:
    greatest = np.maximum(vectors.max(axis=1), -vectors.min(axis=1)).astype(np.float64)
    scales = np.minimum(_LENGTH / lengths, _GREATEST / greatest)
    # Towards zero, so that rounding the scale makes no number too great.
    below: Floats = np.nextafter(scales.astype(np.float32), np.float32(0))
    return below


def _aligned(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return an array that begins at a cache line: a load that crosses one takes twice as long."""
    count = int(np.prod(shape))
    room = np.empty(count + 16, np.int32)
    start = -room.ctypes.data % 64 // 4
    return room[start : start + count].reshape(shape)
