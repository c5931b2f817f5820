"""The suite of `filtered_pairs`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.suites import Measure, Subject, Suite, first_reason


def _measures(subject: Subject) -> Sequence[Measure]:
    pairs = subject.frame.height
    limits = subject.settings.checks
    return [
        Measure(
            "share of pairs without verdict",
            subject.frame["kept"].null_count() / pairs if pairs else None,
            high=limits.max_failed_requests,
            advice=first_reason(subject.frame, pl.col("kept").is_null())
            + "The column reason has them all; the next run asks again.",
        ),
        Measure(
            "share of pairs kept",
            float(subject.frame["kept"].sum()) / pairs if pairs else None,
            low=limits.min_kept_pairs,
            advice="A filter that keeps next to nothing saw other images or labels than meant.",
        ),
    ]


SUITE = Suite("filtered_pairs", measures=_measures)
