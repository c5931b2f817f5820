"""The suites from embeddings to candidate pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tg_assets.suites import Measure, Subject, Suite, between, first_reason

NORM_ERROR = 1e-3
"""How far a vector's length may be from 1: half precision rounds each value by up to 2**-11 of it,
so lengths by up to 5e-4."""

MISSING_TASK_TYPES = 0.1
"""Most task types of a batch that may go without: one odd text stops nothing, a broken text tower
stops everything."""

SCORE = (1 + NORM_ERROR) ** 2
"""The greatest cosine of two such vectors."""


def _images(subject: Subject) -> Sequence[Measure]:
    limit = subject.settings.checks.max_rejected_images
    advice = "Files that changed must be registered anew."
    return [_missing(subject, "images", limit, advice), _norms(subject)]


def _task_types(subject: Subject) -> Sequence[Measure]:
    advice = "Check clip.checkpoint, and clip.precision where it is not auto."
    return [_missing(subject, "task types", MISSING_TASK_TYPES, advice), _norms(subject)]


def _missing(subject: Subject, what: str, limit: float, advice: str) -> Measure:
    rows = subject.frame.height
    missing = pl.col("embedding").is_null()
    return Measure(
        f"share of {what} without embedding",
        subject.frame["embedding"].null_count() / rows if rows else None,
        high=limit,
        advice=first_reason(subject.frame, missing) + advice,
    )


def _norms(subject: Subject) -> Measure:
    return Measure("longest distance of a norm from 1", _norm_error(subject), high=NORM_ERROR)


def _norm_error(subject: Subject) -> float | None:
    there = subject.frame["embedding"].drop_nulls()
    if there.is_empty():
        return None
    values = there.explode(empty_as_null=True).to_numpy().astype(np.float32)
    sizes = there.list.len().cast(pl.Int64).to_numpy()
    lengths = np.sqrt(np.add.reduceat(values**2, np.cumsum(sizes) - sizes))
    return float(np.abs(lengths - 1).max())


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


TASK_EMBEDDINGS = Suite("task_embeddings", measures=_task_types)
IMAGE_EMBEDDINGS = Suite("image_embeddings", measures=_images)
CLIP_SIMILARITY = Suite(
    "clip_similarity", [between("score", -SCORE, SCORE), between("rank", 1, None)]
)
CANDIDATE_PAIRS = Suite(
    "candidate_pairs", [between("score", -SCORE, SCORE), between("rank", 1, None)], _candidates
)
