"""Plans of one shape as whole numbers, both ways, without listing them.

A form is every choice of a target, of a reference that is irrelevant to it (where the form has
one), and of a row of slots: everything else that a plan names. Its plans are numbered target by
target, reference by reference, slot row by slot row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tg_assets.task_space.library import Attribute, Library

Integers = NDArray[np.int64]
TargetKind = Literal["category", "attribute", "category with attribute"]


@dataclass(frozen=True)
class Pool:
    """A library as arrays; categories and attribute values are numbered in their order.

    Attributes:
        library: The library.
    """

    library: Library

    @property
    def categories(self) -> Sequence[str]:
        """The categories."""
        return self.library.taxonomy.concepts

    @cached_property
    def number_of(self) -> Mapping[str, int]:
        """The number of each category."""
        return {category: number for number, category in enumerate(self.categories)}

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """Every attribute value that some object has."""
        return tuple(sorted({a for values in self.library.attributes.values() for a in values}))

    @cached_property
    def attribute_number_of(self) -> Mapping[tuple[str, str], int]:
        """The number of each attribute value, by its type and value."""
        return {(a.type, a.value): number for number, a in enumerate(self.attributes)}

    @cached_property
    def irrelevant(self) -> tuple[Integers, ...]:
        """The numbers of the categories that are irrelevant to each, ascending."""
        return tuple(
            np.array(
                [self.number_of[other] for other in self.library.taxonomy.irrelevant(category)],
                np.int64,
            )
            for category in self.categories
        )

    def targets(self, kind: TargetKind) -> Targets:
        """Return everything of a kind that a task can ask about, in order."""
        if kind == "category":
            everything = np.arange(len(self.categories))
            return Targets(everything, np.full(len(everything), -1))
        if kind == "attribute":
            everything = np.arange(len(self.attributes))
            return Targets(np.full(len(everything), -1), everything)
        place = {value: number for number, value in enumerate(self.attributes)}
        pairs = [
            (number, place[value])
            for number, category in enumerate(self.categories)
            for value in self.library.attributes[category]
        ]
        both = np.array(pairs, np.int64).reshape(-1, 2)
        return Targets(both[:, 0], both[:, 1])


@dataclass(frozen=True)
class Targets:
    """What can be asked about: numbers of categories and attribute values, -1 for none."""

    category: Integers
    attribute: Integers

    def __len__(self) -> int:
        return len(self.category)


@dataclass(frozen=True, slots=True)
class Choice:
    """Plans of a form as places in its three parts, each an array of the same length.

    Attributes:
        target: Places among the targets.
        reference: Places among what is irrelevant to the target; 0 where there is no reference.
        slot: Rows of the slots.
    """

    target: Integers
    reference: Integers
    slot: Integers


class Form:
    """Every plan of one shape.

    Args:
        pool: The library.
        kind: What is asked about.
        slots: Everything else that a plan names, a row a combination.
        with_reference: Whether a plan names a reference.
    """

    def __init__(
        self, pool: Pool, kind: TargetKind, slots: pl.DataFrame, with_reference: bool = False
    ) -> None:
        self.pool = pool
        self.kind = kind
        self.slots = slots
        self.with_reference = with_reference
        self.targets = pool.targets(kind)
        references = (
            [len(pool.irrelevant[number]) for number in self.targets.category]
            if with_reference
            else np.ones(len(self.targets))
        )
        self._starts = np.concatenate([[0], np.cumsum(references, dtype=np.int64)])

    @property
    def count(self) -> int:
        """How many plans there are."""
        return int(self._starts[-1]) * self.slots.height

    @cached_property
    def slot_row_of(self) -> Mapping[tuple[Any, ...], int]:
        """The row of each combination of slots, by its values in the order of the columns."""
        return {values: row for row, values in enumerate(self.slots.iter_rows())}

    def choices(self, indexes: Integers) -> Choice:
        """Return what plans of these indexes, each from 0 to `count`, choose."""
        pair, slot = np.divmod(indexes, max(1, self.slots.height))
        target = np.searchsorted(self._starts, pair, side="right") - 1
        return Choice(target, pair - self._starts[target], slot)

    def indexes(self, choice: Choice) -> Integers:
        """Return the indexes of plans: the way back from `choices`."""
        pair = self._starts[choice.target] + choice.reference
        indexes: Integers = pair * self.slots.height + choice.slot
        return indexes

    def references(self, choice: Choice) -> Integers:
        """Return the number of each plan's reference, -1 for none."""
        if not self.with_reference:
            return np.full(len(choice.target), -1)
        of_target = self.targets.category[choice.target]
        flat, starts = self._irrelevant_flat
        numbers: Integers = flat[starts[of_target] + choice.reference]
        return numbers

    @cached_property
    def _irrelevant_flat(self) -> tuple[Integers, Integers]:
        lengths = [len(others) for others in self.pool.irrelevant]
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        return np.concatenate([*self.pool.irrelevant, np.zeros(0, np.int64)]), starts

    def rows(self, indexes: Integers) -> pl.DataFrame:
        """Return the plans of these indexes: target, attribute, reference, and the slots."""
        choice = self.choices(indexes)
        categories = pl.Series([*self.pool.categories, None], dtype=pl.String)
        kinds = pl.Series([*(a.type for a in self.pool.attributes), None], dtype=pl.String)
        values = pl.Series([*(a.value for a in self.pool.attributes), None], dtype=pl.String)
        attribute = _or_last(self.targets.attribute[choice.target], len(values))
        target = _or_last(self.targets.category[choice.target], len(categories))
        reference = _or_last(self.references(choice), len(categories))
        named = pl.DataFrame(
            {
                "target": categories.gather(target),
                "attribute_type": kinds.gather(attribute),
                "attribute_value": values.gather(attribute),
                "reference": categories.gather(reference),
            }
        )
        return named.hstack(self.slots[choice.slot])


def _or_last(numbers: Integers, length: int) -> Integers:
    """Return places in a list whose last entry stands for none."""
    return np.where(numbers < 0, length - 1, numbers)
