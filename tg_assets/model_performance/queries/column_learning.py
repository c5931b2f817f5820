"""Learning from evaluations which columns of plans matter, alone and together.

Weights are those of the largest posterior density (type II), under wide log-normal priors.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from tg_assets.model_performance.queries.column_kernel import Likeness, Weights

PRIOR_SINGLE, PRIOR_PAIRS, PRIOR_TRIPLES, PRIOR_NOISE = 0.1, 0.5, 0.25, 0.3
"""Medians of the weights' priors, for values of variance 1."""
PRIOR_SPREAD = 1.5
"""Of the priors, in logarithms."""
MOST_TO_LEARN_FROM = 300
"""Plans that weights are learnt from: time grows with the cube."""


def starting_logs(parts: list[Likeness]) -> np.ndarray:
    """Return the medians of the priors, in logarithms."""
    single = np.full(len(parts), PRIOR_SINGLE)
    medians = np.concatenate([single, [PRIOR_PAIRS, PRIOR_TRIPLES, PRIOR_NOISE]])
    return np.asarray(np.log(medians))


def learn(
    parts: list[Likeness], rows: np.ndarray, values: np.ndarray, start: np.ndarray, steps: int
) -> np.ndarray:
    """Return the logarithms of the weights that the values make most likely.

    Args:
        parts: Likenesses of the plans.
        rows: Places of evaluated plans.
        values: Theirs, of mean 0 and variance 1 or so.
        start: Logarithms to begin from.
        steps: Of the optimiser, at most.
    """
    rows, values = rows[:MOST_TO_LEARN_FROM], values[:MOST_TO_LEARN_FROM]
    tables = np.stack([part.between(rows, rows) for part in parts])
    centre = starting_logs(parts)

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _minus_log_likelihood(tables, values, logs)
        away = (logs - centre) / PRIOR_SPREAD
        return value + 0.5 * float(away @ away), slope + away / PRIOR_SPREAD

    bounds = [(middle - 6, middle + 6) for middle in centre]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
    )
    return np.asarray(found.x)


def _minus_log_likelihood(
    tables: np.ndarray, values: np.ndarray, logs: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return minus the log marginal likelihood and its slope in the logarithms of the weights."""
    weights = Weights.of_logarithms(logs)
    weighted = weights.single[:, None, None] * tables
    first = weighted.sum(axis=0)
    squares = np.einsum("cij,cij->ij", weighted, weighted)
    second = (first**2 - squares) / 2
    third = np.zeros_like(first)
    running = running_pairs = np.zeros_like(first)
    for table in weighted:
        third = third + table * running_pairs
        running_pairs = running_pairs + table * running
        running = running + table
    covariance = first + weights.pairs * second + weights.triples * third
    covariance[np.diag_indices_from(covariance)] += weights.noise
    factor = cho_factor(covariance, lower=True)
    solved = cho_solve(factor, values)
    value = 0.5 * float(values @ solved) + float(np.log(np.diag(factor[0])).sum())
    pull = 0.5 * (cho_solve(factor, np.eye(len(values))) - np.outer(solved, solved))
    slope = np.empty(len(logs))
    for number, table in enumerate(weighted):
        rest = first - table
        inner = 1 + weights.pairs * rest + weights.triples * (second - table * rest)
        slope[number] = float(np.vdot(pull * table, inner))
    slope[-3] = weights.pairs * float(np.vdot(pull, second))
    slope[-2] = weights.triples * float(np.vdot(pull, third))
    slope[-1] = weights.noise * float(np.trace(pull))
    return value, slope
