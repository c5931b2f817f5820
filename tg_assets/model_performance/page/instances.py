"""The instances behind a unit of an answer: what was asked, and what each model said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.task_space.space import PLAN

Verdict = str
VERDICTS: tuple[Verdict, ...] = ("all", "wrong", "right", "none")
"""Which instances: all, or those on which a model was wrong, was right, or named no option."""
ONE = ["generator", "plan_index", "seed"]
"""What tells an instance."""
CONFUSED = 10
"""Pairs of a right answer and what was said instead that are told, the most frequent first."""
PAGE = 12
"""Instances that are shown at once."""


def behind(plans: pl.DataFrame, values: Mapping[str, Any]) -> pl.DataFrame:
    """Return the plans that have these values; null is a value like any other.

    Raises:
        QueryError: A column is none of theirs.
    """
    unknown = [name for name in values if name not in PLAN]
    if unknown:
        raise QueryError(f"plans have no column {unknown[0]!r}; they have {', '.join(PLAN)}")
    return plans.filter(
        pl.col(name).is_null()
        if value is None
        else pl.col(name).cast(pl.String) == pl.lit(str(value))
        for name, value in values.items()
    )


def judged(
    answers: pl.DataFrame, plans: pl.DataFrame, model: str, verdict: Verdict
) -> pl.DataFrame:
    """Return the instances of plans that a model did so on, those it failed most often first.

    Args:
        answers: ``MODEL_ANSWERS``.
        plans: Rows with generator and index.
        model: Whose replies decide.
        verdict: One of `VERDICTS`.

    Returns:
        A row an instance: the columns of `ONE`.
    """
    mine = answers.join(
        plans.select("generator", plan_index="index"), on=["generator", "plan_index"], how="semi"
    )
    is_said = {
        "wrong": (~pl.col("correct")).fill_null(False),
        "right": pl.col("correct").fill_null(False),
        "none": pl.col("correct").is_null(),
    }
    own = pl.col("model") == model
    counted = mine.group_by(ONE).agg(
        (own & condition).sum().alias(name) for name, condition in is_said.items()
    )
    chosen = counted if verdict == "all" else counted.filter(pl.col(verdict) > 0)
    return chosen.sort("wrong", "none", *ONE, descending=[True, True, False, False, False]).select(
        ONE
    )


def told(
    answers: pl.DataFrame, chosen: pl.DataFrame, models: Sequence[str]
) -> list[dict[str, Any]]:
    """Return instances as JSON holds them, with what models said.

    Args:
        answers: ``MODEL_ANSWERS``.
        chosen: The instances, rows of `ONE`.
        models: Whose replies are told, in this order.
    """
    mine = answers.join(chosen, on=ONE, how="semi")
    parts = mine.partition_by(ONE, as_dict=True)
    return [_instance(parts[key], models) for key in chosen.iter_rows()]


def confusions(
    answers: pl.DataFrame, chosen: pl.DataFrame, model: str
) -> list[tuple[str, str, int]]:
    """Return what a model said instead of the right answer: right, said, how often; `CONFUSED`.

    Args:
        answers: ``MODEL_ANSWERS``.
        chosen: The instances, rows of `ONE`.
        model: Whose replies.
    """
    wrong = answers.filter((pl.col("model") == model) & ~pl.col("correct")).join(
        chosen, on=ONE, how="semi"
    )
    pairs = wrong.select(
        right=pl.col("options").list.get(pl.col("right")),
        said=pl.col("options").list.get(pl.col("said")),
    )
    counted = (
        pairs.group_by("right", "said")
        .len()
        .sort("len", "right", "said", descending=[True, False, False])
    )
    return counted.head(CONFUSED).rows()


def _instance(rows: pl.DataFrame, models: Sequence[str]) -> dict[str, Any]:
    rows = rows.sort("permutation")
    first = rows.row(0, named=True)
    plan = {name: first[name] for name in PLAN if name not in ("generator", "index")}
    return {
        "generator": first["generator"],
        "index": first["plan_index"],
        "seed": first["seed"],
        "kind": first["kind"],
        "path": first["path"],
        "plan": {name: value for name, value in plan.items() if value is not None},
        "question": first["question"],
        "options": first["options"],
        "right": first["options"][first["right"]],
        "image": first["image_id"],
        "models": [
            {"model": model, "replies": [_reply(row) for row in part.iter_rows(named=True)]}
            for model in models
            if (part := rows.filter(pl.col("model") == model)).height
        ],
    }


def _reply(row: Mapping[str, Any]) -> dict[str, Any]:
    said = row["said"]
    return {
        "permutation": row["permutation"],
        "letter": None if said is None else chr(ord("A") + said),
        "said": None if said is None else row["options"][said],
        "correct": row["correct"],
        "how": row["how"],
        "reply": row["reply"],
        "outcome": row["outcome"],
        "reason": row["reason"],
    }


def scores(
    known: pl.DataFrame | None, plans: pl.DataFrame, models: Sequence[str], at: int
) -> list[dict[str, Any]]:
    """Return plans with each model's correctness, where single answers are not known.

    Args:
        known: Rows of `evaluations.KNOWN`.
        plans: The plans.
        models: Whose.
        at: The first plan to tell.
    """
    rows = []
    for row in plans.slice(at, PAGE).iter_rows(named=True):
        generator, index = row.pop("generator"), row.pop("index")
        plan = {name: value for name, value in row.items() if value is not None}
        rows.append({"generator": generator, "index": index, "plan": plan, "scores": {}})
    if known is not None and rows:
        wanted = plans.slice(at, PAGE).select("generator", "index")
        there = known.join(wanted, on=["generator", "index"]).filter(pl.col("model").is_in(models))
        found = {(g, i, model): correct for g, i, model, correct in there.iter_rows()}
        for one in rows:
            key = one["generator"], one["index"]
            one["scores"] = {m: found[(*key, m)] for m in models if (*key, m) in found}
    return rows
