"""A query as a value: everything that decides its answer, written to JSON and back.

The four kinds are Task-Me-Anything's (arXiv 2406.11775): top k, threshold, compare, debug.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import PLAN

BUDGET = 500
"""Evaluations that may be bought, where nothing else is said."""
Way = Literal["columns", "random", "fitting", "active"]
Model = Annotated[str, Field(min_length=1)]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Plans(_Value):
    """Which plans a query is about; what is null restricts nothing.

    Attributes:
        at_most: Where more plans are meant, so many are drawn to stand for all of them.
        slots: Values of further columns, such as ``{"grid": 3}``.
    """

    generator: str | None = None
    target: str | None = None
    attribute_type: str | None = None
    attribute_value: str | None = None
    reference: str | None = None
    slots: dict[str, str | int] = {}
    at_most: int = Field(default=3000, ge=1, le=20_000)

    @field_validator("slots")
    @classmethod
    def _numbers_as_numbers(cls, slots: dict[str, str | int]) -> dict[str, str | int]:
        """Let a command line, which has only text, mean the same query as JSON."""
        return {
            name: int(value) if PLAN.get(name) == pl.Int64 and str(value).isdecimal() else value
            for name, value in slots.items()
        }

    @property
    def where(self) -> Where:
        """The same as a filter of the task space."""
        return Where(**self.model_dump(exclude={"at_most"}))


class _Asked(_Value):
    """What all kinds say.

    Attributes:
        by: Columns: plans that agree in them are one unit, judged by its mean; none: each plan.
        budget: How many evaluations of a model on a plan may be bought.
        confidence: Of the intervals.
        way: How the budget is spent.
        seed: The same query gives the same answer.
    """

    model: Model
    by: tuple[str, ...] = ()
    plans: Plans = Plans()
    budget: int = Field(default=BUDGET, ge=0)
    confidence: float = Field(default=0.9, gt=0, lt=1)
    way: Way = "columns"
    seed: int = 0

    @model_validator(mode="after")
    def _by_columns_of_plans(self) -> _Asked:
        require_columns(self.by)
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"by names a column twice: {', '.join(self.by)}")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """Everyone that is evaluated."""
        return (self.model,)


class TopK(_Asked):
    """The units that a model does best, or worst, at."""

    kind: Literal["top-k"] = "top-k"
    k: int = Field(default=10, ge=1)
    order: Literal["best", "worst"] = "worst"


class Threshold(_Asked):
    """The units whose correctness is above or below a value."""

    kind: Literal["threshold"] = "threshold"
    threshold: float = Field(ge=0, le=1)
    side: Literal["above", "below"] = "below"


class Compare(_Asked):
    """The units on which a model beats, or loses to, every other one.

    Attributes:
        others: The models that it is compared with.
        margin: By how much at least.
        finding: Where the model is better than the best of the others, or worse than the worst.
    """

    kind: Literal["compare"] = "compare"
    others: tuple[Model, ...] = Field(min_length=1)
    margin: float = Field(default=0.0, ge=0, lt=1)
    finding: Literal["better", "worse"] = "better"

    @model_validator(mode="after")
    def _different_models(self) -> Compare:
        if len(set(self.models)) < len(self.models):
            raise ValueError(f"a model is compared with itself: {', '.join(self.models)}")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """Everyone that is evaluated."""
        return (self.model, *self.others)


class Debug(_Asked):
    """The units that are unusually bad for a model, and what they have in common.

    Attributes:
        deviations: So many standard deviations below the model's mean, where no threshold is given.
        threshold: Below this.
        patterns: How many frequent patterns to show.
    """

    kind: Literal["debug"] = "debug"
    deviations: float = Field(default=1.0, gt=0)
    threshold: float | None = Field(default=None, ge=0, le=1)
    patterns: int = Field(default=10, ge=0)


Query = TopK | Threshold | Compare | Debug

_QUERY: TypeAdapter[Query] = TypeAdapter(Annotated[Query, Field(discriminator="kind")])


def require_columns(names: Sequence[str]) -> None:
    """Refuse columns that plans do not have.

    Raises:
        QueryError: The message offers those that exist.
    """
    there = [name for name in PLAN if name != "index"]
    for name in names:
        if name not in there:
            raise QueryError(f"plans have no column {name!r}; they have {', '.join(there)}")


def read_query(written: str | bytes) -> Query:
    """Return the query of its JSON.

    Raises:
        QueryError: It is none; the message names each field and what is wrong with it.
    """
    try:
        return _QUERY.validate_json(written)
    except ValidationError as error:
        raise QueryError(_said(error)) from None


def make_query(kind: str, **fields: Any) -> Query:
    """Return a query from its fields.

    Raises:
        QueryError: A field is wrong; the message names it.
    """
    try:
        return _QUERY.validate_python({"kind": kind, **fields})
    except ValidationError as error:
        raise QueryError(_said(error)) from None


def _said(error: ValidationError) -> str:
    lines = []
    for one in error.errors(include_url=False):
        place = ".".join(str(part) for part in one["loc"][1:]) or "the query"
        lines.append(f"{place}: {one['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
