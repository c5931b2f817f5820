"""Evaluations of models on plans: what is known, what is bought, what failed, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl

from tg_assets.model_performance.queries.errors import QueryError

Places = np.ndarray
"""Row numbers of plans, integers."""
Numbers = np.ndarray
"""Floats, one a plan; NaN where none is known."""

OUTCOME = {"correct": pl.Float64, "reason": pl.String}
"""What an evaluation says of each plan: correctness in [0, 1], or null with a reason."""
KNOWN = {"generator": pl.String, "index": pl.Int64, "model": pl.String, "correct": pl.Float64}
"""Evaluations that are already there: one row a plan and model."""


class Evaluate(Protocol):
    """Has a model do the tasks of plans."""

    def __call__(self, model: str, plans: pl.DataFrame) -> pl.DataFrame:
        """Return the columns of `OUTCOME`, a row a plan, in the order of the plans."""
        ...


class Evaluations:
    """Everything known of some models on some plans, and the budget for more.

    Args:
        plans: The columns of plans, a row each.
        models: Who may be asked.
        evaluate: Asks them.
        budget: How many evaluations may be bought; what is known costs nothing.
        known: Rows of `KNOWN`; those of other plans or models are ignored.

    Attributes:
        spent: How many evaluations were bought, failed ones among them.
    """

    def __init__(
        self,
        plans: pl.DataFrame,
        models: Sequence[str],
        evaluate: Evaluate,
        budget: int,
        known: pl.DataFrame | None = None,
    ) -> None:
        self.plans, self.models, self.budget = plans, tuple(models), budget
        self.spent = 0
        self._evaluate = evaluate
        self._correct = {model: np.full(plans.height, np.nan) for model in models}
        self._reason: dict[str, dict[int, str]] = {model: {} for model in models}
        if known is not None:
            self._remember(known)

    @property
    def left(self) -> int:
        """How many evaluations may still be bought."""
        return self.budget - self.spent

    def correct(self, model: str) -> Numbers:
        """Return a model's correctness on each plan; NaN where it is not known."""
        return self._correct[model]

    @property
    def failed(self) -> pl.DataFrame:
        """Evaluations that failed: generator, index, model, reason."""
        rows = [
            {**self.plans.row(place, named=True), "model": model, "reason": reason}
            for model, reasons in self._reason.items()
            for place, reason in sorted(reasons.items())
        ]
        schema = {"generator": pl.String, "index": pl.Int64, "model": pl.String}
        return pl.DataFrame(rows, schema={**schema, "reason": pl.String})

    def costs(self) -> Places:
        """Return for each plan how many evaluations it takes to know all models on it.

        A plan on which an evaluation failed is not asked about again.
        """
        missing = np.zeros(self.plans.height, np.int64)
        for model in self.models:
            missing += np.isnan(self._correct[model])
        for reasons in self._reason.values():
            missing[list(reasons)] = 0
        return missing

    def buy(self, places: Places) -> None:
        """Evaluate all models on plans, in order, as far as the budget reaches.

        Raises:
            QueryError: An evaluation is neither a number in [0, 1] nor a null with a reason.
        """
        places = np.array(list(dict.fromkeys(places.tolist())), np.int64)
        costs = self.costs()[places]
        affordable = places[(costs > 0) & (np.cumsum(costs) <= self.left)]
        for model in self.models:
            open_ones = affordable[np.isnan(self._correct[model][affordable])]
            if len(open_ones):
                self.spent += len(open_ones)
                self._keep(model, open_ones, self._evaluate(model, self.plans[open_ones]))

    def _keep(self, model: str, places: Places, outcome: pl.DataFrame) -> None:
        if outcome.height != len(places):
            raise QueryError(f"{model}: {outcome.height} outcomes for {len(places)} plans")
        correct = outcome["correct"].cast(pl.Float64)
        wrong = ~correct.is_between(0, 1) | (correct.is_null() & outcome["reason"].is_null())
        if wrong.fill_null(False).any():
            plan = self.plans.row(int(places[wrong.fill_null(False).arg_true()[0]]), named=True)
            raise QueryError(
                f"{model} on plan {plan['index']} of {plan['generator']}: an evaluation is a "
                "number from 0 to 1, or null with a reason"
            )
        self._correct[model][places] = correct.to_numpy()
        failed = correct.is_null().arg_true().to_list()
        self._reason[model].update({int(places[row]): outcome["reason"][row] for row in failed})

    def _remember(self, known: pl.DataFrame) -> None:
        rows = self.plans.select("generator", "index").with_row_index("place")
        there = known.filter(pl.col("correct").is_not_null())
        for (model,), mine in there.join(rows, on=["generator", "index"]).group_by("model"):
            if model in self._correct:
                self._correct[str(model)][mine["place"].to_numpy()] = mine["correct"].to_numpy()
