"""A Gaussian process over plans: what evaluated ones say of those that nobody evaluated."""

from __future__ import annotations

from functools import cached_property
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
        noise: Variance of what plans do not share.
    """

    def __init__(
        self, covariance: Covariance, rows: np.ndarray, values: np.ndarray, across: np.ndarray
    ) -> None:
        self._covariance, self._across = covariance, across
        middle, self._scale = float(values.mean()), max(float(values.std()), LEAST_SCALE)
        within = across[rows].copy()
        within[np.diag_indices_from(within)] += covariance.noise + 1e-8
        self._factor = cho_factor(within, lower=True)
        self._solved = cho_solve(self._factor, (values - middle) / self._scale)
        self.mean = middle + self._scale * (across @ self._solved)
        self.noise = self._scale**2 * covariance.noise

    @cached_property
    def variance(self) -> np.ndarray:
        """Of what plans share, for each plan; `noise` comes on top."""
        return np.asarray(
            self._scale**2 * self._unexplained(self._covariance.variance, self._across)
        )

    @cached_property
    def left_out(self) -> np.ndarray:
        """How far each evaluated plan lies from what the others would have said of it.

        In predicted standard deviations.
        """
        precision = cho_solve(self._factor, np.eye(len(self._solved)))
        return np.asarray(self._solved / np.sqrt(np.diag(precision)))

    def variance_of_means(self, members: list[np.ndarray], dice: np.random.Generator) -> np.ndarray:
        """Return the variance of the mean of what plans share, over each list of places."""
        prior = np.array([self._prior_of_mean(places, dice) for places in members])
        across = np.stack([self._across[places].mean(axis=0) for places in members])
        return np.asarray(self._scale**2 * self._unexplained(prior, across))

    def covariance_of_means(self, members: list[np.ndarray]) -> np.ndarray:
        """Return the covariance of the means of what plans share, lists x lists."""
        flat = np.concatenate(members)
        lengths = [len(places) for places in members]
        average = np.zeros((len(members), len(flat)))
        average[np.repeat(np.arange(len(members)), lengths), np.arange(len(flat))] = 1
        average /= np.array(lengths)[:, None]
        prior = average @ self._covariance.between(flat, flat) @ average.T
        half = self._half(average @ self._across[flat])
        return np.asarray(self._scale**2 * (prior - half.T @ half))

    def _unexplained(self, prior: np.ndarray | float, across: np.ndarray) -> np.ndarray:
        half = self._half(across)
        return np.asarray(np.maximum(prior - np.einsum("ij,ij->j", half, half), 1e-10))

    def _half(self, across: np.ndarray) -> np.ndarray:
        return np.asarray(solve_triangular(self._factor[0], across.T, lower=True))

    def _prior_of_mean(self, places: np.ndarray, dice: np.random.Generator) -> float:
        number = len(places)
        if number <= PAIRS_EXACTLY:
            ones, others = np.repeat(places, number), np.tile(places, number)
            return float(self._covariance.of_pairs(ones, others).mean())
        one = dice.integers(number, size=PAIRS_DRAWN)
        other = (one + dice.integers(1, number, size=PAIRS_DRAWN)) % number
        off = float(self._covariance.of_pairs(places[one], places[other]).mean())
        return (self._covariance.variance + (number - 1) * off) / number
