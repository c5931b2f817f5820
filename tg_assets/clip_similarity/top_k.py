"""The best task types of each image, exactly, without ever holding the whole matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 512
"""Images per block: over 19,227 task types one block of scores takes 39 MB."""

SPARE = 16
"""Candidates looked at beyond k. Only speed depends on it: rows that need more get more."""

_UNIT_ROUNDOFF = 2.0**-24  # of float32
_SMALLEST = 2.0**-126  # below which float32 loses digits or becomes 0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TopK:
    """The best task types of each image, best first.

    Attributes:
        indices: Positions in the task types, int32, one row per image.
        scores: Their cosine similarity, float32, of the same shape.
    """

    indices: NDArray[np.int32]
    scores: Floats


def top_k(images: Floats, tasks: Floats, task_ids: Sequence[str], k: int) -> TopK:
    """Find the k task types with the highest score for each image.

    A pair's score is the float64 sum of its products, in a fixed order, rounded to float32: it
    depends on nothing but the two vectors, so the same pair has the same score in every block,
    batch and call. Equal scores are in the order of `task_ids`. A float32 matrix product finds
    the candidates, with a margin as wide as its rounding can be.

    Args:
        images: One row per image, of length 1.
        tasks: One row per task type, of length 1.
        task_ids: The task types' ids, unique.
        k: How many; all of them, in order, where there are fewer.

    Raises:
        ValueError: Shapes do not fit, a value is not finite, or an id stands twice.
    """
    images, tasks = _checked(images, "images"), _checked(tasks, "tasks")
    if images.shape[1] != tasks.shape[1] and len(images) and len(tasks):
        raise ValueError(
            f"images have {images.shape[1]} dimensions and tasks {tasks.shape[1]}: "
            "they come from different encoders; embed one of them again"
        )
    if len(task_ids) != len(tasks) or len(set(task_ids)) != len(tasks):
        raise ValueError(
            f"{len(tasks)} task embeddings need as many different ids, "
            f"got {len(task_ids)} with {len(set(task_ids))} different"
        )
    if k < 1:
        raise ValueError(f"k is {k}: must be at least 1")

    width = min(k, len(tasks))
    indices = np.zeros((len(images), width), np.int32)
    scores = np.zeros((len(images), width), np.float32)
    if width:
        search = _Search(tasks, task_ids, width)
        for start in range(0, len(images), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            indices[block], scores[block] = search.block(images[block])
    return TopK(indices, scores)


class _Search:
    """What is the same for every block of images."""

    def __init__(self, tasks: Floats, task_ids: Sequence[str], width: int) -> None:
        self.tasks = tasks
        self.width = width
        self.taken = min(width + SPARE, len(tasks))
        self.place = np.empty(len(tasks), np.int64)  # of each task type in the order of ids
        self.place[sorted(range(len(tasks)), key=task_ids.__getitem__)] = np.arange(len(tasks))
        self.longest = float(np.sqrt(np.square(tasks, dtype=np.float64).sum(axis=1).max()))

    def block(self, images: Floats) -> tuple[NDArray[np.int32], Floats]:
        rough = images @ self.tasks.T
        if self.taken == len(self.tasks):
            candidates = np.broadcast_to(np.arange(len(self.tasks)), rough.shape)
            return self._best(images, candidates)
        candidates = np.argpartition(rough, -self.taken, axis=1)[:, -self.taken :]
        found = np.take_along_axis(rough, candidates, axis=1)
        limit = self._limit(images, found)
        indices, scores = self._best(images, candidates)
        # Where even the worst candidate is within the margin, one that was left out may be too.
        for row in np.flatnonzero(found.min(axis=1) >= limit):
            everyone = np.flatnonzero(rough[row] >= limit[row])
            indices[row], scores[row] = self._best_of_many(images[row], everyone)
        return indices, scores

    def _limit(self, images: Floats, found: Floats) -> NDArray[np.float64]:
        """The rough score below which nothing can belong to the best of its row."""
        kth = np.partition(found, -self.width, axis=1)[:, -self.width].astype(np.float64)
        lengths = np.sqrt(np.square(images, dtype=np.float64).sum(axis=1)) * self.longest
        # |rough - exact| <= gamma_d * |a| * |b|, with two more roundings for the final float32.
        # On both sides of the comparison, hence twice; and once more for good measure.
        margin = 3 * (images.shape[1] + 2) * (_UNIT_ROUNDOFF * lengths + _SMALLEST)
        limit: NDArray[np.float64] = kth - margin
        return limit

    def _best(
        self, images: Floats, candidates: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], Floats]:
        scores = np.empty(candidates.shape, np.float32)
        # A few rows at a time: the gathered vectors are far larger than the scores.
        step = max(1, 2**21 // max(1, candidates.shape[1] * images.shape[1]))
        for start in range(0, len(images), step):
            rows = slice(start, start + step)
            scores[rows] = _pair_scores(images[rows, None, :], self.tasks[candidates[rows]])
        order = np.lexsort((self.place[candidates], -scores), axis=1)[:, : self.width]
        return (
            np.take_along_axis(candidates, order, axis=1).astype(np.int32),
            np.take_along_axis(scores, order, axis=1),
        )

    def _best_of_many(
        self, image: Floats, candidates: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], Floats]:
        scores = np.concatenate(
            [
                _pair_scores(image, self.tasks[candidates[start : start + BLOCK_ROWS]])
                for start in range(0, len(candidates), BLOCK_ROWS)
            ]
        )
        order = np.lexsort((self.place[candidates], -scores))[: self.width]
        return candidates[order].astype(np.int32), scores[order]


def _pair_scores(left: Floats, right: Floats) -> Floats:
    """Score pairs along the last axis.

    Products of float32 are exact in float64, and NumPy sums a contiguous last axis in an order
    that depends on its length alone.
    """
    products = np.ascontiguousarray(np.multiply(left, right, dtype=np.float64))
    # Adding zero makes -0.0 to 0.0, which would otherwise sort apart once in a table.
    scores: Floats = products.sum(axis=-1).astype(np.float32) + np.float32(0)
    return scores


def _checked(vectors: Floats, name: str) -> Floats:
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2:
        raise ValueError(f"{name} must have two dimensions, one row each; shape {vectors.shape}")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = int(finite.argmin())
        raise ValueError(f"{name} row {row} holds a value that is not finite: embed it again")
    return vectors
