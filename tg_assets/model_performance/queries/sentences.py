"""The published surrogate: a Gaussian process on plans described in words.

As in the published code (JieyuZ2/TaskMeAnything, ``tma/task_evaluator.py``): a radial basis
function on embeddings, values normalised, the length by the marginal likelihood, the noise among 20
values from 1e-5 to 1 by five-fold cross-validation. The sentence encoder is not: in its place stand
TF-IDF weights of words and pairs of words, reduced to 256 numbers, which need no download and give
the same vector anywhere. They are told the names of things and of all that lies above them, because
a sentence encoder knows that an apple is a fruit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.spatial.distance import cdist

from tg_assets.model_performance.queries.column_kernel import CATEGORIES, Ancestors

NOISES = np.logspace(-5, 0, 20)
LENGTHS = np.logspace(-1.2, 1.2, 13)
FOLDS = 5
NUMBERS = 256
LEAST_TO_CROSS_VALIDATE = 2 * FOLDS


def sentences(plans: pl.DataFrame, ancestors: Ancestors, names: Mapping[str, str]) -> list[str]:
    """Return each plan in words."""
    return [_sentence(plan, ancestors, names) for plan in plans.drop("index").iter_rows(named=True)]


def _sentence(
    plan: Mapping[str, str | int | None], ancestors: Ancestors, names: Mapping[str, str]
) -> str:
    said = []
    for column, value in plan.items():
        if value is None:
            continue
        words = [str(value)]
        if column in CATEGORIES:
            kinds = [str(value), *sorted(ancestors.get(str(value), ()))]
            words = [names.get(kind, kind) for kind in kinds]
        said.append(f"{column} {' '.join(words)}")
    return ", ".join(said)


def embed(texts: list[str]) -> np.ndarray:
    """Return vectors of length 1, a row a text."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    weights = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"[\w-]+").fit_transform(texts)
    numbers = min(NUMBERS, min(weights.shape) - 1)
    if numbers < 1:
        return np.ones((len(texts), 1))
    vectors = TruncatedSVD(numbers, random_state=0).fit_transform(weights)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


class SentenceCovariance:
    """A radial basis function of the distance of two plans' vectors."""

    variance = 1.0

    def __init__(self, vectors: np.ndarray, length: float, noise: float) -> None:
        self._vectors, self._length, self.noise = vectors, length, noise

    def between(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return rows x columns covariances, for places of plans."""
        return _radial(
            cdist(self._vectors[rows], self._vectors[columns], "sqeuclidean"), self._length
        )

    def of_pairs(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return one covariance a pair."""
        apart = self._vectors[ones] - self._vectors[others]
        return _radial(np.einsum("ij,ij->i", apart, apart), self._length)


def _radial(squared: np.ndarray, length: float) -> np.ndarray:
    return np.asarray(np.exp(-squared / (2 * length**2)))


def choose_length_and_noise(vectors: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return the length and noise of the covariance for evaluated plans.

    Each noise has the length that is likeliest with it, from a grid (published: by descent); the
    noise is the one whose predictions of left-out fifths are best.
    """
    standard = (values - values.mean()) / max(float(values.std()), 1e-3)
    squared = cdist(vectors, vectors, "sqeuclidean")
    likelihoods = np.array([_likelihoods(_radial(squared, one), standard) for one in LENGTHS])
    lengths = LENGTHS[likelihoods.argmax(axis=0)]
    if len(values) < LEAST_TO_CROSS_VALIDATE:
        noise = int(likelihoods.max(axis=0).argmax())
    else:
        errors = [_error(squared, standard, *both) for both in zip(lengths, NOISES, strict=True)]
        noise = int(np.argmin(errors))
    return float(lengths[noise]), float(NOISES[noise])


def _likelihoods(covariance: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the log marginal likelihood under each noise."""
    spread, directions = eigh(covariance)
    along = directions.T @ values
    variances = np.maximum(spread, 0)[:, None] + NOISES
    found = -0.5 * (along[:, None] ** 2 / variances + np.log(variances)).sum(axis=0)
    return np.asarray(found)


def _error(squared: np.ndarray, values: np.ndarray, length: float, noise: float) -> float:
    """Return the squared error of five-fold cross-validation; folds are stretches, as published."""
    covariance = _radial(squared, length)
    total = 0.0
    for held in np.array_split(np.arange(len(values)), FOLDS):
        rest = np.setdiff1d(np.arange(len(values)), held)
        within = covariance[np.ix_(rest, rest)] + (noise + 1e-8) * np.eye(len(rest))
        solved = cho_solve(cho_factor(within), values[rest])
        total += float(((covariance[np.ix_(held, rest)] @ solved - values[held]) ** 2).sum())
    return total
