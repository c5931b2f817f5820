"""Compares the ways to answer a query within a budget, on simulated models of known competence.

    python -m benchmarks.queries --json
    python -m benchmarks.queries --plans 3249 --budget 500 --seeds 5

Every query is answered by every way, and by evaluating everything, which is the truth. Plans are
"how many" in 2D, as in the published experiment (3,249 plans, 500 evaluations, groups by target).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.stand_in_library import stand_in_library
from tg_assets.model_performance.queries.answering import Answer, Surroundings, answer
from tg_assets.model_performance.queries.query import Query, make_query
from tg_assets.model_performance.queries.scores import wanted_side
from tg_assets.model_performance.queries.simulated import ANSWERS, COMPETENCES, SimulatedModel
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import TaskSpace

WAYS = ("random", "fitting", "active", "columns")
GENERATOR = "how-many-2d"
ALL = "all"
SETTINGS: dict[str, dict[str, Any]] = {
    "top k, by target": {"kind": "top-k", "by": ("target",)},
    "top k, plans": {"kind": "top-k"},
    "threshold, by target": {"kind": "threshold", "by": ("target",), "threshold": 0.3},
    "threshold, plans": {"kind": "threshold", "threshold": 0.3},
    "compare, plans": {"kind": "compare", "others": ("other",), "margin": 0.1},
    "debug, plans": {"kind": "debug"},
}
ENDLESS = ("top k, plans",)
"""Evaluated without noise: among means of 15 answers hundreds of plans share the lowest value."""


@dataclass(frozen=True)
class Cell:
    """One query to one simulated model.

    Attributes:
        setting: A key of `SETTINGS`.
        competence: Of the model.
        seed: Of model and plans.
        plans: How many there are.
        budget: How many evaluations.
        generator: Of the plans; `ALL` for every one's.
        confidence: Of the intervals.
    """

    setting: str
    competence: str
    seed: int
    plans: int
    budget: int
    generator: str
    confidence: float


def measured(cell: Cell) -> list[dict[str, Any]]:
    """Return a row of figures a way."""
    library = stand_in_library()
    tree = library.taxonomy
    ancestors = {name: tree.ancestors(name) for name in tree.concepts}
    where = Where(generator=None if cell.generator == ALL else cell.generator)
    plans = TaskSpace(library).sample(cell.plans, cell.seed, where)
    answers = None if cell.setting in ENDLESS else ANSWERS
    tables = {
        name: SimulatedModel(cell.competence, 2 * cell.seed + place, ancestors, answers)
        for place, name in enumerate(("model", "other"))
    }
    outcomes = {
        name: plans.select("generator", "index", *one.evaluate(plans))
        for name, one in tables.items()
    }

    def evaluate(model: str, rows: pl.DataFrame) -> pl.DataFrame:
        keys = rows.select("generator", "index")
        there = keys.join(outcomes[model], on=["generator", "index"], maintain_order="left")
        return there.select("correct", "reason")

    around = Surroundings(evaluate, None, ancestors, dict(library.names))
    truth = answer(query_of(cell, "random", 2 * cell.plans), plans, around)
    return list(_by_way(cell, plans, around, truth))


def _by_way(
    cell: Cell, plans: pl.DataFrame, around: Surroundings, truth: Answer
) -> Iterator[dict[str, Any]]:
    for way in WAYS:
        started = time.process_time()
        found = answer(query_of(cell, way, cell.budget), plans, around)
        yield {
            "setting": cell.setting,
            "competence": cell.competence,
            "seed": cell.seed,
            "way": way,
            **compared(found, truth),
            "spent": found.spent,
            "cpu_s": time.process_time() - started,
        }


def query_of(cell: Cell, way: str, budget: int) -> Query:
    """Return the query of a cell."""
    fields = {**SETTINGS[cell.setting], "model": "model", "way": way, "budget": budget}
    return make_query(**fields, confidence=cell.confidence, seed=cell.seed)


def compared(found: Answer, truth: Answer) -> dict[str, Any]:
    """Return hit rate and rank of a top k, F1 of the others, and how many intervals hold."""
    keys = list(found.query.by) or ["generator", "index"]
    real = found.found.select(keys).join(
        truth.units, on=keys, nulls_equal=True, how="left", maintain_order="left"
    )
    values = truth.units["estimate"].to_numpy()
    if truth.threshold is None:
        score = _top_k(real["estimate"].to_numpy(), values, found.query.model_dump()["k"])
    else:
        right = truth.found.select(keys)
        hits = real.join(right, on=keys, nulls_equal=True, how="semi").height
        together = real.height + right.height
        score = {"score": 2 * hits / together if together else 1.0, "rank": None}
    estimated = found.units.with_columns(truth=values).filter(pl.col("low") < pl.col("high"))
    holds = estimated.select(
        (pl.col("truth") >= pl.col("low") - 1e-9) & (pl.col("truth") <= pl.col("high") + 1e-9)
    ).to_series()
    counted = None
    if found.number_found is not None and found.threshold is not None:
        counted = _counted(found, values)
    return {**score, "held": int(holds.sum()), "intervals": holds.len(), "counted": counted}


def _counted(found: Answer, values: np.ndarray) -> float:
    """Return 1 where as many units lie beyond the threshold as was said, in the interval."""
    side, bar = wanted_side(found.query), found.threshold
    assert bar is not None
    assert found.number_found is not None
    number = int((side * values > side * bar + 1e-9).sum())
    return float(found.number_found[1] - 0.5 <= number <= found.number_found[2] + 0.5)


def _top_k(found: np.ndarray, values: np.ndarray, k: int) -> dict[str, Any]:
    """Return the share of the true top k, ties counted, and the mean true rank (from 1)."""
    bar = np.sort(values)[k - 1]
    ranks = [1 + int((values < value - 1e-9).sum()) for value in found]
    return {"score": float((found <= bar + 1e-9).sum()) / k, "rank": float(np.mean(ranks))}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means over seeds and competences, and by how much `columns` is ahead."""
    table = pl.DataFrame(rows, infer_schema_length=None)
    figures = (
        pl.col("score").mean().round(3),
        pl.col("score").std().round(3).alias("spread"),
        pl.col("rank").mean().round(1),
        (pl.col("held").sum() / pl.col("intervals").sum()).round(3).alias("coverage"),
        pl.col("counted").mean().round(3),
        pl.col("cpu_s").mean().round(2),
    )
    by = ["setting", "competence", "way"]
    return {
        "cells": table.group_by(by, maintain_order=True).agg(figures).to_dicts(),
        "settings": table.group_by("setting", "way", maintain_order=True).agg(figures).to_dicts(),
        "ahead": [
            _ahead(table.filter(setting=setting), setting)
            for setting in table["setting"].unique(maintain_order=True)
        ],
        "coverage_of_columns": round(_coverage(table.filter(way="columns")), 3),
    }


def _coverage(table: pl.DataFrame) -> float:
    """Return the share of intervals that hold, each answer counting alike."""
    with_some = table.filter(pl.col("intervals") > 0)
    share: float = with_some.select((pl.col("held") / pl.col("intervals")).mean()).item()
    return share


def _ahead(table: pl.DataFrame, setting: str) -> dict[str, Any]:
    """Return the mean lead over the best published way, and how far the lead varies.

    `spread` is its standard deviation over seeds, each the mean over competences; `level_or_ahead`
    says with how many of the simulated models the lead is not negative.
    """
    scores = table.pivot("way", index=["seed", "competence"], values="score")
    published = [way for way in WAYS if way != "columns"]
    best = max(published, key=lambda way: scores[way].mean())
    leads = scores.select("seed", lead=pl.col("columns") - pl.col(best))
    by_seed = leads.group_by("seed").agg(pl.col("lead").mean())["lead"]
    spread = by_seed.std() if by_seed.len() > 1 else None
    return {
        "setting": setting,
        "best_published": best,
        "lead": round(float(by_seed.mean()), 3),
        "spread": None if spread is None else round(float(spread), 3),
        "level_or_ahead": f"{int((leads['lead'] > -1e-9).sum())} of {leads.height}",
    }


def show(found: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    table = Table(title="means over seeds")
    names = ("setting", "competence", "way", "score", "spread", "rank", "coverage", "cpu_s")
    for name in names:
        table.add_column(name)
    for row in found["cells"]:
        table.add_row(*("-" if row[name] is None else str(row[name]) for name in names))
    console.print(table)
    for row in found["settings"]:
        console.print(row)
    for row in found["ahead"]:
        console.print(row)
    console.print({"coverage_of_columns": found["coverage_of_columns"]})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=600)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--generator", default=GENERATOR, help=f"of the plans, or {ALL}")
    parser.add_argument("--settings", nargs="*", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--competences", nargs="*", choices=COMPETENCES, default=COMPETENCES)
    parser.add_argument("--confidence", type=float, default=0.9)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    given = parser.parse_args()
    cells = [
        Cell(setting, kind, seed, given.plans, given.budget, given.generator, given.confidence)
        for seed in range(given.seeds)
        for setting in given.settings
        for kind in given.competences
    ]
    with ProcessPoolExecutor(given.jobs) as pool:
        rows = [row for found in pool.map(measured, cells) for row in found]
    figures = {"plans": given.plans, "budget": given.budget, "seeds": given.seeds, **summary(rows)}
    if given.json:
        print(json.dumps(figures))
    else:
        show(figures, Console(width=120))


if __name__ == "__main__":
    main()
