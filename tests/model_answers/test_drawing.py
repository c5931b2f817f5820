"""Which tasks are drawn: the same for everyone, and the old ones again when more are wanted."""

from __future__ import annotations

from itertools import islice

import pytest
from evaluated_galaxy import tasks_of

from tg_assets.model_answers.drawing import chosen_generators, draw_tasks
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.libraries import opened
from tg_assets.task_space.space import PLAN, NoSuchPlan


def indexes(generator: str, count: int, seed: int = 0) -> list[int]:
    outcomes = draw_tasks(opened(), generator, count, seed)
    return [int(one.plan["index"]) for one in outcomes if isinstance(one, Instance)]


@pytest.mark.parametrize("generator", ["how-many-2d", "what-2d"])  # few plans, and many
def test_tasks_of_a_smaller_number_are_among_those_of_a_larger_one(generator: str) -> None:
    few, many = indexes(generator, 3), indexes(generator, 8)
    assert many[:3] == few
    assert len(set(many)) == 8
    assert indexes(generator, 3, seed=1) != few


def test_plans_without_an_instance_are_told_and_replaced() -> None:
    outcomes = list(draw_tasks(opened(), "what-2d", 8, 0))
    without = [one for one in outcomes if isinstance(one, NoInstance)]
    assert len(outcomes) - len(without) == 8
    assert without
    assert all(one.reason for one in without)


def test_a_generator_with_too_few_plans_gives_all_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tg_assets.model_answers.drawing.TRIES", 1)
    outcomes = list(islice(draw_tasks(opened(), "what-2d", 8, 0), 100))
    assert len(outcomes) == 8
    assert any(isinstance(one, NoInstance) for one in outcomes)


def test_an_unknown_generator_is_named() -> None:
    with pytest.raises(NoSuchPlan, match="'what-4d'"):
        chosen_generators(opened(), ["what-4d"])


def test_tasks_have_the_columns_of_plans() -> None:
    plan = set(PLAN) - {"index"} | {"plan_index"}
    assert plan <= set(tasks_of("how-many-2d").columns)
