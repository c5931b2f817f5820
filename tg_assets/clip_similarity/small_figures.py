"""How well a ranking of task types fits the scenes, beside what chance gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

K = 10


@dataclass(frozen=True)
class Figures:
    """Figures of one set of scenes.

    Attributes:
        scenes: How many.
        precision: Share of the K best task types that apply, over all task types.
        random_precision: The same for a random order.
        held_out_types: Task types that were not trained on.
        held_out_scenes: Scenes to which at least one of them applies.
        held_out_precision: Among held-out task types alone, share of a scene's best that apply,
            the mean over those scenes. As many are taken as apply, at most K: a scene to which
            three apply cannot have more than three right.
        held_out_random_precision: The same for a random order.
        covered_types: Task types in at least one correct pair of the K best of a scene.
        applicable_types: Task types that apply to at least one scene.
    """

    scenes: int
    precision: float
    random_precision: float
    held_out_types: int
    held_out_scenes: int
    held_out_precision: float
    held_out_random_precision: float
    covered_types: int
    applicable_types: int

    def lines(self) -> list[str]:
        """One line per figure."""
        return [
            f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}"
            for name, value in asdict(self).items()
        ]


def figures(
    scores: NDArray[np.float32], applies: NDArray[np.bool_], held_out: NDArray[np.bool_]
) -> Figures:
    """Measure a ranking.

    Args:
        scores: One row per scene, one column per task type.
        applies: Which task types apply to which scene, of the same shape.
        held_out: Which columns were not trained on.
    """
    right = _best_apply(scores, applies)
    some = applies[:, held_out].any(axis=1)
    held_scores, held_applies = scores[some][:, held_out], applies[some][:, held_out]
    held_right = _best_apply(held_scores, held_applies)
    taken = np.minimum(held_applies.sum(axis=1), K)
    counted = np.arange(held_right.shape[1]) < taken[:, None]
    correct = np.zeros(applies.shape[1], np.bool_)
    correct[_best(scores)[right]] = True
    return Figures(
        scenes=len(scores),
        precision=float(right.mean()),
        random_precision=float(applies.mean()),
        held_out_types=int(held_out.sum()),
        held_out_scenes=int(some.sum()),
        held_out_precision=float(((held_right & counted).sum(axis=1) / taken).mean()),
        held_out_random_precision=float(held_applies.mean()),
        covered_types=int(correct.sum()),
        applicable_types=int(applies.any(axis=0).sum()),
    )


def _best(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.argsort(-scores, axis=1, kind="stable")[:, :K]


def _best_apply(scores: NDArray[np.float32], applies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.take_along_axis(applies, _best(scores), axis=1)
