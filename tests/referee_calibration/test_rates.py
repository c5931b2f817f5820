"""From votes of known error rates the estimates come out."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_assets.referee_calibration.faults import FAULTS, KINDS, RIGHT
from tg_assets.referee_calibration.rates import ANY_FAULT, agreement, rates, wilson
from tg_assets.referee_calibration.thresholds import (
    Referee,
    at_least,
    better,
    referees,
    share_right,
    thresholds,
)
from tg_assets.tables import REFEREE_CALIBRATION, VOTES

ERRORS = {"ada": (0.05, 0.10), "bob": (0.20, 0.15), "cleo": (0.10, 0.40)}
"""How often each errs on right and on wrong pairs."""


def voted(
    pairs: int, seed: int = 1, errors: dict[str, tuple[float, float]] = ERRORS
) -> pl.DataFrame:
    """Return the votes of referees who err at random."""
    dice = np.random.default_rng(seed)
    rows = []
    for (referee, (on_right, on_wrong)), kind, n in product(errors.items(), KINDS, range(pairs)):
        errs = dice.random() < (on_right if kind == RIGHT else on_wrong)
        rows.append({"referee": referee, "kind": kind, "qa_id": f"{kind} {n}",
                     "vote": int((kind == RIGHT) != errs)})  # fmt: skip
    texts = {name: "some" for name in ("image_id", "path", "question", "answer", "outcome")}
    frame = pl.DataFrame(rows).with_columns(
        **{name: pl.lit(text) for name, text in texts.items()},
        known_answer=pl.lit(None, pl.String),
        reason=pl.lit(None, pl.String),
    )
    return REFEREE_CALIBRATION.enforce(frame)


def test_the_rates_are_those_the_votes_were_drawn_with() -> None:
    found = {(r["referee"], r["kind"]): r for r in rates(voted(400)).iter_rows(named=True)}
    for referee, (on_right, on_wrong) in ERRORS.items():
        for kind, error in ((RIGHT, on_right), (ANY_FAULT, on_wrong)):
            row = found[referee, kind]
            assert row["low"] < row["share"] < row["high"]
            assert row["share"] == pytest.approx(1 - error, abs=0.06)
        assert found[referee, ANY_FAULT]["pairs"] == 400 * len(FAULTS)


def test_intervals_hold_the_true_rate_as_often_as_they_say() -> None:
    held = []
    for seed in range(60):
        for row in rates(voted(20, seed)).iter_rows(named=True):
            on_right, on_wrong = ERRORS[row["referee"]]
            truth = 1 - (on_right if row["kind"] == RIGHT else on_wrong)
            held.append(row["low"] <= truth <= row["high"])
    assert 0.92 <= float(np.mean(held)) <= 0.985


@given(st.integers(0, 60), st.integers(0, 60))
def test_an_interval_holds_the_share_and_narrows_with_votes(right: int, wrong: int) -> None:
    of = right + wrong
    low, high = wilson(right, of)
    assert 0 <= low <= high <= 1
    if of:
        assert low - 1e-12 <= right / of <= high + 1e-12
        wider = wilson(right * 4, of * 4)
        assert wider[1] - wider[0] < high - low


def test_pairs_without_a_vote_do_not_count() -> None:
    votes = voted(10).with_columns(
        vote=pl.when(pl.col("kind") == RIGHT).then(None).otherwise("vote")
    )
    right = rates(votes).filter(pl.col("kind") == RIGHT)
    assert set(right["votes"]) == {0}
    assert right["share"].null_count() == right.height
    assert referees(rates(votes)) == {}
    assert thresholds({}, None, votes).height == 0


def test_kappa_is_agreement_beyond_chance() -> None:
    both = pl.concat([voted(50, 1, {"ada": (0.1, 0.1)}), voted(50, 1, {"bob": (0.1, 0.1)})])
    (alike,) = agreement(both).iter_rows(named=True)
    assert (alike["alike"], alike["kappa"]) == (1.0, pytest.approx(1.0))
    apart = agreement(voted(400, 3, {"ada": (0.5, 0.5), "bob": (0.5, 0.5)}))
    assert apart["kappa"][0] == pytest.approx(0.0, abs=0.06)
    always = voted(5, 1, {"ada": (0.0, 1.0), "bob": (0.0, 1.0)})  # both say 1 to everything
    assert agreement(always)["kappa"].null_count() == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_at_least_so_many_votes_is_what_all_outcomes_add_up_to(chances: list[float]) -> None:
    for least, chance in enumerate(at_least(chances)):
        worked_out = sum(
            math.prod(p if vote else 1 - p for p, vote in zip(chances, votes, strict=True))
            for votes in product((0, 1), repeat=len(chances))
            if sum(votes) >= least
        )
        assert chance == pytest.approx(worked_out, abs=1e-9)


def ballots(share: float, questions: int = 4000) -> pl.DataFrame:
    """Return votes on questions of which a share is right."""
    dice = np.random.default_rng(7)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(questions):
        right = dice.random() < share
        votes = tuple(
            int(right != (dice.random() < errors[not right])) for errors in ERRORS.values()
        )
        counts[votes] = counts.get(votes, 0) + 1
    said = [
        [{"referee": name, "vote": vote} for name, vote in zip(ERRORS, votes, strict=True)]
        for votes in counts
    ]
    return pl.DataFrame({"votes": pl.Series(said, dtype=VOTES), "often": list(counts.values())})


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_of_right_questions_is_read_from_the_votes(share: float) -> None:
    rated = {name: Referee(1 - right, 1 - wrong) for name, (right, wrong) in ERRORS.items()}
    found = share_right(ballots(share), rated)
    assert found == pytest.approx(share, abs=0.04)
    assert share_right(ballots(share).clear(), rated) is None


def test_expected_precision_and_recall_are_those_of_the_questions_themselves() -> None:
    votes, dice = voted(400), np.random.default_rng(11)
    table = thresholds(referees(rates(votes)), 0.7, votes)
    right = dice.random(40_000) < 0.7
    score = sum(
        (right != (dice.random(right.size) < np.where(right, *errors))).astype(int)
        for errors in ERRORS.values()
    )
    for row in table.iter_rows(named=True):
        kept = score >= row["min_score"]
        for prefix in ("", "joint_"):
            assert row[prefix + "precision"] == pytest.approx(right[kept].mean(), abs=0.03)
            assert row[prefix + "recall"] == pytest.approx(kept[right].mean(), abs=0.03)


def test_referees_that_err_on_the_same_questions_are_worth_less_than_independence_says() -> None:
    one = voted(100, 5, {"ada": (0.2, 0.2)})
    same = pl.concat([one, one.with_columns(referee=pl.lit("bob"))])
    row = thresholds(referees(rates(same)), 0.5, same).row(1, named=True)
    assert row["joint_precision"] < row["precision"] - 0.05


def test_the_better_threshold_is_the_best_f1_or_the_first_precise_enough() -> None:
    table = pl.DataFrame(
        {"min_score": [1, 2, 3], "precision": [0.7, 0.9, 0.99], "f1": [0.8, 0.85, 0.6]}
    )
    assert better(table, None) == 2
    assert better(table, 0.95) == 3
    assert better(table, 0.6) == 1
    assert better(table, 1.0) == 2  # never reached
    assert better(table.clear(), None) is None
