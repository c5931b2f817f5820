"""From a query to its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from tg_assets.ids import digest
from tg_assets.model_performance.queries.acquisition import Aim, chance_cut
from tg_assets.model_performance.queries.belief import Belief, believe_sample
from tg_assets.model_performance.queries.closed_patterns import Pattern, closed_patterns
from tg_assets.model_performance.queries.column_kernel import Ancestors
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.evaluations import Evaluate, Evaluations
from tg_assets.model_performance.queries.query import Compare, Debug, Query, TopK
from tg_assets.model_performance.queries.scores import Scores, wanted_above, wanted_side
from tg_assets.model_performance.queries.units import Units
from tg_assets.model_performance.queries.ways import Found, Space, spend

ESTIMATES = {
    "estimate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "chance": pl.Float64,
    "plans": pl.Int64,
    "evaluated": pl.Int64,
}
"""What an answer says of each unit, beside the columns that tell it.

`estimate`: its mean correctness (of a comparison: the difference), with the interval from `low` to
`high`; `chance`: how likely it belongs to the answer; of its `plans` so many are `evaluated`.
"""


@dataclass(frozen=True)
class Answer:
    """What a query found.

    Attributes:
        query: The query.
        found: Its units, the surest first: the columns that tell them, and `ESTIMATES`.
        units: The same of all units, in their own order.
        patterns: What the found units have in common (debug).
        threshold: What was found lies beyond it; None for a top k, and where nothing is known.
        number_found: How many units truly lie beyond it: expected, low, high; None as before.
        spent: Evaluations bought, of `query.budget`.
        free: Evaluations that were known before.
        failed: Evaluations that failed: generator, index, model, reason.
        notes: What a reader must know.
    """

    query: Query
    found: pl.DataFrame
    units: pl.DataFrame
    patterns: list[Pattern]
    threshold: float | None
    number_found: tuple[float, float, float] | None
    spent: int
    free: int
    failed: pl.DataFrame
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Surroundings:
    """What a query is answered with.

    Attributes:
        evaluate: Has models do plans.
        known: Evaluations that are there already, rows of `evaluations.KNOWN`.
        ancestors: Of categories: what lies above each.
        names: Of categories.
    """

    evaluate: Evaluate
    known: pl.DataFrame | None = None
    ancestors: Ancestors = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def answer(
    query: Query, plans: pl.DataFrame, surroundings: Surroundings, total: int | None = None
) -> Answer:
    """Answer a query about plans, within its budget.

    Args:
        query: The query.
        plans: What it is about: the columns of plans, each plan once.
        surroundings: What it is answered with.
        total: How many plans these were drawn from at random; None: they are all.

    Raises:
        QueryError: There are no plans, or one is there twice.
    """
    with threadpool_limits(1):  # small matrices; and the same bits on any number of cores
        return _answer(query, plans, surroundings, total)


def _answer(
    query: Query, plans: pl.DataFrame, surroundings: Surroundings, total: int | None
) -> Answer:
    if plans.is_empty():
        raise QueryError("no plan is left: the query's filters let none through")
    twice = plans.select("generator", "index").is_duplicated()
    if twice.any():
        generator, index = plans.select("generator", "index").filter(twice).row(0)
        raise QueryError(f"plan {index} of {generator} is there twice")
    evaluations = Evaluations(
        plans, query.models, surroundings.evaluate, query.budget, surroundings.known
    )
    free = plans.height * len(query.models) - int(evaluations.costs().sum())
    units = Units.of(plans, query.by, plans.height / (total or plans.height))
    scores = Scores(query, evaluations)
    space = Space(plans, surroundings.ancestors, surroundings.names)
    found, notes = _find(query, space, evaluations, scores, units)
    if total is not None and total > plans.height:
        notes.append(f"{plans.height:,} plans, drawn at random, stand for {total:,}")
    return _told(query, evaluations, units, scores, found, free, notes)


def _find(
    query: Query, space: Space, evaluations: Evaluations, scores: Scores, units: Units
) -> tuple[Found, list[str]]:
    deviations = query.deviations if isinstance(query, Debug) else 1.0
    aim = Aim(query.k if isinstance(query, TopK) else None, wanted_above(query), deviations)
    needed = int(evaluations.costs().sum())
    if needed > query.budget:
        seed = int(digest("query", query.model_dump_json()), 16)
        found = spend(query.way, space, scores, units, aim, np.random.default_rng(seed))
        return found, []
    evaluations.buy(np.arange(space.plans.height))
    belief = believe_sample(scores.values, units)
    above = None if aim.k is not None else aim.threshold(belief)
    how = "answered exactly" if units.drawn == 1 else "all plans that were drawn are evaluated"
    note = f"{how}: {needed:,} evaluations were missing, the budget is {query.budget:,}"
    return Found(belief, above, chance_decides=False), [note]


def _told(
    query: Query,
    evaluations: Evaluations,
    units: Units,
    scores: Scores,
    found: Found,
    free: int,
    notes: list[str],
) -> Answer:
    table = _table(query, units, scores, found)
    chosen = _chosen(query, found)
    side = wanted_side(query)
    patterns: list[Pattern] = []
    if isinstance(query, Debug):
        told = [c for c in units.labels.columns if c != "index"]
        patterns = closed_patterns(
            units.labels[chosen].select(told), units.labels.select(told), query.patterns
        )
    failed = evaluations.failed
    if failed.height:
        notes = [
            *notes,
            f"{failed.height:,} evaluations failed; they count as bought, not as wrong",
        ]
    if isinstance(query, TopK) and len(chosen) < query.k:
        notes = [*notes, f"{len(chosen)} units have an estimate; {query.k} were asked for"]
    return Answer(
        query,
        table[chosen],
        table,
        patterns,
        None if found.above is None or np.isnan(found.above) else side * found.above,
        _number_found(query, found),
        evaluations.spent,
        free,
        failed,
        notes,
    )


def _table(query: Query, units: Units, scores: Scores, found: Found) -> pl.DataFrame:
    belief, side = found.belief, wanted_side(query)
    low, high = belief.interval(query.confidence)
    least, most = (-1.0, 1.0) if isinstance(query, Compare) else (0.0, 1.0)
    ends = np.sort(np.clip(np.stack([side * low, side * high]), least, most), axis=0) + 0.0
    evaluated = np.bincount(units.of_plan[scores.known], minlength=units.number)
    columns = {
        "estimate": np.clip(side * belief.mean, least, most) + 0.0,
        "low": ends[0],
        "high": ends[1],
        "chance": _chance(query, found),
        "plans": units.sizes,
        "evaluated": evaluated,
    }
    estimates = pl.DataFrame(columns, schema=ESTIMATES).fill_nan(None)
    return units.labels.with_columns(estimates.get_columns())


def _chance(query: Query, found: Found) -> np.ndarray:
    """Return how likely each unit belongs to the answer."""
    belief = found.belief
    if found.above is not None:
        return belief.chance_above(found.above)
    assert isinstance(query, TopK)
    return belief.chance_above(_bar(belief, query.k))


def _bar(belief: Belief, k: int) -> float:
    """Return a value that k units are expected to lie above."""
    low, high = -1.5, 1.5
    for _ in range(40):
        middle = (low + high) / 2
        if np.nansum(belief.chance_above(middle)) > k:
            low = middle
        else:
            high = middle
    return low


def _chosen(query: Query, found: Found) -> np.ndarray:
    """Return the units of the answer, the surest first."""
    belief = found.belief
    order = np.argsort(-np.nan_to_num(belief.mean, nan=-np.inf), kind="stable")
    order = order[~np.isnan(belief.mean[order])]
    if found.above is None:
        assert isinstance(query, TopK)
        return np.asarray(order[: query.k])
    chance = belief.chance_above(found.above)
    if found.chance_decides:
        inside = (chance >= chance_cut(chance)) & (chance > 0)
    else:
        inside = np.nan_to_num(belief.mean, nan=-np.inf) > found.above + 1e-9
    surest = order[np.argsort(-chance[order], kind="stable")]
    return np.asarray(surest[inside[surest]])


def _number_found(query: Query, found: Found) -> tuple[float, float, float] | None:
    if found.above is None or np.isnan(found.belief.mean).all():
        return None
    return found.belief.number_above(found.above, query.confidence)
