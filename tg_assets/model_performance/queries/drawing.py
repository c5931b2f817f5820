"""The plans that a query is about, out of a space that is never listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from tg_assets.ids import digest
from tg_assets.model_performance.queries.column_kernel import Ancestors
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.query import Query
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import PLAN, TaskSpace


@dataclass(frozen=True)
class Drawn:
    """Plans that stand for all that a query means.

    Attributes:
        plans: The columns of plans.
        total: How many plans are meant.
    """

    plans: pl.DataFrame
    total: int


def draw(space: TaskSpace, query: Query) -> Drawn:
    """Draw the plans of a query: all of them, or `query.plans.at_most`, each as likely as another.

    Where units are whole generators, each generator gives as many plans as any other, as far as it
    has them: else those with few plans would hardly be met among hundreds of millions.
    """
    wanted, most = query.plans.where, query.plans.at_most
    seed = int(digest("plans of a query", query.seed), 16) % (1 << 62)
    total = space.count(wanted)
    if total <= most or "generator" not in query.by or wanted.generator:
        return Drawn(space.sample(most, seed, wanted), total)
    counts = counts_by_generator(space, wanted)
    shares = _shares(counts, most)
    drawn = [
        space.sample(shares[name], seed, replace(wanted, generator=name))
        for name in counts
        if shares[name]
    ]
    return Drawn(pl.concat(drawn), total)


def counts_by_generator(space: TaskSpace, where: Where) -> dict[str, int]:
    """Return how many plans of each generator a filter lets through."""
    named = (where.generator,) if where.generator else tuple(space.counts)
    return {name: _count(space, replace(where, generator=name)) for name in named}


def _count(space: TaskSpace, where: Where) -> int:
    """Return how many plans a generator has; none where it lacks a value that others have."""
    from tg_assets.task_space.selection import UnknownFilter

    try:
        return space.count(where)
    except UnknownFilter:
        return 0


def _shares(counts: dict[str, int], most: int) -> dict[str, int]:
    """Return how many plans each gives: equally many, or all it has."""
    shares: dict[str, int] = {}
    left = most
    for place, (name, count) in enumerate(sorted(counts.items(), key=lambda one: one[1])):
        shares[name] = min(count, left // (len(counts) - place))
        left -= shares[name]
    return shares


def plans_of(space: TaskSpace, known: pl.DataFrame) -> pl.DataFrame:
    """Return the plans that evaluations are of.

    Args:
        space: Of the plans.
        known: Has the columns generator and index.

    Raises:
        NoSuchPlan: The space does not have one.
    """
    parts = [pl.DataFrame(schema=dict(PLAN))]
    keys = known.select("generator", "index").unique().sort("generator", "index")
    for (generator,), mine in keys.group_by("generator", maintain_order=True):
        parts.append(space.generator(str(generator)).plans(mine["index"].to_numpy()))
    return pl.concat(parts)


def within(plans: pl.DataFrame, where: Where, ancestors: Ancestors) -> pl.DataFrame:
    """Return the plans that a filter lets through; a category stands for all below it too."""
    conditions = [
        pl.col(name).is_in(_with_below(plans, name, wanted, ancestors))
        for name, wanted in (("target", where.target), ("reference", where.reference))
        if wanted is not None
    ]
    others = {
        "generator": where.generator,
        "attribute_type": where.attribute_type,
        "attribute_value": where.attribute_value,
        **where.slots,
    }
    for name, value in others.items():
        if name not in PLAN or name == "index":
            raise QueryError(f"plans have no column {name!r}; they have {', '.join(PLAN)}")
        if value is not None:
            conditions.append(pl.col(name).cast(pl.String) == str(value))
    return plans.filter(conditions) if conditions else plans


def _with_below(
    plans: pl.DataFrame, column: str, wanted: str, ancestors: Ancestors
) -> Sequence[str]:
    there = plans[column].drop_nulls().unique().to_list()
    return [one for one in there if one == wanted or wanted in ancestors.get(one, ())]
