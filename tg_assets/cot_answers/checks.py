"""The suite of `cot_answers`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.suites import Measure, Subject, Suite, first_reason


def _measures(subject: Subject) -> Sequence[Measure]:
    samples = subject.frame.height
    return [
        Measure(
            "share of samples without a step-by-step answer",
            subject.frame["cot_answer"].null_count() / samples if samples else None,
            high=subject.settings.checks.max_failed_requests,
            advice=first_reason(subject.frame, pl.col("cot_answer").is_null())
            + "The column reason has them all; the next run asks again.",
        )
    ]


SUITE = Suite("cot_answers", measures=_measures)
