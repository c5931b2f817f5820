"""The picture of the referees' rates."""

from __future__ import annotations

import polars as pl

from tg_assets.balanced_dataset.plots import figure_of, png_of
from tg_assets.referee_calibration.faults import KINDS

COLOURS = ("#2f6db5", "#d9822b", "#3d9a63", "#8a5fb0", "#b8434e", "#6b7280")


def plot_rates(rated: pl.DataFrame) -> bytes:
    """Return a PNG with each referee's share of right votes by kind of pair, and its interval.

    Args:
        rated: ``REFEREE_RATES``.
    """
    names = sorted(set(rated["referee"]))
    figure, axes = figure_of("Right votes by kind of pair (95 %)", 0.45 * len(KINDS) + 1.4)
    for place, name in enumerate(names):
        mine = rated.filter((pl.col("referee") == name) & pl.col("share").is_not_null())
        rows = {row["kind"]: row for row in mine.iter_rows(named=True)}
        shown = [kind for kind in KINDS if kind in rows]
        shift = (place - (len(names) - 1) / 2) * 0.6 / max(1, len(names))
        shares = [rows[kind]["share"] for kind in shown]
        axes.errorbar(
            shares,
            [KINDS.index(kind) + shift for kind in shown],
            xerr=[
                [max(0.0, s - rows[k]["low"]) for s, k in zip(shares, shown, strict=True)],
                [max(0.0, rows[k]["high"] - s) for s, k in zip(shares, shown, strict=True)],
            ],
            fmt="o",
            markersize=4,
            color=COLOURS[place % len(COLOURS)],
            label=name,
        )
    axes.set_yticks(range(len(KINDS)), KINDS)
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1.02)
    axes.legend(ncols=4, frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.08))
    return png_of(figure)
