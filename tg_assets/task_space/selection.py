"""Part of the task space: the plans that some columns hold, counted and drawn without scanning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tg_assets.task_space.errors import TaskSpaceError, did_you_mean
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

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of plans that it restricts."""
        named = ("target", "attribute_type", "attribute_value", "reference")
        return (*(one for one in named if getattr(self, one) is not None), *self.slots)


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
    """
    for category in (where.target, where.reference):
        if category is not None:
            _require_category(library, category)
    _require_attribute(library, where)
    for column in where.slots:
        if column not in SLOTS:
            meant = did_you_mean(column, SLOTS)
            said = f"{meant} They" if meant else "they"
            raise UnknownFilter(f"plans have no column {column!r}; {said} have {', '.join(SLOTS)}")
    known: dict[str, set[str]] = {column: set() for column in where.slots}
    for form in forms:
        for column in known:
            known[column] |= {str(value) for value in form.slots[column].drop_nulls()}
    for column, value in where.slots.items():
        if known[column] and str(value) not in known[column]:
            have = _there_are(str(value), known[column])
            raise UnknownFilter(f"no plan here has {column} {value!r}; {have}")


def columns_of(forms: Iterable[Form]) -> frozenset[str]:
    """Return the columns that plans of some forms may name."""
    found = set[str]()
    for form in forms:
        found |= {column for column in SLOTS if form.slots[column].null_count() < form.slots.height}
        found |= {"reference"} if form.with_reference else set()
        found |= {"target"} if "category" in form.kind else set()
        found |= {"attribute_type", "attribute_value"} if "attribute" in form.kind else set()
    return frozenset(found)


def _require_category(library: Library, category: str) -> None:
    if category in library.names:
        return
    called = [
        known
        for known, names in library.aliases.items()
        if category.casefold() in (name.casefold() for name in names)
    ]
    if called:
        raise UnknownFilter(
            f"no category has the id {category!r}; so called is {' and '.join(sorted(called))}: "
            "name it by that"
        )
    meant = did_you_mean(category, library.names)
    raise UnknownFilter(
        f"no category is called {category!r}; "
        + (meant or "it is not in the taxonomy, or has no object in itself or below")
    )


def _require_attribute(library: Library, where: Where) -> None:
    kind, wanted = where.attribute_type, where.attribute_value
    types: dict[str, set[str]] = {}
    for asset in library.assets.values():
        for value in asset.attributes:
            types.setdefault(value.type, set()).add(value.value)
    if kind is not None and kind not in types:
        of = [one for one, values in types.items() if kind in values]
        hint = f"write {of[0]}={kind}" if of else _there_are(kind, types)
        raise UnknownFilter(f"no object has the attribute type {kind!r}; {hint}")
    there = types[kind] if kind is not None else set().union(*types.values())
    if wanted is not None and wanted not in there:
        raise UnknownFilter(
            f"no object has the {kind or 'attribute'} value {wanted!r}; {_there_are(wanted, there)}"
        )


def _there_are(word: str, there: Iterable[str]) -> str:
    known = sorted(there)
    meant = did_you_mean(word, known)
    said = f"{meant} There" if meant else "there"
    return f"{said} are {', '.join(known)}"


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
        try:
            literal = pl.lit(value).cast(SLOTS[column])
            wanted &= slots.select(pl.col(column).eq_missing(literal)).to_series().to_numpy()
        except pl.exceptions.InvalidOperationError:
            raise UnknownFilter(f"{column} holds whole numbers, not {value!r}") from None
    return wanted
