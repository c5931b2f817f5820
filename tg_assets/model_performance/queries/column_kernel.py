"""How alike plans are, judged by their own columns.

A column gives one or two likenesses in [0, 1]: the same value or not; how near two numbers are; how
much of what lies above two categories is the same. They are combined as in an additive Gaussian
process (Duvenaud, Nickisch and Rasmussen 2011, arXiv 1112.4394): sums over single likenesses, over
pairs and over triples, so that a model may be bad at red, at red things in the corner, and so on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tg_assets.task_space.space import PLAN

Ancestors = Mapping[str, Collection[str]]
"""Of categories: what lies above each."""
CATEGORIES = ("target", "reference")


@dataclass(frozen=True)
class Likeness:
    """How alike the values of a column are.

    Attributes:
        name: The column and the kind of likeness.
        codes: The number of the value of each plan.
        table: Values x values, symmetric, 1 on the diagonal.
    """

    name: str
    codes: np.ndarray
    table: np.ndarray

    def between(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the likeness of plans, rows x columns."""
        table = self.table[:, self.codes[columns]]
        return np.asarray(table[self.codes[rows]])

    def of_pairs(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the likeness of the plans of each pair."""
        return np.asarray(self.table[self.codes[ones], self.codes[others]])


def likenesses(plans: pl.DataFrame, ancestors: Ancestors) -> list[Likeness]:
    """Return what tells plans apart, column by column; null is a value like any other."""
    found: list[Likeness] = []
    for name in PLAN:
        column = plans[name]
        if name == "index" or column.n_unique() < 2:
            continue
        values = column.unique().sort(nulls_last=False).to_list()
        number = {value: place for place, value in enumerate(values)}
        codes = np.array([number[value] for value in column.to_list()])
        found += [Likeness(*part) for part in _tables(name, codes, values, ancestors)]
    return found


def _tables(
    name: str, codes: np.ndarray, values: list[str | int | None], ancestors: Ancestors
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    yield name, codes, np.eye(len(values))
    if PLAN[name] == pl.Int64 and len(values) > 2:
        yield f"{name}, as a number", codes, _near(values)
    if name in CATEGORIES and any(ancestors.get(str(value)) for value in values):
        yield f"{name}, by what lies above", codes, _related(values, ancestors)


def _near(values: list[str | int | None]) -> np.ndarray:
    numbers = np.array([np.nan if value is None else float(value) for value in values])
    scale = max(1.0, float(np.nanmax(numbers) - np.nanmin(numbers))) / 2
    table = np.exp(-((numbers[:, None] - numbers) ** 2) / (2 * scale**2))
    table[np.isnan(table)] = 0.0
    np.fill_diagonal(table, 1.0)
    return np.asarray(table)


def _related(values: list[str | int | None], ancestors: Ancestors) -> np.ndarray:
    """Return the cosine of the sets of each value with all above it."""
    sets = [{str(value), *ancestors.get(str(value), ())} for value in values]
    names = {name: place for place, name in enumerate(sorted(set().union(*sets)))}
    holds = np.zeros((len(values), len(names)))
    for row, one in enumerate(sets):
        holds[row, [names[name] for name in one]] = 1 / len(one) ** 0.5
    return holds @ holds.T


@dataclass(frozen=True)
class Weights:
    """What a combined likeness is made of.

    Attributes:
        single: Of each likeness.
        pairs: Of products of two.
        triples: Of products of three.
        noise: Variance of what no column explains.
    """

    single: np.ndarray
    pairs: float
    triples: float
    noise: float

    @classmethod
    def of_logarithms(cls, logs: np.ndarray) -> Weights:
        """Return weights from the logarithms of all of them, one after the other."""
        values = np.exp(logs)
        return cls(values[:-3], float(values[-3]), float(values[-2]), float(values[-1]))


class ColumnCovariance:
    """The prior covariance of plans, under weights."""

    def __init__(self, parts: list[Likeness], weights: Weights) -> None:
        self.parts, self.weights = parts, weights

    def between(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return rows x columns covariances."""
        return self._combined(part.between(rows, columns) for part in self.parts)

    def of_pairs(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return one covariance a pair."""
        return self._combined(part.of_pairs(ones, others) for part in self.parts)

    @property
    def noise(self) -> float:
        """Variance of what no column explains."""
        return self.weights.noise

    @property
    def variance(self) -> float:
        """Of every plan: each is wholly like itself."""
        return float(self._combined(np.ones(1) for _ in self.parts)[0])

    def _combined(self, tables: Iterator[np.ndarray]) -> np.ndarray:
        first = second = third = np.zeros(1)
        for weight, table in zip(self.weights.single, tables, strict=True):
            weighted = weight * table
            third = third + weighted * second
            second = second + weighted * first
            first = first + weighted
        return first + self.weights.pairs * second + self.weights.triples * third
