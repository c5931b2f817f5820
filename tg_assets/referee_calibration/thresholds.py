"""What ">= k votes of n" keeps and lets through, from the referees' rates.

Votes are taken as independent of each other given whether a question is right. Referees that err on
the same questions are worth less than that: the joint counts of the pairs themselves stand beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tg_assets.referee_calibration.faults import FAULTS, RIGHT
from tg_assets.referee_calibration.rates import ANY_FAULT, share_of
from tg_assets.tables import VOTE_THRESHOLDS

Floats = NDArray[np.float64]
STEPS = 2000
"""How finely the share of right questions is told."""
UNKNOWN_SHARE = 0.5
"""Assumed share of right questions while nothing has been voted on."""


@dataclass(frozen=True, slots=True)
class Referee:
    """A referee's rates.

    Attributes:
        sensitivity: Share of right pairs that it gives a 1.
        specificity: Share of wrong pairs that it gives a 0, kinds of fault weighing the same.
    """

    sensitivity: float
    specificity: float


def referees(table: pl.DataFrame) -> dict[str, Referee]:
    """Return the rates of the referees that voted on right pairs and on wrong ones.

    Each is Jeffreys' estimate, (right + 1/2) / (votes + 1): never 0 or 1 for lack of pairs.

    Args:
        table: ``REFEREE_RATES``.
    """
    right, wrong = share_of(table, RIGHT), share_of(table, ANY_FAULT)
    by_kind = [share_of(table, kind) for kind in FAULTS]
    found = {}
    for name in sorted(right.keys() & wrong.keys()):
        if right[name][1] and wrong[name][1]:
            kinds = [kind[name] for kind in by_kind if kind.get(name, (0, 0))[1]]
            found[name] = Referee(
                _smoothed(*right[name]), float(np.mean([_smoothed(*one) for one in kinds]))
            )
    return found


def _smoothed(right: int, of: int) -> float:
    return (right + 0.5) / (of + 1)


def at_least(chances: Sequence[float]) -> Floats:
    """Return the chance of at least 0, 1, ... n successes of n independent tries."""
    exactly = np.ones(1)
    for chance in chances:
        exactly = np.convolve(exactly, [1 - chance, chance])
    summed: Floats = np.clip(exactly[::-1].cumsum()[::-1], 0.0, 1.0)
    return summed


def share_right(voted: pl.DataFrame, rated: Mapping[str, Referee]) -> float | None:
    """Return the likeliest share of right questions among those that were voted on.

    The share alone is unknown in this mixture: how right and wrong questions are voted on, the
    calibration says.

    Args:
        voted: The columns ``votes`` as in ``SCORED_QA``, and how ``often`` each occurs.
        rated: The referees' rates; votes of others do not count.
    """
    if not voted.height or not rated:
        return None
    if_right, if_wrong = np.ones(voted.height), np.ones(voted.height)
    for place, votes in enumerate(voted["votes"].to_list()):
        for ballot in votes:
            rate, vote = rated.get(ballot["referee"]), ballot["vote"]
            if rate is not None and vote is not None:
                if_right[place] *= rate.sensitivity if vote else 1 - rate.sensitivity
                if_wrong[place] *= 1 - rate.specificity if vote else rate.specificity
    shares = (np.arange(STEPS) + 0.5) / STEPS
    likelihood = shares[:, None] * if_right + (1 - shares[:, None]) * if_wrong
    weighed = np.log(likelihood) @ voted["often"].to_numpy().astype(float)
    return float(shares[int(weighed.argmax())])


def thresholds(
    rated: Mapping[str, Referee], share: float | None, votes: pl.DataFrame
) -> pl.DataFrame:
    """Return what each threshold keeps.

    Args:
        rated: The referees' rates.
        share: Share of right questions among those that are voted on; a half when unknown.
        votes: ``REFEREE_CALIBRATION``, for the joint counts.

    Returns:
        ``VOTE_THRESHOLDS``, a row for each number of votes from 1; empty without rates.
    """
    if not rated:
        return VOTE_THRESHOLDS.empty()
    share = UNKNOWN_SHARE if share is None else share
    kept = at_least([one.sensitivity for one in rated.values()])
    passed = at_least([1 - one.specificity for one in rated.values()])
    joint_kept, joint_passed, pairs = _joint(votes, list(rated))
    rows = [
        {
            "min_score": least,
            "referees": len(rated),
            "share_right": share,
            **_figures("", kept[least], passed[least], share),
            **_figures("joint_", joint_kept[least], joint_passed[least], share),
            "joint_pairs": pairs,
        }
        for least in range(1, len(rated) + 1)
    ]
    return VOTE_THRESHOLDS.enforce(pl.DataFrame(rows, schema=dict(VOTE_THRESHOLDS.columns)))


def _figures(prefix: str, kept: float, passed: float, share: float) -> dict[str, float | None]:
    right, wrong = share * kept, (1 - share) * passed
    precision = right / (right + wrong) if right + wrong > 0 else None
    f1 = 2 * right / (right + wrong + share) if right + wrong + share > 0 else None
    figures = {"precision": precision, "recall": kept, "f1": f1}
    return {
        prefix + name: None if value is None or np.isnan(value) else float(value)
        for name, value in figures.items()
    }


def _joint(votes: pl.DataFrame, names: Sequence[str]) -> tuple[Floats, Floats, int]:
    """Return the shares of right and of wrong pairs with at least 0, 1, ... votes, all voting.

    Kinds of fault weigh the same. NaN where there is no pair.
    """
    whole = (
        votes.filter(pl.col("referee").is_in(names))
        .group_by("kind", "qa_id")
        .agg(score=(pl.col("vote") == 1).sum(), cast=pl.col("vote").count())
        .filter(pl.col("cast") == len(names))
    )
    shares = {
        str(kind): np.array(
            [(part["score"] >= least).to_numpy().mean() for least in range(len(names) + 1)]
        )
        for (kind,), part in whole.group_by("kind")
    }
    none = np.full(len(names) + 1, np.nan)
    wrong = [shares[kind] for kind in FAULTS if kind in shares]
    return shares.get(RIGHT, none), np.mean(wrong, axis=0) if wrong else none, whole.height


def better(table: pl.DataFrame, min_precision: float | None) -> int | None:
    """Return the number of votes that would serve best; null without rates.

    It is the smallest that reaches the precision where one is asked for and reached, else that of
    the greatest F1, the smaller of two that are equal.
    """
    if not table.height:
        return None
    if min_precision is not None:
        enough = table.filter(pl.col("precision") >= min_precision)
        if enough.height:
            return int(enough["min_score"].to_list()[0])
    best = table.sort("f1", "min_score", descending=[True, False])
    return int(best["min_score"].to_list()[0])
