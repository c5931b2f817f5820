"""Adding up votes, and how far referees agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import polars as pl

from tg_assets.tables import SCORED_QA


def score(questions: pl.DataFrame, ballots: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Join the referees' votes to the questions.

    Args:
        questions: ``RAW_QA``.
        ballots: ``REFEREE_SCORES`` by referee; a question without a row there has no vote.

    Returns:
        ``SCORED_QA``: votes in the order of the referees' names, and how many of them are 1.
    """
    frame = questions
    names = sorted(ballots)
    for name in names:
        votes = ballots[name].select("qa_id", pl.col("vote").alias(f"vote {name}"))
        frame = frame.join(votes, on="qa_id", how="left")
    votes_of_all = pl.concat_list(
        pl.struct(pl.lit(name).alias("referee"), pl.col(f"vote {name}").alias("vote"))
        for name in names
    )
    ones = pl.sum_horizontal((pl.col(f"vote {name}") == 1).fill_null(False) for name in names)
    scored = frame.with_columns(votes=votes_of_all, score=ones.cast(pl.Int32))
    return SCORED_QA.enforce(scored.select(*SCORED_QA.columns))


def agreement(scored: pl.DataFrame) -> dict[str, float]:
    """Return, for each pair of referees, on which share of questions they vote alike.

    Questions on which one of the two has no verdict do not count; pairs without any are absent.
    """
    votes = (
        scored.select("qa_id", "votes")
        .explode("votes", empty_as_null=True)
        .unnest("votes")
        .filter(pl.col("vote").is_not_null())
    )
    by_referee = {str(key[0]): part for key, part in votes.group_by("referee")}
    shares: dict[str, float] = {}
    for left, right in combinations(sorted(by_referee), 2):
        both = by_referee[left].join(by_referee[right], on="qa_id", suffix="_right")
        if both.height:
            alike = both.select((pl.col("vote") == pl.col("vote_right")).mean()).item()
            shares[f"{left} and {right}"] = float(alike)
    return shares
