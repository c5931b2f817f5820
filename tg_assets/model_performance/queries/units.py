"""Units of a query: single plans, or all plans that agree in some columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Units:
    """How plans are gathered.

    Attributes:
        labels: A row a unit: the columns it is told by. Null is a value like any other, so no plan
            is dropped for lacking a column.
        of_plan: The unit of each plan.
        drawn: Which share of all plans these are: 1 where they are all.
        are_plans: Whether each unit is one plan, told by being itself.
    """

    labels: pl.DataFrame
    of_plan: np.ndarray
    drawn: float = 1.0
    are_plans: bool = False

    @classmethod
    def of(cls, plans: pl.DataFrame, by: Sequence[str], drawn: float = 1.0) -> Units:
        """Return the units of plans; each plan is one where no columns are named."""
        if not by:
            return cls(plans, np.arange(plans.height), drawn, are_plans=True)
        labels = plans.select(by).unique().sort(by)
        numbered = labels.with_row_index("unit")
        joined = plans.select(by).join(
            numbered, on=list(by), how="left", nulls_equal=True, maintain_order="left"
        )
        return cls(labels, joined["unit"].to_numpy().astype(np.int64), drawn)

    @property
    def number(self) -> int:
        """How many units there are."""
        return self.labels.height

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many plans each has."""
        return np.bincount(self.of_plan, minlength=self.number)

    @cached_property
    def members(self) -> list[np.ndarray]:
        """The places of each unit's plans."""
        order = np.argsort(self.of_plan, kind="stable")
        return np.split(order, np.cumsum(self.sizes)[:-1])

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of each unit's plans that have a value; NaN where none has."""
        there = ~np.isnan(values)
        number = np.bincount(self.of_plan[there], minlength=self.number)
        total = np.bincount(self.of_plan[there], weights=values[there], minlength=self.number)
        none = np.full(self.number, np.nan)
        return np.asarray(np.divide(total, number, out=none, where=number > 0))
