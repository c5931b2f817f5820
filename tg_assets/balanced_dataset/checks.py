"""The suites of `withdrawals`, `balanced_dataset` and `published_dataset`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.balanced_dataset.licences import UNKNOWN, normalise
from tg_assets.suites import Measure, Subject, Suite, between, matching, one_of
from tg_assets.withdrawals.listed import KINDS

WITHDRAWALS = Suite("withdrawals", [one_of("kind", KINDS)])


def _measures(subject: Subject) -> Sequence[Measure]:
    samples = subject.frame
    settings = subject.settings
    unknown = [name for name in samples["license"].unique() if normalise(name) == UNKNOWN]
    unlicensed = samples.filter(pl.col("license").is_in(unknown)).height
    per_type = max(samples.group_by("task_id").len()["len"].to_list(), default=0)
    per_source = max(samples.group_by("source").len()["len"].to_list(), default=0)
    rows = samples.height
    return [
        Measure("samples", rows, low=1, advice="No question has enough votes."),
        Measure("most samples of a task type", per_type, high=settings.dataset.max_per_type),
        Measure(
            "lowest score",
            min(samples["score"].drop_nulls(), default=None),
            low=settings.dataset.min_score,
        ),
        Measure(
            "largest share of a source",
            per_source / rows if rows else None,
            high=settings.checks.max_source_share,
        ),
        Measure(
            "share of samples of unknown licence",
            unlicensed / rows if rows else None,
            high=settings.checks.max_unknown_licence,
            advice=f"Name the licence in the settings: {sorted(unknown)[:5]}",
        ),
    ]


SUITE = Suite(
    "balanced_dataset",
    [matching("question", r"\S"), matching("answer", r"\S"), matching("license", r"\S")],
    _measures,
)
PUBLISHED_DATASET = Suite("published_dataset", [between("rows", 1, None)])
