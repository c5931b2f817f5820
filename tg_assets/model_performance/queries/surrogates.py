"""What stands for a model where it was not evaluated: fitted to evaluations, again and again."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from tg_assets.model_performance.queries.column_kernel import ColumnCovariance, Likeness, Weights
from tg_assets.model_performance.queries.column_learning import learn, starting_logs
from tg_assets.model_performance.queries.process import Covariance, Posterior
from tg_assets.model_performance.queries.sentences import (
    SentenceCovariance,
    choose_length_and_noise,
)

FOLDS, FOLD_STEPS = 4, 20
FIRST_STEPS, LATER_STEPS = 30, 12
"""Of the optimiser, when weights are learnt first and when they are learnt again."""


class Surrogate(Protocol):
    """Predicts plans from evaluated ones."""

    def fit(self, rows: np.ndarray, values: np.ndarray, *, relearn: bool) -> Posterior:
        """Return what evaluated plans say of all plans.

        Args:
            rows: Places of the evaluated plans: those of the last fit first, in their order.
            values: Theirs.
            relearn: Choose the parameters of the covariance anew.
        """
        ...

    def errors(
        self, rows: np.ndarray, values: np.ndarray, judged: np.ndarray, dice: np.random.Generator
    ) -> np.ndarray:
        """Return how far evaluated plans lie from what the others say of them.

        Args:
            rows: Places of the evaluated plans.
            values: Theirs.
            judged: Which of them to return.
            dice: For folds.

        Returns:
            One number a judged plan, in predicted standard deviations, in no particular order.
        """
        ...


class _Across:
    """Remembers the covariance of all plans with evaluated ones, column by column."""

    def __init__(self, plans: int) -> None:
        self._everyone = np.arange(plans)
        self._covariance: Covariance | None = None
        self._table = np.zeros((plans, 0))

    def of(self, covariance: Covariance, rows: np.ndarray) -> np.ndarray:
        """Return plans x rows covariances; only what is new is worked out."""
        if covariance is not self._covariance:
            self._covariance, self._table = covariance, np.zeros((len(self._everyone), 0))
        new = rows[self._table.shape[1] :]
        if len(new):
            self._table = np.hstack([self._table, covariance.between(self._everyone, new)])
        return self._table


class ByColumns:
    """The columns of plans, alone and together."""

    def __init__(self, parts: list[Likeness], plans: int) -> None:
        self._parts, self._logs = parts, starting_logs(parts)
        self._across = _Across(plans)
        self._covariance: ColumnCovariance | None = None

    def fit(self, rows: np.ndarray, values: np.ndarray, *, relearn: bool) -> Posterior:
        """See `Surrogate.fit`."""
        if relearn or self._covariance is None:
            standard = (values - values.mean()) / max(float(values.std()), 1e-3)
            steps = FIRST_STEPS if self._covariance is None else LATER_STEPS
            self._logs = learn(self._parts, rows, standard, self._logs, steps)
            self._covariance = ColumnCovariance(self._parts, Weights.of_logarithms(self._logs))
        return Posterior(self._covariance, rows, values, self._across.of(self._covariance, rows))

    def errors(
        self, rows: np.ndarray, values: np.ndarray, judged: np.ndarray, dice: np.random.Generator
    ) -> np.ndarray:
        """See `Surrogate.errors`.

        Folds are left out with the weights learnt anew from the rest: weights that have seen a plan
        promise more than they keep.
        """
        found = []
        for fold in np.array_split(dice.permutation(np.flatnonzero(judged)), FOLDS):
            rest = np.setdiff1d(np.arange(len(rows)), fold)
            if not len(fold) or len(rest) < 2:
                continue
            standard = (values[rest] - values[rest].mean()) / max(float(values[rest].std()), 1e-3)
            start = starting_logs(self._parts)
            logs = learn(self._parts, rows[rest], standard, start, FOLD_STEPS)
            covariance = ColumnCovariance(self._parts, Weights.of_logarithms(logs))
            places = np.concatenate([rows[rest], rows[fold]])
            across = covariance.between(places, rows[rest])
            said = Posterior(covariance, np.arange(len(rest)), values[rest], across)
            away = values[fold] - said.mean[len(rest) :]
            found.append(away / np.sqrt(said.variance[len(rest) :] + said.noise))
        return np.concatenate([np.zeros(0), *found])


class BySentences:
    """Plans described in words, as published."""

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors
        self._across = _Across(len(vectors))
        self._covariance: SentenceCovariance | None = None

    def fit(self, rows: np.ndarray, values: np.ndarray, *, relearn: bool) -> Posterior:
        """See `Surrogate.fit`."""
        if relearn or self._covariance is None:
            length, noise = choose_length_and_noise(self._vectors[rows], values)
            self._covariance = SentenceCovariance(self._vectors, length, noise)
        return Posterior(self._covariance, rows, values, self._across.of(self._covariance, rows))

    def errors(
        self, rows: np.ndarray, values: np.ndarray, judged: np.ndarray, dice: np.random.Generator
    ) -> np.ndarray:
        """See `Surrogate.errors`: each plan is left out by itself, with the same two parameters."""
        return np.asarray(self.fit(rows, values, relearn=False).left_out[judged])
