"""Models are asked every task once and for all, and what they say is counted as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from evaluated_galaxy import TWO, Evaluation, evaluation, settings, tasks_of

from resources.chat.messages import Answer, Outcome
from resources.galaxy import Galaxy
from tg_assets.forecasting.forecast import forecast
from tg_assets.model_answers.answering import answer_rows, permuted
from tg_assets.model_answers.checks import EVALUATION_TASKS, MODEL_ANSWERS
from tg_assets.model_performance.accuracy import bias_of, performance, position_bias, steadiness
from tg_assets.suites import Subject, judge

ORDERS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluated")


@pytest.fixture(scope="module")
def evaluated(folder: Path) -> Iterator[tuple[Evaluation, Galaxy]]:
    """Two models, one that is always right and one that never is."""
    with evaluation(folder) as runs:
        yield runs, runs.run(**TWO, per_generator=2, permutations=ORDERS)


def answered(values: list[str | None], tasks: pl.DataFrame, orders: int = ORDERS) -> pl.DataFrame:
    """Return rows of a model that says these in turn; null is no reply."""
    asked = permuted(tasks, orders)
    said = [values[place % len(values)] for place in range(len(asked))]
    answers = [
        Answer(Outcome.ANSWERED if value else Outcome.FAILED, value, None if value else "gone")
        for value in said
    ]
    return answer_rows(asked, answers, "m")


def total(answers: pl.DataFrame) -> dict[str, float | None]:
    """Return the row of a model's performance in all."""
    (row,) = performance(answers).filter(pl.col("by") == "all").to_dicts()
    return row


def test_every_model_is_asked_every_task_in_every_order(
    evaluated: tuple[Evaluation, Galaxy],
) -> None:
    _, galaxy = evaluated
    tasks = galaxy.tables.read("evaluation_tasks")
    assert tasks.group_by("generator").len().sort("generator").rows() == [
        ("how-many-2d", 2),
        ("what-2d", 2),
    ]
    for model, share in (("sure", 1.0), ("wrong", 0.0)):
        answers = galaxy.tables.read("model_answers", model)
        assert answers.height == tasks.height * ORDERS
        assert answers["correct"].mean() == share
        places = answers.group_by("generator", "plan_index").agg(pl.col("right").sort())
        assert {tuple(right) for right in places["right"]} == {(0, 1, 2, 3)}
    for image, uri in tasks.select("image_id", "uri").iter_rows():
        assert Path(uri).stem == image
        assert Path(uri).is_file()
    found = galaxy.tables.read("model_performance").filter(pl.col("by") == "generator")
    assert found.select("model", "value", "tasks", "asked", "accuracy").rows() == [
        (model, generator, 2, 2 * ORDERS, share)
        for model, share in (("sure", 1.0), ("wrong", 0.0))
        for generator in TWO["generators"]
    ]


def test_nothing_is_asked_twice_and_only_what_is_new_is_asked(
    evaluated: tuple[Evaluation, Galaxy],
) -> None:
    runs, galaxy = evaluated
    asked = galaxy.ledger.costs()["requests"].sum()
    runs.run(**TWO, per_generator=2, permutations=ORDERS)
    assert set(runs.reused.values()) == {True}
    more = runs.run(**TWO, per_generator=3, permutations=ORDERS)
    assert runs.reused["model_answers sure"] is False
    assert more.ledger.costs()["requests"].sum() == asked * 3 // 2
    fewer = runs.run(models=["sure"], generators=TWO["generators"], per_generator=2)
    assert fewer.ledger.costs()["requests"].sum() == asked * 3 // 2
    assert set(fewer.tables.read("model_performance")["model"]) == {"sure"}


def test_forecast_counts_what_will_be_asked_before_anything_is_drawn(tmp_path: Path) -> None:
    said = {**TWO, "per_generator": 2, "permutations": ORDERS}
    galaxy = Galaxy(settings(tmp_path, said))
    lines = [line for line in forecast(galaxy).lines if line.asks == "evaluation"]
    assert [line.stage for line in lines] == ["model_answers sure", "model_answers wrong"]
    assert [(line.certain, line.known) for line in lines] == [(4 * ORDERS, 0)] * 2
    assert all(line.certain_prompt > line.certain * 50 for line in lines)
    galaxy.tables.write("evaluation_tasks", tasks_of("how-many-2d", 1))  # of an earlier wish
    lines = [line for line in forecast(galaxy).lines if line.asks == "evaluation"]
    assert [line.certain for line in lines] == [4 * ORDERS] * 2


def test_nothing_is_drawn_or_asked_while_no_model_is_named(tmp_path: Path) -> None:
    with evaluation(tmp_path) as runs:
        galaxy = runs.run()
    for table in ("evaluation_tasks", "model_performance", "position_bias"):
        assert galaxy.tables.read(table).is_empty()
    assert not (tmp_path / "home" / "images").exists()
    assert galaxy.ledger.costs().is_empty()


def test_a_model_that_always_says_a_has_the_accuracy_of_chance_and_a_bias() -> None:
    answers = answered(["A"], tasks_of("how-many-2d"))
    assert total(answers)["accuracy"] == 0.25
    assert bias_of(position_bias(answers)) == pytest.approx(0.75)
    assert steadiness(answers) == {"m": 0.0}
    right = performance(answers).filter(pl.col("by") == "right option")
    assert right.sort("value")["accuracy"].to_list() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("reply", "how"), [("I cannot tell.", "none"), ("(A) or (B)", "several"), (None, None)]
)
def test_what_names_no_option_is_neither_right_nor_wrong(
    reply: str | None, how: str | None
) -> None:
    answers = answered([reply], tasks_of("what-2d"))
    assert answers["correct"].null_count() == answers.height
    assert answers["how"].unique().to_list() == [how]
    found = total(answers)
    assert (found["answered"], found["accuracy"], found["unanswered"]) == (0, None, 1.0)
    assert position_bias(answers).is_empty()


def test_several_orders_of_a_task_are_one_draw_to_the_interval() -> None:
    tasks = tasks_of("how-many-2d")
    once, often = answered(["A"], tasks, 1), answered(["A"], tasks)
    narrow = (total(often)["asked"], total(once)["asked"])
    assert narrow == (tasks.height * ORDERS, tasks.height)
    assert total(often)["high"] - total(often)["low"] > 0.6  # as of three draws, not of twelve


def test_a_task_that_is_not_its_plan_s_is_refuted(evaluated: tuple[Evaluation, Galaxy]) -> None:
    _, galaxy = evaluated
    tasks = tasks_of("how-many-2d")
    assert judge(EVALUATION_TASKS, Subject(tasks, galaxy, ())).passed
    wrong = tasks.with_columns(right=(pl.col("right") + 1) % 4)
    (failure,) = judge(EVALUATION_TASKS, Subject(wrong, galaxy, ())).failures
    assert "is not what its plan asks" in failure


def test_a_task_that_was_not_asked_and_a_failed_request_are_told(tmp_path: Path) -> None:
    galaxy = Galaxy(settings(tmp_path, {**TWO, "permutations": ORDERS}))
    galaxy.tables.write("evaluation_tasks", tasks_of("how-many-2d"))
    frame = answered(["A"], tasks_of("how-many-2d"))
    said = judge(MODEL_ANSWERS, Subject(frame.head(-1), galaxy, ("sure",))).failures
    assert ["tasks that were not asked is 1" in line for line in said] == [True]
    gone = answered([None, "A"], tasks_of("how-many-2d"))
    (failure,) = judge(MODEL_ANSWERS, Subject(gone, galaxy, ("sure",))).failures
    assert "share of tasks without a reply is 0.5" in failure
    assert "gone" in failure
