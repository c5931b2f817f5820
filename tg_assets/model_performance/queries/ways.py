"""The ways to spend a budget: three published ones, and by columns.

From Task-Me-Anything (arXiv 2406.11775; its code: ``tma/task_evaluator.py`` and ``demo/query``):

- ``random``: evaluate random plans; only what was evaluated can be found;
- ``fitting``: evaluate random plans, fit a Gaussian process to them in words, predict the rest;
- ``active``: spend 40 % so (200 of 500), then evaluate ten at a time what the process predicts to
  be most wanted, fitting it again. Its parameters are chosen again at every quarter of what is left
  (published: every time).

``columns`` learns from the columns of plans which matter, evaluates where knowing changes the
answer most, and answers with what maximises the expected F1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tg_assets.model_performance.queries.acquisition import Aim, by_gain, published
from tg_assets.model_performance.queries.belief import Belief, believe, believe_sample
from tg_assets.model_performance.queries.column_kernel import Ancestors, likenesses
from tg_assets.model_performance.queries.evaluations import Numbers, Places
from tg_assets.model_performance.queries.process import Posterior
from tg_assets.model_performance.queries.query import Way
from tg_assets.model_performance.queries.scores import Scores
from tg_assets.model_performance.queries.sentences import embed, sentences
from tg_assets.model_performance.queries.surrogates import ByColumns, BySentences, Surrogate
from tg_assets.model_performance.queries.units import Units

PUBLISHED_WARM_UP, WARM_UP = 0.4, 0.25
"""Of the budget, spent at random before anything is chosen: 200 of 500, as published."""
PUBLISHED_BATCH, ROUNDS = 10, 20
RELEARNT = 3
"""So often the parameters are chosen again while the rest of the budget is spent."""
FEWEST = 3
"""Evaluated plans without which nothing is fitted."""


@dataclass(frozen=True)
class Space:
    """What plans are like.

    Attributes:
        plans: Their columns.
        ancestors: Of categories: what lies above each.
        names: Of categories.
    """

    plans: pl.DataFrame
    ancestors: Ancestors
    names: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """What a way comes to believe.

    Attributes:
        belief: Of each unit.
        above: What scores must exceed; None for a top k.
        chance_decides: A unit belongs to the answer by its chance, not by its expectation.
    """

    belief: Belief
    above: float | None
    chance_decides: bool


@dataclass
class _Course:
    """A budget being spent."""

    space: Space
    scores: Scores
    units: Units
    aim: Aim
    dice: np.random.Generator
    rows: Places
    judged: np.ndarray

    @property
    def values(self) -> Numbers:
        return self.scores.values

    def buy(self, places: Places, *, at_random: bool) -> None:
        self.scores.buy(places)
        known = self.scores.known
        new = np.setdiff1d(known, self.rows)
        self.rows = np.concatenate([self.rows, new])
        self.judged = np.concatenate([self.judged, np.full(len(new), at_random)])

    def fit(self, surrogate: Surrogate, *, relearn: bool) -> Posterior:
        """Return what the evaluated plans say of all."""
        return surrogate.fit(self.rows, self.values[self.rows], relearn=relearn)

    def believe(self, posterior: Posterior) -> Belief:
        """Return the belief on the way: its intervals are those of the fit."""
        errors = posterior.left_out[self._judged]
        return believe(posterior, self.values, self.units, errors, self.dice)

    def conclude(self, surrogate: Surrogate, posterior: Posterior) -> Belief:
        """Return the belief of the answer: its intervals rest on plans that were left out."""
        values = self.values
        errors = surrogate.errors(self.rows, values[self.rows], self._judged, self.dice)
        return believe(posterior, values, self.units, errors, self.dice, together=True)

    @property
    def _judged(self) -> np.ndarray:
        return self.judged if self.judged.any() else np.ones(len(self.rows), bool)


def spend(
    way: Way, space: Space, scores: Scores, units: Units, aim: Aim, dice: np.random.Generator
) -> Found:
    """Spend the budget of scores in a way; return what is then believed.

    Args:
        way: Which way.
        space: What the plans are like.
        scores: Of plans; those known cost nothing and are learnt from.
        units: What is judged.
        aim: What is looked for.
        dice: All that is random.
    """
    known = scores.known
    course = _Course(space, scores, units, aim, dice, known, np.zeros(len(known), bool))
    return _WAYS[way](course)


def _sampled(course: _Course) -> Found:
    belief = believe_sample(course.values, course.units)
    return Found(belief, _above(course.aim, belief), chance_decides=False)


def _random(course: _Course) -> Found:
    course.buy(course.dice.permutation(course.scores.open), at_random=True)
    return _sampled(course)


def _fitting(course: _Course) -> Found:
    course.buy(course.dice.permutation(course.scores.open), at_random=True)
    if len(course.rows) < FEWEST:
        return _sampled(course)
    surrogate = _by_sentences(course.space)
    belief = course.conclude(surrogate, course.fit(surrogate, relearn=True))
    return Found(belief, _sample_above(course), chance_decides=False)


def _active(course: _Course) -> Found:
    _warm_up(course, PUBLISHED_WARM_UP)
    if len(course.rows) < FEWEST:
        return _random(course)
    above = _sample_above(course)
    surrogate = _by_sentences(course.space)

    def choose(posterior: Posterior, batch: int) -> Places:
        expected = course.units.means(posterior.mean)
        return published(
            course.aim, expected, above or 0.0, course.scores.open, course.units, batch, course.dice
        )

    belief = _go_on(course, surrogate, choose, PUBLISHED_BATCH)
    return Found(belief, above, chance_decides=False)


def _columns(course: _Course) -> Found:
    _warm_up(course, WARM_UP)
    parts = likenesses(course.space.plans, course.space.ancestors)
    if len(course.rows) < FEWEST or not parts:
        return _random(course)
    surrogate = ByColumns(parts, course.space.plans.height)

    def choose(posterior: Posterior, batch: int) -> Places:
        belief = course.believe(posterior)
        return by_gain(
            course.aim, belief, course.values, course.scores.open, course.units, batch, course.dice
        )

    batch = max(1, -(-course.scores.affordable // ROUNDS))
    belief = _go_on(course, surrogate, choose, batch)
    return Found(belief, _above(course.aim, belief), chance_decides=True)


_WAYS: Mapping[str, Callable[[_Course], Found]] = {
    "columns": _columns,
    "random": _random,
    "fitting": _fitting,
    "active": _active,
}


def _warm_up(course: _Course, share: float) -> None:
    number = round(share * course.scores.affordable)
    course.buy(course.dice.permutation(course.scores.open)[:number], at_random=True)


def _go_on(
    course: _Course,
    surrogate: Surrogate,
    choose: Callable[[Posterior, int], Places],
    batch: int,
) -> Belief:
    """Choose and buy until nothing is left; return the last belief."""
    every = max(1, course.scores.affordable // (RELEARNT + 1))
    since = 0
    posterior = course.fit(surrogate, relearn=True)
    while len(course.scores.open):
        before = len(course.scores.open)
        course.buy(choose(posterior, batch), at_random=False)
        since += before - len(course.scores.open)
        relearn = since >= every
        posterior = course.fit(surrogate, relearn=relearn)
        since = 0 if relearn else since
    return course.conclude(surrogate, posterior)


def _by_sentences(space: Space) -> BySentences:
    return BySentences(embed(sentences(space.plans, space.ancestors, space.names)))


def _above(aim: Aim, belief: Belief) -> float | None:
    return None if aim.k is not None else aim.threshold(belief)


def _sample_above(course: _Course) -> float | None:
    """Return the threshold as published: from the mean and spread of what was evaluated so far."""
    return _above(course.aim, believe_sample(course.values, course.units))
