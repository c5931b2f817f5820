"""The asset `model_performance`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from tg_assets.artifact import Made, Work, artifact
from tg_assets.model_performance.accuracy import bias_of, performance, position_bias, steadiness
from tg_assets.showing import plot
from tg_assets.tables import MODEL_PERFORMANCE, POSITION_BIAS


@artifact("polars")
def model_performance(work: Work) -> Made:
    """How well each model does, by what tasks are about, with intervals; and position bias."""
    parts = [frame for _, frame in work.read_each("model_answers")]
    if not parts:
        beside = {"position_bias": POSITION_BIAS.empty()}
        return Made(MODEL_PERFORMANCE.empty(), {"off": "no model is evaluated"}, beside=beside)
    answers = pl.concat(parts)
    frame, bias = performance(answers), position_bias(answers)
    from tg_assets.model_performance.plots import plot_accuracy, plot_bias  # matplotlib

    return Made(
        frame,
        metadata={
            **dict(_in_words(frame, bias, answers)),
            "accuracy by generator": plot(plot_accuracy(frame, "generator")),
            "accuracy by kind": plot(plot_accuracy(frame, "kind")),
            "position bias": plot(plot_bias(bias)),
        },
        beside={"position_bias": bias},
        preview=frame.filter(pl.col("by").is_in(["all", "kind"])),
    )


def _in_words(
    frame: pl.DataFrame, bias: pl.DataFrame, answers: pl.DataFrame
) -> Iterator[tuple[str, Any]]:
    steady = steadiness(answers)
    for row in frame.filter(pl.col("by") == "all").iter_rows(named=True):
        model = row["model"]
        if row["accuracy"] is not None:
            interval = f"{row['low']:.1%} to {row['high']:.1%}"
            yield f"accuracy of {model}", f"{row['accuracy']:.1%} ({interval})"
        yield f"without an answer, {model}", f"{row['unanswered']:.1%}"
        places = bias.filter(pl.col("model") == model)
        if not places.is_empty():
            yield f"position bias of {model}", round(bias_of(places), 4)
        if model in steady:
            yield f"same option in every order, {model}", f"{steady[model]:.1%}"
