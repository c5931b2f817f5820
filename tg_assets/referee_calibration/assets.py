"""The asset `referee_calibration`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.pools import referees_pool
from tg_assets.referee_calibration.faults import RIGHT
from tg_assets.referee_calibration.pairs import ShardAnswers, choose_pairs, kinds_for
from tg_assets.referee_calibration.rates import ANY_FAULT, agreement, rates
from tg_assets.referee_calibration.thresholds import better, referees, share_right, thresholds
from tg_assets.referee_scores.prompts import stage
from tg_assets.referee_scores.questions import questions
from tg_assets.showing import plot
from tg_assets.tables import REFEREE_CALIBRATION

NOTHING = (
    "nothing to calibrate on: no open shard holds rendered pictures with known answers, or "
    "calibration.pairs is 0; nothing was asked"
)
CALIBRATED_FACT = "calibrated"
"""The fact of the table that the data card states."""


@artifact("chat", pool=referees_pool)
def referee_calibration(work: Work) -> Made:
    """Every referee's votes on pairs that are known to be right, or wrong in a known way."""
    settings, sees = work.settings.calibration, work.settings.referee_sees
    pairs = choose_pairs(_shards(work), settings.pairs, kinds_for(sees)).sort("image_id", "qa_id")
    asked = questions(pairs, sees)
    parts, unasked = [REFEREE_CALIBRATION.empty()], 0
    for referee, model in sorted(work.settings.referees.items()):
        answers = work.ask(stage(sees), asked, model) if asked else []
        unasked += unanswered(answers)
        parts.append(
            pairs.select(
                pl.lit(referee).alias("referee"),
                *(name for name in pairs.columns if name != "uri"),
                pl.Series("vote", [answer.value for answer in answers], dtype=pl.Int8),
                pl.Series("outcome", [str(answer.outcome) for answer in answers], dtype=pl.String),
                pl.Series("reason", [answer.reason for answer in answers], dtype=pl.String),
            ).select(*REFEREE_CALIBRATION.columns)
        )
    votes = pl.concat(parts)
    rated, alike = rates(votes), agreement(votes)
    by_referee = referees(rated)
    share = share_right(_voted(work), by_referee)
    expected = thresholds(by_referee, share, votes)
    serves = better(expected, settings.min_precision)
    return Made(
        votes,
        metadata=_metadata(pairs, rated, alike, expected, serves),
        facts={UNANSWERED: unasked, CALIBRATED_FACT: {"share_right": share, "better": serves}},
        beside={
            "referee_rates": rated,
            "referee_agreement": alike,
            "vote_thresholds": expected,
        },
        preview=votes.filter(pl.col("vote") != (pl.col("kind") == RIGHT).cast(pl.Int8)).select(
            "referee", "kind", "question", "answer", "vote"
        ),
    )


def _shards(work: Work) -> Iterator[ShardAnswers]:
    """Yield what each open shard knows, in order; pictures that were withdrawn are left out."""
    withdrawn = work.read("withdrawals").filter(pl.col("kind") == "image")["id"]
    scenes, pools = set(work.inputs.open["scenes"]), set(work.inputs.open["image_pool"])
    for shard, known in work.read_each("ground_truth_qa"):
        if known.height and shard in scenes and shard in pools:
            pool = work.tables.read("image_pool", shard).select("image_id", "uri")
            pool = pool.filter(~pl.col("image_id").is_in(withdrawn.to_list()))
            texts = work.tables.read("scenes", shard).select("image_id", "scene")
            yield ShardAnswers(known.join(pool, on="image_id"), dict(texts.iter_rows()))


def _voted(work: Work) -> pl.DataFrame:
    """Return how often each combination of votes was cast on the shards' own questions."""
    counts = [
        frame.group_by("votes").agg(often=pl.len().cast(pl.Int64))
        for _, frame in work.read_each("scored_qa")
    ]
    return pl.concat(counts).group_by("votes").agg(pl.col("often").sum()).sort("votes")


def _metadata(
    pairs: pl.DataFrame,
    rated: pl.DataFrame,
    alike: pl.DataFrame,
    expected: pl.DataFrame,
    serves: int | None,
) -> Mapping[str, Any]:
    if not pairs.height:
        return {"calibration": NOTHING}
    from tg_assets.referee_calibration.plots import plot_rates  # matplotlib

    shown: dict[str, Any] = {
        f"{kind} (pairs)": count for kind, count in pairs.group_by("kind").len().iter_rows()
    }
    for row in rated.filter(pl.col("kind").is_in([RIGHT, ANY_FAULT])).iter_rows(named=True):
        name = "sensitivity" if row["kind"] == RIGHT else "specificity"
        if row["share"] is not None:
            shown[f"{name} of {row['referee']}"] = round(row["share"], 4)
    for left, right, kappa in alike.select("left", "right", "kappa").iter_rows():
        if kappa is not None:
            shown[f"kappa of {left} and {right}"] = round(kappa, 4)
    for row in expected.iter_rows(named=True):
        least = f">= {row['min_score']} of {row['referees']}"
        for figure in ("precision", "recall"):
            if row[figure] is not None:
                shown[f"expected {figure} of {least}"] = round(row[figure], 4)
    if serves is not None:
        shown["min_score that would serve better"] = serves
    return shown | {"rates": plot(plot_rates(rated))}
