"""The budget is never exceeded, no plan is asked twice or dropped, and a failure is no zero."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tg_assets.model_performance.queries.answering import Answer, Surroundings, answer
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.evaluations import Evaluate
from tg_assets.model_performance.queries.query import make_query
from tg_assets.task_space.space import PLAN

KINDS: list[dict[str, Any]] = [
    {"kind": "top-k", "k": 7},
    {"kind": "threshold", "threshold": 0.4},
    {"kind": "compare", "others": ("other",)},
    {"kind": "debug"},
]
WAYS = ("random", "fitting", "active", "columns")
COLUMNS = [name for name in PLAN if name != "index"]
few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Counting:
    """Counts what is evaluated; every third plan of a model may fail."""

    def __init__(self, evaluate: Evaluate, failing: bool = False) -> None:
        self.asked: Counter[tuple[str, str, int]] = Counter()
        self._evaluate, self._failing = evaluate, failing

    def __call__(self, model: str, plans: pl.DataFrame) -> pl.DataFrame:
        keys = plans.select("generator", "index").rows()
        self.asked.update((model, *key) for key in keys)
        said = self._evaluate(model, plans)
        fails = pl.Series([self._failing and index % 3 == 0 for _, index in keys], dtype=pl.Boolean)
        return said.select(
            correct=pl.when(~fails).then("correct"),
            reason=pl.when(fails).then(pl.lit("timeout")).otherwise("reason"),
        )


def outcomes(plans: pl.DataFrame, correct: float | None, reason: str | None) -> pl.DataFrame:
    said = (pl.lit(correct, pl.Float64), pl.lit(reason, pl.String))
    return plans.with_columns(correct=said[0], reason=said[1]).select("correct", "reason")


def asked(
    plans: pl.DataFrame, around: Surroundings, failing: bool = False, **fields: Any
) -> tuple[Answer, Counting]:
    counting = Counting(around.evaluate, failing)
    query = make_query(model="model", **fields)
    return answer(query, plans, replace(around, evaluate=counting)), counting


@few
@given(
    kind=st.sampled_from(KINDS),
    way=st.sampled_from(WAYS),
    budget=st.integers(0, 60),
    by=st.lists(st.sampled_from(COLUMNS), max_size=2, unique=True),
    failing=st.booleans(),
)
def test_the_budget_holds_and_nothing_is_asked_twice(
    plans: pl.DataFrame,
    around: Surroundings,
    kind: dict[str, Any],
    way: str,
    budget: int,
    by: list[str],
    failing: bool,
) -> None:
    found, counting = asked(plans, around, failing, **kind, way=way, budget=budget, by=by)
    assert counting.asked.total() == found.spent <= budget
    assert max(counting.asked.values(), default=1) == 1
    assert found.units["plans"].sum() == plans.height
    assert found.failed.height == sum(index % 3 == 0 for _, _, index in counting.asked) * failing
    models = 2 if kind["kind"] == "compare" else 1
    assert found.spent > budget - models


@pytest.mark.parametrize("way", WAYS)
def test_every_plan_is_a_unit_whatever_columns_it_lacks(
    plans: pl.DataFrame, around: Surroundings, way: str
) -> None:
    found, _ = asked(plans, around, kind="top-k", way=way, budget=40)
    assert found.units.select(list(PLAN)).equals(plans)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_query_has_the_same_answer(
    plans: pl.DataFrame, around: Surroundings, way: str
) -> None:
    fields: dict[str, Any] = {"kind": "debug", "way": way, "budget": 40}
    first, again = (asked(plans, around, **fields) for _ in range(2))
    assert first[0].units.equals(again[0].units)
    assert first[1].asked == again[1].asked
    other, _ = asked(plans, around, **fields, seed=1)
    assert not first[0].units.equals(other.units)


def test_what_is_known_costs_nothing(plans: pl.DataFrame, around: Surroundings) -> None:
    keys = plans.select("generator", "index", model=pl.lit("model"))
    known = keys.with_columns(around.evaluate("model", plans)["correct"])
    query = make_query("compare", model="model", others=("other",), budget=plans.height)
    counting = Counting(around.evaluate)
    found = answer(query, plans, replace(around, known=known, evaluate=counting))
    assert found.free == found.spent == plans.height
    assert {model for model, _, _ in counting.asked} == {"other"}
    exactly = answer(query.model_copy(update={"budget": 10**6}), plans, around)
    assert found.found.equals(exactly.found)


def test_a_budget_larger_than_the_space_is_answered_exactly(
    plans: pl.DataFrame, around: Surroundings
) -> None:
    found, _ = asked(plans, around, kind="top-k", k=5, budget=10**9)
    correct = around.evaluate("model", plans)["correct"]
    assert found.found["estimate"].to_list() == correct.sort().head(5).to_list()
    assert found.found["low"].equals(found.found["high"], check_dtypes=True, null_equal=False)
    assert found.spent == plans.height
    assert "answered exactly" in found.notes[0]


def test_a_failed_evaluation_is_a_row_with_its_reason_and_not_wrong(
    plans: pl.DataFrame, around: Surroundings
) -> None:
    found, _ = asked(plans, around, failing=True, kind="threshold", threshold=0.4, budget=10**6)
    failed = found.units.join(found.failed, on=["generator", "index"], how="semi")
    assert set(found.failed["reason"]) == {"timeout"}
    assert failed.height == found.failed.height > 0
    assert failed["estimate"].is_null().all()
    assert found.found.join(failed, on=["generator", "index"], how="semi").is_empty()


def test_a_model_that_answers_nothing_has_no_estimates(
    plans: pl.DataFrame, around: Surroundings
) -> None:
    def nothing(model: str, rows: pl.DataFrame) -> pl.DataFrame:
        return outcomes(rows, None, "no answer")

    for way in WAYS:
        query = make_query("debug", model="model", way=way, budget=50)
        found = answer(query, plans, replace(around, evaluate=nothing))
        assert found.found.is_empty()
        assert found.failed.height == found.spent == 50


@pytest.mark.parametrize("correct", [1.5, -0.1, float("nan"), None])
def test_an_evaluation_that_is_none_is_refused(
    plans: pl.DataFrame, around: Surroundings, correct: float | None
) -> None:
    def wrong(model: str, rows: pl.DataFrame) -> pl.DataFrame:
        return outcomes(rows, correct, None)

    with pytest.raises(QueryError, match=r"plan \d+ of .*: an evaluation is a number from 0 to 1"):
        answer(make_query("top-k", model="model", budget=9), plans, replace(around, evaluate=wrong))


def test_a_plan_that_is_there_twice_is_refused(plans: pl.DataFrame, around: Surroundings) -> None:
    with pytest.raises(QueryError, match="is there twice"):
        answer(make_query("top-k", model="model"), pl.concat([plans, plans.head(1)]), around)
