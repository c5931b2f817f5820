"""Three ways to the best task types of a block of images; each says which rows it has proven.

A search finds candidates by a fast product and scores them exactly (`exact_scores`). Whatever it
left out is below a ceiling: the greatest product it left out plus the proven error of the product
(`error_bounds`). A row is proven when its last score is above that ceiling; the others are searched
again in float32 (`again`). So the way decides how long it takes and never what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tg_assets.clip_similarity import error_bounds as bounds
from tg_assets.clip_similarity.error_bounds import Doubles
from tg_assets.clip_similarity.exact_scores import Floats, Indices, best_of

SPARE = 16
"""Candidates beyond k. Only speed depends on it: rows that need more get more."""


@dataclass(frozen=True)
class Tasks:
    """The task types of a search.

    Attributes:
        vectors: float32, (m, d), m >= 1.
        place: Each task type's place in the order of ids, (m,).
        lengths: Their vectors' lengths, (m,).
    """

    vectors: Floats
    place: NDArray[np.int64]
    lengths: Doubles

    @property
    def longest(self) -> float:
        """The greatest length."""
        return float(self.lengths.max())


@dataclass(frozen=True)
class Found:
    """What a search found for a block of images.

    Attributes:
        indices: Positions in the task types, best first, (n, width).
        scores: Exact scores, (n, width).
        proven: Rows that are certainly the best, (n,); in the others each score is right but a
            better task type may have been left out.
    """

    indices: Indices
    scores: Floats
    proven: NDArray[np.bool_]

    def of(self, rows: NDArray[np.intp]) -> Found:
        """Return these rows alone."""
        return Found(self.indices[rows], self.scores[rows], self.proven[rows])


class Search(Protocol):
    """Finds the best task types of a block of images.

    Attributes:
        rows: Images a block.
        threads: Blocks at a time.
    """

    rows: int
    threads: int

    def block(self, images: Floats, length: Doubles, width: int) -> Found:
        """Search for a block's images.

        Args:
            images: float32, (n, d).
            length: Their lengths, (n,), none zero.
            width: How many task types to find, at most as many as there are.
        """
        ...


def proven(scores: Floats, ceiling: Doubles, length: Doubles, longest: float) -> NDArray[np.bool_]:
    """Whether each row's last score is above that of everything left out.

    Args:
        scores: (n, width), best first.
        ceiling: Bound on the true products left out, (n,); -inf where nothing was.
        length: The images' lengths, (n,).
        longest: The greatest length of a task type's vector.
    """
    # A score that was left out is rounded too, and may be as much above its true product.
    above: NDArray[np.bool_] = scores[:, -1] > ceiling + bounds.score(length, longest)
    return above


class Float32Search:
    """A float32 product of NumPy's: nothing to load or compile, so the way for small cells."""

    rows = 512
    threads = 1

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks

    def block(self, images: Floats, length: Doubles, width: int) -> Found:
        """See `Search`."""
        tasks = self.tasks
        keep = min(width + SPARE, len(tasks.vectors))
        rough = images @ tasks.vectors.T
        candidates = np.argpartition(rough, -keep, axis=1)[:, -keep:]
        ceiling = np.full(len(images), -np.inf)
        if keep < len(tasks.vectors):
            error = bounds.accumulation(images.shape[1], length, tasks.longest, bounds.FLOAT32)
            ceiling = np.take_along_axis(rough, candidates, axis=1).min(axis=1) + error
        best = best_of(images, tasks.vectors, candidates, tasks.place, width)
        return Found(*best, proven(best[1], ceiling, length, tasks.longest))


def again(images: Floats, length: Doubles, tasks: Tasks, found: Found) -> tuple[Indices, Floats]:
    """Search for rows that were not proven, in float32 and without a limit on candidates.

    The last score found is a floor: whatever belongs to the best has at least that score, so a
    float32 product of at least the floor less the error of both.

    Args:
        images: The rows' vectors, (n, d).
        length: Their lengths, (n,).
        tasks: The task types.
        found: What was found for these rows.

    Returns:
        Positions and scores, each (n, width).
    """
    error = bounds.accumulation(images.shape[1], length, tasks.longest, bounds.FLOAT32)
    floor = found.scores[:, -1] - error - bounds.score(length, tasks.longest)
    indices, scores = found.indices.copy(), found.scores.copy()
    width = indices.shape[1]
    for start in range(0, len(images), Float32Search.rows):
        rough = images[start : start + Float32Search.rows] @ tasks.vectors.T
        for row, products in enumerate(rough, start=start):
            candidates = np.flatnonzero(products >= floor[row])[None]
            indices[row], scores[row] = best_of(
                images[row : row + 1], tasks.vectors, candidates, tasks.place, width
            )
    return indices, scores
