"""The suite of `model_performance`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.suites import Measure, Subject, Suite, between


def _measures(subject: Subject) -> Sequence[Measure]:
    frame = subject.frame
    outside = frame.filter(~pl.col("accuracy").is_between(pl.col("low"), pl.col("high")))
    uncounted = frame.filter(
        (pl.col("right") > pl.col("answered")) | (pl.col("answered") > pl.col("asked"))
    )
    return [
        Measure("accuracies outside their interval", outside.height, high=0),
        Measure("rows with more right than answered or asked", uncounted.height, high=0),
        Measure(
            "models without a row of their own",
            frame["model"].n_unique() - frame.filter(pl.col("by") == "all").height,
            low=0,
            high=0,
        ),
    ]


SUITE = Suite(
    "model_performance",
    [between("accuracy", 0, 1), between("unanswered", 0, 1), between("asked", 1, None)],
    _measures,
)
