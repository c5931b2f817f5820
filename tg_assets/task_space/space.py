"""The task space: every plan of every generator under one number, and the way back.

No plan is ever listed to be counted, reached or drawn: memory and time do not depend on how many
there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, get_args

import numpy as np
import polars as pl

from tg_assets.ids import digest
from tg_assets.task_space.drawable import drawable, why_no_plans
from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.forms import Choice, Form, Integers, Pool
from tg_assets.task_space.generators import GENERATORS, SLOTS, kind_of, no_generator
from tg_assets.task_space.library import Library
from tg_assets.task_space.selection import (
    Selected,
    UnknownFilter,
    Where,
    columns_of,
    require_values,
    select,
)
from tg_assets.task_space.world import Kind

PLAN: Mapping[str, type[pl.DataType]] = {
    "generator": pl.String,
    "index": pl.Int64,  # within the generator
    "target": pl.String,
    "attribute_type": pl.String,
    "attribute_value": pl.String,
    "reference": pl.String,
    **SLOTS,
}
"""The columns of plans; what a plan does not name is null."""


EVERYTHING = Where()


class NoSuchPlan(TaskSpaceError):  # noqa: N818 - a plan that is not there
    """The space has no such index, generator or plan; the message says what it has."""


class Generator:
    """The plans of one generator.

    Attributes:
        name: Such as ``where-size-3d``.
        forms: Its plans, shape by shape.
        count: How many plans there are; indexes go from 0 to below it.
    """

    def __init__(self, name: str, forms: list[Form]) -> None:
        self.name = name
        self.forms = forms
        self.starts = np.concatenate([[0], np.cumsum([form.count for form in forms])])
        self.count = int(self.starts[-1])

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that its plans may name."""
        return columns_of(self.forms)

    @property
    def targets(self) -> int:
        """How many things it could ask about, whatever may stand beside them."""
        return sum(len(form.targets) for form in self.forms)

    def plans(self, indexes: Integers) -> pl.DataFrame:
        """Return plans, a row an index, in the order of the indexes.

        Raises:
            NoSuchPlan: An index is out of range.
        """
        outside = indexes[(indexes < 0) | (indexes >= self.count)]
        if len(outside):
            there = f"plans 0 to {self.count - 1:,}" if self.count else "no plans over this library"
            raise NoSuchPlan(f"{self.name} has {there}, not {outside[0]:,}")
        of_form = np.searchsorted(self.starts, indexes, side="right") - 1
        parts = []
        for number in np.unique(of_form):
            places = np.flatnonzero(of_form == number)
            rows = self.forms[number].rows(indexes[places] - self.starts[number])
            parts.append(rows.with_columns(place=pl.Series(places)))
        empty = pl.DataFrame(schema={**{c: PLAN[c] for c in list(PLAN)[2:]}, "place": pl.Int64})
        frame = pl.concat([empty, *parts]).sort("place").drop("place")
        named = frame.with_columns(
            generator=pl.lit(self.name), index=pl.Series(indexes, dtype=pl.Int64)
        )
        columns: pl.DataFrame = named.select(pl.col(name).cast(kind) for name, kind in PLAN.items())
        return columns

    def index_of(self, plan: Mapping[str, Any]) -> int:
        """Return the index of a plan: the way back from `plans`.

        Args:
            plan: Its columns; those that are absent count as null.

        Raises:
            NoSuchPlan: The generator has no such plan.
        """
        for form, start in zip(self.forms, self.starts, strict=False):
            place = _place(form, plan)
            if place is not None:
                return int(start) + place
        named = {column: plan[column] for column in PLAN if plan.get(column) is not None}
        raise NoSuchPlan(f"{self.name} has no plan {named}")


def _place(form: Form, plan: Mapping[str, Any]) -> int | None:
    target = _target(form, plan)
    slot = form.slot_row_of.get(tuple(plan.get(column) for column in form.slots.columns))
    if target is None or slot is None or form.with_reference == (plan.get("reference") is None):
        return None
    reference = 0
    if form.with_reference:
        number = form.pool.number_of.get(str(plan["reference"]), -1)
        others = form.pool.irrelevant[form.targets.category[target]]
        reference = int(np.searchsorted(others, number))
        if reference == len(others) or others[reference] != number:
            return None
    place = Choice(np.array([target]), np.array([reference]), np.array([slot]))
    return int(form.indexes(place)[0])


def _target(form: Form, plan: Mapping[str, Any]) -> int | None:
    kind, value = plan.get("attribute_type"), plan.get("attribute_value")
    category = plan.get("target")
    number = -1 if category is None else form.pool.number_of.get(category, -2)
    place = -1
    if kind is not None or value is not None:
        place = form.pool.attribute_number_of.get((str(kind), str(value)), -2)
    found = np.flatnonzero((form.targets.category == number) & (form.targets.attribute == place))
    return int(found[0]) if len(found) else None


class TaskSpace:
    """Every generator over a library: plans in 3D are of objects that have a model, and so on."""

    def __init__(self, library: Library) -> None:
        self.library = library
        parts = {kind: drawable(library, kind) for kind in get_args(Kind)}
        pools = {id(part): Pool(part) for part in parts.values()}  # one where kinds do not differ
        self.generators = {
            name: Generator(name, forms(pools[id(parts[kind_of(name)])]))
            for name, forms in GENERATORS.items()
        }

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many plans each generator has."""
        return {name: generator.count for name, generator in self.generators.items()}

    @cached_property
    def without_plans(self) -> Mapping[str, str]:
        """Why a generator has no plan, of each that has none."""
        return {
            name: why_no_plans(self.library, kind_of(name), needs_attribute=not generator.targets)
            for name, generator in self.generators.items()
            if not generator.count
        }

    @property
    def total(self) -> int:
        """How many plans there are in all."""
        return sum(self.counts.values())

    def generator(self, name: str) -> Generator:
        """Return a generator.

        Raises:
            NoSuchPlan: There is none of that name.
        """
        if name not in self.generators:
            raise NoSuchPlan(no_generator(name))
        return self.generators[name]

    def lacking(self, where: Where) -> Mapping[str, tuple[str, ...]]:
        """Return the columns of a filter that a generator's plans have not, where it lacks any."""
        found = {
            name: tuple(column for column in where.columns if column not in generator.columns)
            for name, generator in self.generators.items()
        }
        return {name: columns for name, columns in found.items() if columns}

    def count(self, where: Where) -> int:
        """Return how many plans a filter lets through."""
        return sum(part.count for _, _, part in self._parts(where))

    def sample(self, n: int, seed: int, where: Where = EVERYTHING) -> pl.DataFrame:
        """Draw different plans, each as likely as any other.

        Args:
            n: How many; all of them where there are fewer.
            seed: The same seed draws the same plans.
            where: Draw from these alone.

        Returns:
            Plans in the order of generators and indexes.
        """
        parts = list(self._parts(where))
        starts = np.concatenate([[0], np.cumsum([part.count for _, _, part in parts])])
        total = int(starts[-1])
        dice = np.random.default_rng(int(digest("task space", seed), 16))
        numbers = np.sort(dice.choice(total, min(n, total), replace=False, shuffle=False))
        bounds = np.searchsorted(numbers, starts)
        drawn = [pl.DataFrame(schema=dict(PLAN))]
        for place, (generator, start, part) in enumerate(parts):
            mine = numbers[bounds[place] : bounds[place + 1]] - starts[place]
            if len(mine):
                drawn.append(generator.plans(start + part.indexes(mine)))
        return pl.concat(drawn)

    def _parts(self, where: Where) -> Iterator[tuple[Generator, int, Selected]]:
        """Yield what is wanted of every form, with its generator and where it begins there."""
        names = [where.generator] if where.generator else list(self.generators)
        chosen = [self.generator(name) for name in names]
        require_values(self.library, (form for one in chosen for form in one.forms), where)
        lacking = self.lacking(where)
        if all(name in lacking for name in names):
            raise UnknownFilter(self._without_columns(where))
        for generator in chosen:
            for form, start in zip(generator.forms, generator.starts, strict=False):
                yield generator, int(start), select(form, where)

    def _without_columns(self, where: Where) -> str:
        """Return what to say where no generator that is wanted has every column of a filter."""
        if where.generator is None:
            return f"no generator has plans with {' and '.join(where.columns)}; name fewer columns"
        have = self.generator(where.generator).columns
        return (
            f"plans of {where.generator} have no {self.lacking(where)[where.generator][0]}; they "
            f"have {', '.join(column for column in PLAN if column in have)}"
        )
