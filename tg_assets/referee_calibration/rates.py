"""How often referees are right, by kind of pair, and how far they agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import polars as pl

from tg_assets.referee_calibration.faults import FAULTS, RIGHT
from tg_assets.tables import REFEREE_AGREEMENT, REFEREE_RATES

CONFIDENCE_Z = 1.959964
"""Of the intervals: 95 %."""

ANY_FAULT = "any fault"
"""All kinds of wrong pairs together."""


def wilson(right: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); everything where nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, spread = right / of, CONFIDENCE_Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def rates(votes: pl.DataFrame) -> pl.DataFrame:
    """Return how often each referee is right.

    Args:
        votes: ``REFEREE_CALIBRATION``.

    Returns:
        ``REFEREE_RATES``: the row of kind ``right`` is the sensitivity (right pairs that got a 1),
        the others are specificities (wrong pairs that got a 0), by kind and all together.
        Pairs without a vote do not count.
    """
    wrong = votes.filter(pl.col("kind").is_in(FAULTS)).with_columns(kind=pl.lit(ANY_FAULT))
    truth = (pl.col("kind") == RIGHT).cast(pl.Int8)
    counts = (
        pl.concat([votes, wrong])
        .group_by("referee", "kind")
        .agg(
            pairs=pl.len(),
            votes=pl.col("vote").count(),
            right=(pl.col("vote") == truth).fill_null(False).sum(),
        )
    )
    bounds = [wilson(right, of) for right, of in counts.select("right", "votes").iter_rows()]
    share = pl.when(pl.col("votes") > 0).then(pl.col("right") / pl.col("votes"))
    return REFEREE_RATES.enforce(
        counts.with_columns(
            pl.col("pairs", "votes", "right").cast(pl.Int64),
            share=share,
            low=pl.Series([low for low, _ in bounds], dtype=pl.Float64),
            high=pl.Series([high for _, high in bounds], dtype=pl.Float64),
        ).select(*REFEREE_RATES.columns)
    )


def agreement(votes: pl.DataFrame) -> pl.DataFrame:
    """Return how far each two referees agree on the pairs that both voted on.

    Returns:
        ``REFEREE_AGREEMENT``: the share of equal votes, and Cohen's kappa (1960): agreement beyond
        chance, null where one of the two is always of one mind and there is no chance to speak of.
    """
    by_referee = {
        str(name): part.select("qa_id", "vote")
        for (name,), part in votes.drop_nulls("vote").group_by("referee")
    }
    rows = []
    for left, right in combinations(sorted(by_referee), 2):
        both = by_referee[left].join(by_referee[right], on="qa_id", suffix=" of the other")
        if both.height:
            rows.append((left, right, both.height, *_kappa(both["vote"], both[:, 2])))
    return REFEREE_AGREEMENT.enforce(
        pl.DataFrame(rows, schema=dict(REFEREE_AGREEMENT.columns), orient="row")
    )


def _kappa(left: pl.Series, right: pl.Series) -> tuple[float, float | None]:
    alike = float((left == right).to_numpy().mean())
    one, other = float(left.to_numpy().mean()), float(right.to_numpy().mean())
    by_chance = one * other + (1 - one) * (1 - other)
    return alike, None if by_chance >= 1 else (alike - by_chance) / (1 - by_chance)


def share_of(table: pl.DataFrame, kind: str) -> Mapping[str, tuple[int, int]]:
    """Return how many votes of each referee are right, and of how many, on a kind of pair."""
    rows = table.filter(pl.col("kind") == kind).select("referee", "right", "votes")
    return {referee: (right, of) for referee, right, of in rows.iter_rows()}
