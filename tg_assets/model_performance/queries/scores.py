"""What a query is about, as one number a plan, the more the more wanted."""

from __future__ import annotations

import numpy as np

from tg_assets.model_performance.queries.evaluations import Evaluations, Numbers, Places
from tg_assets.model_performance.queries.query import Compare, Debug, Query, Threshold, TopK


def wanted_side(query: Query) -> int:
    """Return 1 where high values are looked for, -1 where low ones are."""
    if isinstance(query, TopK):
        return 1 if query.order == "best" else -1
    if isinstance(query, Threshold):
        return 1 if query.side == "above" else -1
    if isinstance(query, Compare):
        return 1 if query.finding == "better" else -1
    return -1


def wanted_above(query: Query) -> float | None:
    """Return what a unit's score must exceed to be found; None: it follows from the scores."""
    if isinstance(query, Threshold):
        return wanted_side(query) * query.threshold
    if isinstance(query, Compare):
        return query.margin
    if isinstance(query, Debug) and query.threshold is not None:
        return -query.threshold
    return None


class Scores:
    """The scores of plans, from evaluations.

    A plan's score is its correctness, or for a comparison the difference to the best (or worst) of
    the other models; its sign is turned where low values are wanted.
    """

    def __init__(self, query: Query, evaluations: Evaluations) -> None:
        self._side, self._evaluations = wanted_side(query), evaluations

    @property
    def values(self) -> Numbers:
        """The score of each plan; NaN where it is not known."""
        first, *others = (self._evaluations.correct(one) for one in self._evaluations.models)
        if others:
            best = np.max if self._side > 0 else np.min
            return np.asarray(self._side * (first - best(np.stack(others), axis=0)))
        return self._side * first

    @property
    def known(self) -> Places:
        """Places of plans whose score is known."""
        return np.flatnonzero(~np.isnan(self.values))

    @property
    def open(self) -> Places:
        """Places of plans that may still be bought."""
        costs = self._evaluations.costs()
        return np.flatnonzero((costs > 0) & (costs <= self._evaluations.left))

    @property
    def affordable(self) -> int:
        """How many plans the budget still reaches, at least."""
        return self._evaluations.left // len(self._evaluations.models)

    def buy(self, places: Places) -> None:
        """Buy plans, in order, as far as the budget reaches."""
        self._evaluations.buy(places)
