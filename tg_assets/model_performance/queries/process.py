"""A Gaussian process over plans: what evaluated ones say of those that nobody evaluated."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

PAIRS_EXACTLY, PAIRS_DRAWN = 60, 4000
"""The prior variance of the mean of more plans than that is taken from so many pairs of them."""
LEAST_SCALE = 0.05
"""Of values: a few that happen to agree do not make everything certain."""


class Covariance(Protocol):
    """The prior covariance of plans, for values of variance 1."""

    @property
    def variance(self) -> float:
        """Of every plan, without noise."""
        ...

    @property
    def noise(self) -> float:
        """Variance of what plans do not share."""
        ...

    def between(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return rows x columns covariances, for places of plans."""
        ...

    def of_pairs(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return one covariance a pair."""
        ...


class Posterior:
    """What evaluated plans say of all others.

    Args:
        covariance: The prior's.
        rows: Places of evaluated plans.
        values: Their values.
        across: All plans x evaluated plans: their prior covariance.

    Attributes:
        mean: Expected value of each plan.
        variance: Of what plans share, for each plan; `noise` comes on top.
        noise: Variance of what they do not share.
        left_out: For each evaluated plan: how far it lies from what the others would have said of
            it, in predicted standard deviations.
    """

    def __init__(
        self, covariance: Covariance, rows: np.ndarray, values: np.ndarray, across: np.ndarray
    ) -> None:
        self._covariance, self._across = covariance, across
        middle, self._scale = float(values.mean()), max(float(values.std()), LEAST_SCALE)
        within = across[rows].copy()
        within[np.diag_indices_from(within)] += covariance.noise + 1e-8
        factor = cho_factor(within, lower=True)
        self._lower = np.tril(factor[0])
        solved = cho_solve(factor, (values - middle) / self._scale)
        self.mean = middle + self._scale * (across @ solved)
        self.variance = self._scale**2 * self._unexplained(covariance.variance, across)
        self.noise = self._scale**2 * covariance.noise
        self.left_out = solved / np.sqrt(np.diag(cho_solve(factor, np.eye(len(rows)))))

    def variance_of_means(self, members: list[np.ndarray], dice: np.random.Generator) -> np.ndarray:
        """Return the variance of the mean of what plans share, over each list of places."""
        prior = np.array([self._prior_of_mean(places, dice) for places in members])
        across = np.stack([self._across[places].mean(axis=0) for places in members])
        return self._scale**2 * self._unexplained(prior, across)

    def _unexplained(self, prior: np.ndarray | float, across: np.ndarray) -> np.ndarray:
        half = solve_triangular(self._lower, across.T, lower=True)
        return np.maximum(prior - np.einsum("ij,ij->j", half, half), 1e-10)

    def _prior_of_mean(self, places: np.ndarray, dice: np.random.Generator) -> float:
        number = len(places)
        if number <= PAIRS_EXACTLY:
            ones, others = np.repeat(places, number), np.tile(places, number)
            return float(self._covariance.of_pairs(ones, others).mean())
        one = dice.integers(number, size=PAIRS_DRAWN)
        other = (one + dice.integers(1, number, size=PAIRS_DRAWN)) % number
        off = float(self._covariance.of_pairs(places[one], places[other]).mean())
        return (self._covariance.variance + (number - 1) * off) / number
