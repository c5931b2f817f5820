"""The suite of `task_tree`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.suites import Measure, Subject, Suite, between, first_reason, matching, one_of


def _measures(subject: Subject) -> Sequence[Measure]:
    (batch,) = subject.keys
    rejected = subject.tables.read("rejected_task_types", batch)
    failed = rejected.filter(pl.col("reason") == "request_failed").height
    grown = subject.frame.filter(pl.col("origin") == "expanded").height
    share = failed / (failed + grown) if failed + grown else None
    return [
        Measure(
            "share of growth requests failed",
            share,
            high=subject.settings.checks.max_request_failed_growth,
            advice=first_reason(rejected, pl.col("reason") == "request_failed", "detail")
            + "The table rejected_task_types has them all; check the model of task_tree.",
        ),
        Measure("task types", subject.frame.height, low=1, advice="The batch has no seeds."),
    ]


SUITE = Suite(
    "task_tree",
    [
        between("level", 1, None),
        one_of("origin", ["seed", "expanded"]),
        matching("path", r"^[^~]+(~[^~]+)*$"),
    ],
    _measures,
)
