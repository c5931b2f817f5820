"""The suites from embeddings to candidate pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tg_assets.suites import Measure, Subject, Suite, between

SCORE = 1.0001
"""A cosine in float32, rounding allowed for."""


def _missing(subject: Subject) -> Sequence[Measure]:
    images = subject.frame.height
    return [
        Measure(
            "share of images without embedding",
            subject.frame["embedding"].null_count() / images if images else None,
            high=subject.settings.checks.max_rejected_images,
            advice="The column reason says why; files that changed must be registered anew.",
        ),
        Measure("longest distance of a norm from 1", _norm_error(subject), high=1e-3),
    ]


def _norm_error(subject: Subject) -> float | None:
    there = subject.frame["embedding"].drop_nulls()
    if there.is_empty():
        return None
    squares = there.list.eval(pl.element() ** 2).list.sum().to_numpy()
    return float(np.abs(np.sqrt(squares) - 1).max())


def _norms(subject: Subject) -> Sequence[Measure]:
    return [Measure("longest distance of a norm from 1", _norm_error(subject), high=1e-3)]


def _candidates(subject: Subject) -> Sequence[Measure]:
    best = subject.frame.filter(pl.col("rank") == 1)["score"]
    return [
        Measure(
            "median best score",
            float(best.median()) if best.len() else None,  # type: ignore[arg-type]
            low=subject.settings.checks.min_candidate_score,
            advice="Scores this low mean that encoder, template or images do not fit together.",
        ),
        Measure(
            "most candidates of an image",
            float(subject.frame.group_by("image_id").len()["len"].max() or 0),  # type: ignore[arg-type]
            high=subject.settings.match.top_k,
        ),
    ]


TASK_EMBEDDINGS = Suite("task_embeddings", measures=_norms)
IMAGE_EMBEDDINGS = Suite("image_embeddings", measures=_missing)
CLIP_SIMILARITY = Suite(
    "clip_similarity", [between("score", -SCORE, SCORE), between("rank", 1, None)]
)
CANDIDATE_PAIRS = Suite(
    "candidate_pairs", [between("score", -SCORE, SCORE), between("rank", 1, None)], _candidates
)
