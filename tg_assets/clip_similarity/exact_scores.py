"""A pair's score, defined once: the same number on every path, in every block, on every device.

The score is the sum of the products of two vectors in float64, in one fixed order, rounded to
float32. Products of float32 (and so of float16) values are exact in float64, so a fused
multiply-add gives the same bits as a multiplication and an addition, and the order alone decides:
coordinate i is added to lane i mod `LANES` in the order of i, and lanes are folded in halves.
The compiled kernel (`kernels.py`), the torch path and NumPy here all follow it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LANES = 32

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


def pair_scores(left: Floats, right: Floats) -> Floats:
    """Score pairs of vectors along the last axis.

    Args:
        left: Vectors, float32.
        right: As many, or what broadcasts to as many.

    Returns:
        float32, one a pair; never -0.0, which a table would sort apart from 0.0.
    """
    lanes = np.zeros((*np.broadcast_shapes(left.shape, right.shape)[:-1], LANES), np.float64)
    for start in range(0, left.shape[-1], LANES):
        part = slice(start, start + LANES)
        products = np.multiply(left[..., part], right[..., part], dtype=np.float64)
        lanes[..., : products.shape[-1]] += products
    scores: Floats = folded(lanes).astype(np.float32) + np.float32(0)
    return scores


def folded(lanes: Any) -> Any:
    """Add up the last axis by halves; takes NumPy arrays and torch tensors alike."""
    width = LANES
    while width > 1:
        width //= 2
        lanes = lanes[..., :width] + lanes[..., width : 2 * width]
    return lanes[..., 0]


def best_of(
    images: Floats,
    tasks: Floats,
    candidates: NDArray[np.integer[Any]],
    place: NDArray[np.int64],
    width: int,
) -> tuple[Indices, Floats]:
    """Score each image's candidates and return the best, equal scores in the order of ids.

    Args:
        images: (n, d).
        tasks: (m, d).
        candidates: Positions in the tasks, (n, c) with c >= width.
        place: Each task type's place in the order of ids, (m,).
        width: How many to return.

    Returns:
        Positions and scores, each (n, width).
    """
    scores = np.empty(candidates.shape, np.float32)
    # A few rows at a time: the gathered vectors are far larger than the scores.
    step = max(1, 2**20 // max(1, candidates.shape[1] * images.shape[1]))
    for start in range(0, len(images), step):
        rows = slice(start, start + step)
        scores[rows] = pair_scores(images[rows, None, :], tasks[candidates[rows]])
    order = np.lexsort((place[candidates], -scores), axis=1)[:, :width]
    return (
        np.take_along_axis(candidates, order, axis=1).astype(np.int32),
        np.take_along_axis(scores, order, axis=1),
    )
