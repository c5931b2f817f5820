"""Plots of accuracy, with its intervals, and of position bias: PNG bytes."""

from __future__ import annotations

import polars as pl
from matplotlib.ticker import PercentFormatter

from tg_assets.balanced_dataset.plots import figure_of, png_of

COLOURS = ("#2f6db5", "#d9822b", "#3a9a5b", "#a04fb5", "#7a828c", "#c23b4b")


def plot_accuracy(performance: pl.DataFrame, by: str) -> bytes:
    """Return a PNG with each model's accuracy, and its interval, by one of `accuracy.BY`.

    Args:
        performance: ``MODEL_PERFORMANCE``.
        by: Such as ``generator``.
    """
    rows = performance.filter((pl.col("by") == by) & pl.col("accuracy").is_not_null())
    values, models = sorted(set(rows["value"])), sorted(set(rows["model"]))
    step = 0.7 / max(1, len(models))
    height = max(1.6, 0.16 * len(values) * max(2, len(models)) + 1.2)
    figure, axes = figure_of(f"Accuracy by {by}, with 95 % intervals", height)
    for number, model in enumerate(models):
        mine = rows.filter(pl.col("model") == model)
        places = [values.index(value) + (number + 0.5) * step - 0.35 for value in mine["value"]]
        below = (mine["accuracy"] - mine["low"]).to_list()
        above = (mine["high"] - mine["accuracy"]).to_list()
        axes.errorbar(
            mine["accuracy"].to_list(),
            places,
            xerr=[below, above],
            fmt="o",
            markersize=4,
            elinewidth=1.2,
            color=COLOURS[number % len(COLOURS)],
            label=model,
        )
    axes.set_yticks(range(len(values)), values)
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    if models:
        figure.legend(ncols=3, frameon=False, fontsize=8, loc="outside lower left")
    return png_of(figure)


def plot_bias(places: pl.DataFrame) -> bytes:
    """Return a PNG with how much oftener each model names a place than the right option is there.

    Args:
        places: ``POSITION_BIAS``.
    """
    letters, models = sorted(set(places["place"])), sorted(set(places["model"]))
    figure, axes = figure_of("Named oftener than right, by the option's place", 2.6)
    width = 0.8 / max(1, len(models))
    for number, model in enumerate(models):
        mine = places.filter(pl.col("model") == model)
        at = [letters.index(place) + number * width for place in mine["place"]]
        colour = COLOURS[number % len(COLOURS)]
        axes.bar(at, mine["excess"].to_list(), width * 0.9, color=colour, label=model)
    middle = [place + width * (len(models) - 1) / 2 for place in range(len(letters))]
    axes.set_xticks(middle, letters)
    axes.axhline(0, color="#2b3138", linewidth=0.8)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if models:
        figure.legend(ncols=3, frameon=False, fontsize=8, loc="outside lower left")
    return png_of(figure)
