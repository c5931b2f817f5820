"""The suite of `referee_calibration`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.referee_calibration.faults import KINDS, RIGHT
from tg_assets.referee_calibration.rates import ANY_FAULT, rates
from tg_assets.suites import Measure, Subject, Suite, first_reason, one_of


def _measures(subject: Subject) -> Sequence[Measure]:
    votes, checks = subject.frame, subject.settings.checks
    failed = Measure(
        "share of pairs without vote",
        votes["vote"].null_count() / votes.height if votes.height else None,
        high=checks.max_failed_requests,
        advice=first_reason(votes, pl.col("vote").is_null())
        + "The column reason has them all; the next run asks again.",
    )
    limits = {
        RIGHT: ("sensitivity", checks.min_referee_sensitivity, "votes 0 on right answers"),
        ANY_FAULT: ("specificity", checks.min_referee_specificity, "votes 1 on wrong answers"),
    }
    rated = rates(votes).filter((pl.col("votes") > 0) & pl.col("kind").is_in(list(limits)))
    return [failed, *(_measure(row, *limits[row["kind"]]) for row in rated.iter_rows(named=True))]


def _measure(row: dict[str, float], name: str, low: float, does: str) -> Measure:
    """Hold the upper end of an interval against the limit: few pairs alone fail nobody."""
    return Measure(
        f"{name} of {row['referee']}, at best",
        row["high"],
        low=low,
        advice=f"{row['referee']} {does}: {row['right']} of {row['votes']} votes are right. The "
        "table referee_calibration holds them; take another model or prompt for it, or lower "
        f"checks.min_referee_{name}.",
    )


SUITE = Suite("referee_calibration", [one_of("vote", [0, 1]), one_of("kind", KINDS)], _measures)
