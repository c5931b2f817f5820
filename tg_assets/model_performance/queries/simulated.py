"""Models of known competence: what they can do is written down, so every answer can be checked.

The three kinds differ in what their competence depends on:

- ``smooth``: on each column by itself; related categories are alike, and counting gets harder.
- ``spiky``: on little, but some pairs of values fail, whatever else the plan says.
- ``interacting``: on pairs of columns, more than on single ones.

A plan's evaluation is, as published (arXiv 2406.11775), the mean of 15 answers to its instances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from tg_assets.ids import digest, unit_interval
from tg_assets.model_performance.queries.column_kernel import Ancestors
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.evaluations import Evaluate
from tg_assets.task_space.space import PLAN

COMPETENCES = ("smooth", "spiky", "interacting")
ANSWERS = 15
"""Five instances of a plan, each asked three times with its options in another order."""

NUMBERED = {"grid": 3, "count": 9}
"""Columns of numbers, with their largest."""
COLUMNS = tuple(name for name in PLAN if name != "index")
SPIKE, SPIKED = 3.0, 1 / 60
"""By how much (in logits) a pair of values makes plans harder, and for how many pairs."""
MIDDLE, EASIEST, HARDEST = 0.6, 0.97, 0.03


@dataclass(frozen=True)
class SimulatedModel:
    """A model that is right with a probability that follows from the plan's columns.

    Attributes:
        competence: One of `COMPETENCES`.
        seed: Another seed, another model of that kind.
        ancestors: Of categories: what lies above each.
        answers: How many answers an evaluation is the mean of; None: of endlessly many.
    """

    competence: str
    seed: int = 0
    ancestors: Ancestors | None = None
    answers: int | None = ANSWERS

    def __post_init__(self) -> None:
        if self.competence not in COMPETENCES:
            raise QueryError(
                f"no simulated model is called {self.competence!r}; there are "
                f"{', '.join(COMPETENCES)}"
            )

    def evaluate(self, plans: pl.DataFrame) -> pl.DataFrame:
        """Return the columns of `evaluations.OUTCOME`; the same plan has the same outcome."""
        chance = self.chances(plans)
        correct = chance.copy()
        for row, (generator, index) in enumerate(plans.select("generator", "index").iter_rows()):
            if self.answers is None:
                break
            seed = int(digest("evaluation", self._name, generator, index), 16)
            right = np.random.default_rng(seed).binomial(self.answers, chance[row])
            correct[row] = right / self.answers
        return pl.DataFrame({"correct": correct}).with_columns(reason=pl.lit(None, pl.String))

    def chances(self, plans: pl.DataFrame) -> np.ndarray:
        """Return how likely the model is right, a number a plan."""
        logits = np.full(plans.height, np.log(MIDDLE / (1 - MIDDLE)))
        single, double = {"smooth": (0.7, 0.0), "spiky": (0.25, 0.0), "interacting": (0.3, 0.6)}[
            self.competence
        ]
        for name in COLUMNS:
            logits += single * self._effects(plans, name)
        for one, other in combinations(COLUMNS, 2):
            if double:
                logits += double / 2 * self._pair(plans, one, other)
            elif self.competence == "spiky":
                logits -= self._spikes(plans, one, other)
        return np.asarray(HARDEST + (EASIEST - HARDEST) / (1 + np.exp(-logits)))

    @property
    def _name(self) -> str:
        return f"{self.competence}-{self.seed}"

    def _effects(self, plans: pl.DataFrame, name: str) -> np.ndarray:
        """Return a column's effects: centred, of spread one or so."""
        values = plans[name].to_list()
        known = {value: self._effect(name, value) for value in set(values)}
        return np.array([known[value] for value in values])

    def _effect(self, name: str, value: str | int | None) -> float:
        if value is None:
            return 0.0
        if name in NUMBERED:
            return 1.2 - 2.4 * int(value) / NUMBERED[name]
        own = self._normal(name, value)
        above = sorted((self.ancestors or {}).get(str(value), ()))
        if not above:
            return own
        inherited = np.array([self._normal(name, one) for one in above])
        return 0.5 * own + 0.85 * float(inherited.sum() / np.sqrt(len(above)))

    def _pair(self, plans: pl.DataFrame, one: str, other: str) -> np.ndarray:
        return self._each(plans, one, other, lambda key: self._normal("pair", one, other, *key))

    def _spikes(self, plans: pl.DataFrame, one: str, other: str) -> np.ndarray:
        """Return how much harder a pair of values makes plans: most pairs, not at all."""

        def spike(key: tuple[str, str]) -> float:
            return SPIKE * (unit_interval("spike", self._name, one, other, *key) < SPIKED)

        return self._each(plans, one, other, spike)

    def _each(
        self, plans: pl.DataFrame, one: str, other: str, effect: Callable[[tuple[str, str]], float]
    ) -> np.ndarray:
        pairs = list(plans.select(one, other).iter_rows())
        known = {
            (a, b): 0.0 if a is None or b is None else effect((str(a), str(b)))
            for a, b in set(pairs)
        }
        return np.array([known[pair] for pair in pairs])

    def _normal(self, *parts: str | int) -> float:
        seed = int(digest("effect", self._name, *parts), 16)
        return float(np.random.default_rng(seed).standard_normal())


def simulated(competence: str, models: Sequence[str], seed: int, ancestors: Ancestors) -> Evaluate:
    """Return an evaluation of models of a kind, each of another seed.

    Raises:
        QueryError: There is no such kind.
    """
    there = {
        model: SimulatedModel(competence, seed * len(models) + place, ancestors)
        for place, model in enumerate(models)
    }

    def evaluate(model: str, plans: pl.DataFrame) -> pl.DataFrame:
        return there[model].evaluate(plans)

    return evaluate
