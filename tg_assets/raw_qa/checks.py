"""The suite of `raw_qa`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.suites import Measure, Subject, Suite, first_reason, matching


def _measures(subject: Subject) -> Sequence[Measure]:
    (shard,) = subject.keys
    failures = subject.tables.read("qa_failures", shard)
    failed = failures.height
    asked = failed + subject.frame.height
    return [
        Measure(
            "share of pairs without question",
            failed / asked if asked else None,
            high=subject.settings.checks.max_failed_requests,
            advice=first_reason(failures, pl.lit(True))
            + "The table qa_failures has them all; the next run asks again.",
        )
    ]


SUITE = Suite("raw_qa", [matching("question", r"\S"), matching("answer", r"\S")], _measures)
