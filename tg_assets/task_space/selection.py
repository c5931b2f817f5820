"""Part of the task space: the plans that some columns hold, counted and drawn without scanning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.forms import Choice, Form, Integers, Pool
from tg_assets.task_space.generators import SLOTS
from tg_assets.task_space.library import Library


class UnknownFilter(TaskSpaceError):  # noqa: N818 - what was asked for is not there
    """A filter names a column, a category or a value that plans do not have."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which plans are wanted; what is null restricts nothing.

    Attributes:
        generator: A generator's name.
        target: A category: it and all below it.
        attribute_type: An attribute type that the target is given by.
        attribute_value: An attribute value that the target is given by.
        reference: A category: it and all below it.
        slots: Values of further columns, such as ``{"grid": 3, "cell": "middle"}``.
    """

    generator: str | None = None
    target: str | None = None
    attribute_type: str | None = None
    attribute_value: str | None = None
    reference: str | None = None
    slots: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selected:
    """The plans of a form that are wanted.

    Attributes:
        form: The form.
        targets: Places of the targets.
        references: For each target, one after the other, places among what is irrelevant to it.
        starts: Where each target's references begin; one more entry says where the last end.
        slots: Rows of the slots.
    """

    form: Form
    targets: Integers
    references: Integers
    starts: Integers
    slots: Integers

    @property
    def count(self) -> int:
        """How many plans are wanted."""
        return len(self.references) * len(self.slots)

    def indexes(self, numbers: Integers) -> Integers:
        """Return the form's indexes of wanted plans, numbered from 0 to `count`."""
        pair, slot = np.divmod(numbers, max(1, len(self.slots)))
        target = np.searchsorted(self.starts, pair, side="right") - 1
        choice = Choice(self.targets[target], self.references[pair], self.slots[slot])
        return self.form.indexes(choice)


def select(form: Form, where: Where) -> Selected:
    """Return the plans of a form that a filter lets through.

    Raises:
        UnknownFilter: It names what no plan has.
    """
    targets = np.flatnonzero(_wanted_targets(form, where))
    slots = np.flatnonzero(_wanted_slots(form.slots, where.slots))
    references = [
        _references(form, int(number), where) for number in form.targets.category[targets]
    ]
    lengths = [len(places) for places in references]
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    flat = np.concatenate([*references, np.zeros(0, np.int64)])
    return Selected(form, targets, flat, starts, slots)


def require_values(library: Library, forms: Iterable[Form], where: Where) -> None:
    """Refuse values that no plan of a library has, and slot values that none of these forms has.

    Raises:
        UnknownFilter: The message names the values that there are.
        TaxonomyError: A category is not in the library.
    """
    for category in (where.target, where.reference):
        if category is not None:
            library.taxonomy.descendants(category)
    values = {value for asset in library.assets.values() for value in asset.attributes}
    for column, wanted in (("type", where.attribute_type), ("value", where.attribute_value)):
        there = {getattr(value, column) for value in values}
        if wanted is not None and wanted not in there:
            raise UnknownFilter(
                f"no object has the attribute {column} {wanted!r}; there are "
                f"{', '.join(sorted(there))}"
            )
    known: dict[str, set[str]] = {column: set() for column in where.slots}
    for form in forms:
        for column in known:
            if column in SLOTS:
                known[column] |= {str(value) for value in form.slots[column].drop_nulls()}
    for column, value in where.slots.items():
        if known[column] and str(value) not in known[column]:
            have = ", ".join(sorted(known[column]))
            raise UnknownFilter(f"no plan here has {column} {value!r}; there are {have}")


def _wanted_targets(form: Form, where: Where) -> np.ndarray:
    targets, pool = form.targets, form.pool
    wanted = np.ones(len(targets), bool)
    if where.target is not None:
        wanted &= np.isin(targets.category, _with_below(pool, where.target))
    for column, value in (("type", where.attribute_type), ("value", where.attribute_value)):
        if value is not None:
            known = [getattr(attribute, column) for attribute in pool.attributes]
            wanted &= np.isin(targets.attribute, [n for n, one in enumerate(known) if one == value])
    return wanted


def _with_below(pool: Pool, category: str) -> list[int]:
    """Return the numbers of a category and all below it; none where nothing of it can be drawn."""
    if category not in pool.number_of:
        return []
    tree = pool.library.taxonomy
    return [pool.number_of[one] for one in (category, *tree.descendants(category))]


def _references(form: Form, category: int, where: Where) -> Integers:
    if not form.with_reference:
        return np.zeros(0 if where.reference is not None else 1, np.int64)
    others = form.pool.irrelevant[category]
    if where.reference is None:
        return np.arange(len(others))
    return np.flatnonzero(np.isin(others, _with_below(form.pool, where.reference)))


def _wanted_slots(slots: pl.DataFrame, values: Mapping[str, str | int]) -> np.ndarray:
    wanted = np.ones(slots.height, bool)
    for column, value in values.items():
        if column not in SLOTS:
            raise UnknownFilter(f"plans have no column {column!r}; they have {', '.join(SLOTS)}")
        try:
            literal = pl.lit(value).cast(SLOTS[column])
            wanted &= slots.select(pl.col(column).eq_missing(literal)).to_series().to_numpy()
        except pl.exceptions.InvalidOperationError:
            raise UnknownFilter(f"{column} holds whole numbers, not {value!r}") from None
    return wanted
