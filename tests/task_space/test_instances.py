"""Every instance has one right answer, whoever looks at the picture, or says why there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from definition import PATHS, require_sound
from hypothesis import given, settings
from hypothesis import strategies as st
from market_library import market
from small_library import write

from tg_assets.task_space.generators import GENERATORS
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.instancing import ask_about, instances, instantiate
from tg_assets.task_space.library import load_published
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.reasons import PlanError, Reason
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import TaskSpace
from tg_assets.task_space.truths import plans_true_of
from tg_assets.task_space.world import Thing, World
from tg_assets.task_tree.labels import normalise_label

MARKET = market()
SPACE = TaskSpace(MARKET)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TaskSpace:
    return TaskSpace(load_published(write(tmp_path_factory.mktemp("library"))))


def plan_of(space: TaskSpace, generator: str, index: int) -> Mapping[str, Any]:
    (row,) = space.generator(generator).plans(np.array([index])).iter_rows(named=True)
    return row


def some_plans(generator: str, n: int, seed: int = 0) -> list[dict[str, Any]]:
    return SPACE.sample(n, seed, Where(generator=generator)).to_dicts()


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(list(GENERATORS)), st.integers(0, 2**40))
def test_an_instance_has_one_right_answer_or_a_reason(
    data: st.DataObject, generator: str, seed: int
) -> None:
    index = data.draw(st.integers(0, SPACE.counts[generator] - 1))
    drawn = instantiate(MARKET, plan_of(SPACE, generator, index), seed)
    if isinstance(drawn, NoInstance):
        assert drawn.reason in set(Reason)
    else:
        require_sound(MARKET, drawn)


@pytest.mark.parametrize("generator", GENERATORS)
def test_most_plans_that_can_have_an_instance_have_one(generator: str) -> None:
    outcomes = list(instances(MARKET, some_plans(generator, 300), 1))
    drawn = [one for one in outcomes if isinstance(one, Instance)]
    for one in drawn:
        require_sound(MARKET, one)
    # food, toy and the like have no object of their own; many objects have no value of a type
    assert len(drawn) > len(outcomes) / 4
    assert max(len(one.asked.options) for one in drawn) == 4


@pytest.mark.parametrize("generator", GENERATORS)
def test_even_a_library_of_five_objects_is_sound(tiny: TaskSpace, generator: str) -> None:
    plans = tiny.sample(100, 3, Where(generator=generator)).to_dicts()
    drawn = [one for one in instances(tiny.library, plans, 2) if isinstance(one, Instance)]
    for one in drawn:
        require_sound(tiny.library, one)
    # attributes want two values that rule each other out: only red and green, rubber and stone do
    assert drawn


PUBLISHED = Path(__file__).parents[3] / "shared" / "taskmeanything-data"


@pytest.mark.parametrize("folder", [None, PUBLISHED], ids=["shipped", "published"])
def test_the_libraries_that_there_are_make_sound_instances(folder: Path | None) -> None:
    if folder is not None and not folder.is_dir():
        pytest.skip(f"the published library is not at {folder}, and is no part of the project")
    space = TaskSpace(open_library([] if folder is None else [folder]))
    for generator in GENERATORS:
        plans = space.sample(25, 4, Where(generator=generator)).to_dicts()
        made = [one for one in instances(space.library, plans, 2) if isinstance(one, Instance)]
        for one in made:
            require_sound(space.library, one)
        assert made


def test_the_same_plan_and_seed_make_the_same_instance_in_another_process() -> None:
    plans = [plan for name in GENERATORS for plan in some_plans(name, 6)]
    here = [asdict(one) for one in instances(MARKET, plans, 5)]
    assert [asdict(instantiate(MARKET, plan, 5)) for plan in reversed(plans)] == here[::-1]
    assert [asdict(one) for one in instances(MARKET, plans, 6)] != here
    script = (
        "from dataclasses import asdict\n"
        "from test_instances import *\n"
        "plans = [plan for name in GENERATORS for plan in some_plans(name, 6)]\n"
        "print([asdict(one) for one in instances(MARKET, plans, 5)])"
    )
    folders = [str(Path(__file__).parent), *sys.path]
    environment = os.environ | {"PYTHONHASHSEED": "4", "PYTHONPATH": os.pathsep.join(folders)}
    there = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == str(here)


def test_an_instance_does_not_depend_on_the_number_of_its_plan() -> None:
    plan = some_plans("what-2d", 1)[0]
    renumbered = instantiate(MARKET, {**plan, "index": 7}, 1)
    without = instantiate(MARKET, {c: v for c, v in plan.items() if c != "index"}, 1)
    assert {**asdict(renumbered), "plan": 0} == {**asdict(without), "plan": 0}


def drawn_often(plan: Mapping[str, Any], n: int) -> list[Instance]:
    made = (instantiate(MARKET, plan, seed) for seed in range(n))
    return [one for one in made if isinstance(one, Instance)]


def row(generator: str, **columns: Any) -> dict[str, Any]:
    return {"generator": generator, "grid": 2, "cell": "top left", **columns}


def counting(**columns: Any) -> dict[str, Any]:
    return {"generator": "how-many-2d", "grid": 3, **columns}


RED = {"attribute_type": "color", "attribute_value": "red"}


@pytest.mark.parametrize(
    "plan",
    [
        row("what-2d", target="apple"),
        counting(target="apple", count=4),
        row("where-2d", target="cup"),
    ],
    ids=["what", "how many", "where"],
)
def test_the_right_option_is_as_often_in_each_place(plan: Mapping[str, Any]) -> None:
    n = 600
    places = Counter(one.asked.right for one in drawn_often(plan, n))
    assert len(places) == 4
    for count in places.values():
        assert abs(count - n / 4) < 6 * (n / 4) ** 0.5


def test_a_number_of_things_is_asked_among_its_neighbours_and_is_any_of_them() -> None:
    made = drawn_often(counting(target="apple", count=5), 200)
    ranks = set()
    for one in made:
        numbers = sorted(int(option.means) for option in one.asked.options)
        assert numbers == list(range(numbers[0], numbers[0] + 4))
        ranks.add(numbers.index(5))
    assert ranks == {0, 1, 2, 3}


def test_seeds_change_objects_company_and_words() -> None:
    made = drawn_often(row("where-2d", target="kite", grid=3), 60)
    assert len({one.asked.question for one in made}) >= 4
    assert len({len(one.world.things) for one in made}) >= 5
    assert {one.world.at("top left").asset for one in made} == {"kite-1", "kite-2"}
    assert len({one.world.look for one in made}) == len(made)


def test_what_nobody_knows_the_colour_of_is_never_beside_the_red_object() -> None:
    for one in drawn_often(row("where-attribute-2d", target="apple", **RED, grid=3), 100):
        others = {thing.asset for thing in one.world.things if thing.cell != "top left"}
        assert not others & {"apple-3", "kite-1", "kite-2", "hammer-1", "table-1"}
        assert others


def test_a_green_apple_tempts_where_the_red_one_is_asked_for() -> None:
    made = drawn_often(row("where-2d", target="apple", **RED, grid=3), 60)
    company = Counter(thing.asset for one in made for thing in one.world.things)
    assert company["apple-2"] > 20
    assert company["kite-1"] + company["kite-2"] > 20
    assert company["apple-3"] == 0


def test_two_categories_of_one_name_are_never_told_apart() -> None:
    for one in drawn_often(row("what-2d", target="mixer (kitchen)", grid=3), 150):
        assert [option.text for option in one.asked.options].count("mixer") == 1
    for one in drawn_often(row("where-2d", target="mixer (kitchen)", grid=3), 50):
        assert "mixer-2" not in {thing.asset for thing in one.world.things}


def test_a_chair_that_may_be_an_office_chair_is_not_beside_the_office_chair() -> None:
    for one in drawn_often(row("where-2d", target="office chair", grid=3), 50):
        assert "chair-1" not in {thing.asset for thing in one.world.things}
    for one in drawn_often(row("what-2d", target="office chair", grid=3), 50):
        assert "chair" not in {option.means for option in one.asked.options}


BESIDE = {"reference": "saw", "position": "right"}
NONE = [
    (row("where-2d", target="trinket", reference="keepsake", position="right"),
     Reason.TARGET_IS_REFERENCE),
    (row("where-attribute-2d", target="apple", **RED, reference="hammer", position="right"),
     Reason.REFERENCE_MAY_FIT),
    (row("what-rotate-video", target="globe", motion="clockwise", others="still"), Reason.ROUND),
    (row("what-2d", target="food"), Reason.ABSTRACT),
    (row("what-2d", target="orange", attribute_type="color", attribute_value="orange"),
     Reason.SAID),
    (row("where-2d", target="orange", attribute_type="color", attribute_value="orange"),
     Reason.TWICE),
    (row("what-attribute-2d", target="kite", attribute_type="color", attribute_value="blue"),
     Reason.TWO_VALUES),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "reason"), NONE, ids=[reason.name for _, reason in NONE])
def test_a_plan_without_a_sound_instance_says_why(plan: Mapping[str, Any], reason: Reason) -> None:
    assert instantiate(MARKET, plan, 1) == NoInstance(plan, reason.value)


def test_nothing_else_and_too_few_options_are_reasons_of_small_libraries(tiny: TaskSpace) -> None:
    two = row("where-attribute-2d", target="cake", attribute_type="color", attribute_value="red")
    with pytest.raises(PlanError, match="no object of cake has this"):
        instantiate(tiny.library, two, 1)
    alone = row("where-attribute-2d", target="rock", attribute_type="material")
    drawn = instantiate(tiny.library, {**alone, "attribute_value": "stone"}, 1)
    assert isinstance(drawn, Instance)  # beside the ball of rubber
    shape = row("what-attribute-2d", target="apple", attribute_type="shape")
    drawn = instantiate(tiny.library, {**shape, "attribute_value": "round"}, 1)
    assert drawn == NoInstance(drawn.plan, Reason.FEW_OPTIONS)


WRONG = [
    ({"grid": 2}, "a plan names its generator, not None"),
    (row("why-2d", target="apple"), "called 'why-2d'; did you mean 'what-2d'"),
    (row("what-2d", target="pear"), "target is 'pear'; it is to be a category"),
    (row("what-2d", target=None), "target is None"),
    (row("what-2d", target="apple", grid=4), "grid is 4; it is to be one of 2, 3"),
    (row("what-size-3d", target="apple", grid=3, size="largest"), "one of 2"),
    (row("what-2d", target="apple", cell="middle"), "cell is 'middle'; it is to be one of top"),
    (row("what-2d", target="apple", **BESIDE, cell="top right"), "off the grid"),
    (row("what-2d", target="apple", reference="food", position="right"), "relevant to the target"),
    (row("what-2d", target="apple", reference="pear", position="right"), "it is to be a category"),
    (row("what-2d", target="apple", position="right"), "plans of this shape name none"),
    (row("what-2d", target="apple", size="largest"), "size is 'largest'; plans of this shape"),
    (row("what-2d", target="apple", motion="left"), "motion is 'left'; plans of this shape"),
    (row("what-size-3d", target="apple", size="huge"), "one of largest, smallest"),
    (row("what-size-3d", target="apple", size="largest", **BESIDE), "plans of this generator name"),
    (row("where-size-3d", target="apple", size="largest", **BESIDE), "order is None"),
    (row("what-distance-3d", target="apple", grid=3, distance="closest"), "from a reference"),
    (row("what-distance-3d", target="apple", grid=3, distance="farthest", **BESIDE), "closest"),
    (row("what-attribute-2d", target="apple"), "names an attribute type and a value"),
    (row("what-2d", target="cup", **RED), "no object of cup has this"),
    (row("what-move-video", target="cup", motion="clockwise", others="still"), "left, right, up"),
    (row("what-move-video", target="cup", motion="left"), "others is None"),
    (counting(target="apple", count=10), "count is 10"),
    (counting(count=1), "target is None"),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_row_that_is_no_plan_is_refused_by_column(plan: Mapping[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        instantiate(MARKET, plan, 1)


def without_index(plan: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((column, value) for column, value in plan.items() if column != "index")


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_world_answers_the_plan_it_was_made_for_and_others(generator: str) -> None:
    plans = [plan for plan in some_plans(generator, 60) if plan["grid"] == 2] or some_plans(
        generator, 40
    )
    made = [one for one in instances(MARKET, plans, 1) if isinstance(one, Instance)][:4]
    assert made
    for one in made:
        rows = [*plans_true_of(MARKET, one.world, generator)]
        assert without_index(one.plan) in [without_index(plan) for plan in rows]
        assert len({without_index(plan) for plan in rows}) == len(rows)
        for plan in rows[:12]:
            assert plan_of(SPACE, generator, SPACE.generator(generator).index_of(plan))
            asked = ask_about(MARKET, one.world, plan, 3)
            if isinstance(asked, NoInstance):
                assert asked.reason == Reason.FEW_OPTIONS
            else:
                require_sound(MARKET, Instance(plan, 3, one.world, asked, one.task_type))


def test_plans_of_a_world_come_in_an_order_of_their_own_and_only_of_its_kind() -> None:
    one = drawn_often(row("where-2d", target="kite", grid=3), 1)[0]
    first, again, other = (
        [without_index(plan) for plan in plans_true_of(MARKET, one.world, "where-2d", seed)]
        for seed in (1, 1, 2)
    )
    assert first == again != other
    assert sorted(map(str, first)) == sorted(map(str, other))
    assert not [*plans_true_of(MARKET, one.world, "where-3d")]


def test_a_world_that_shows_something_else_answers_nothing() -> None:
    one = drawn_often(row("what-2d", target="apple"), 1)[0]
    elsewhere = row("what-2d", target="apple", cell="bottom right")
    assert ask_about(MARKET, one.world, elsewhere, 1) == NoInstance(elsewhere, Reason.OTHER_WORLD)
    two = World("2d", 2, (Thing("a", "apple-1", "top left"), Thing("b", "apple-2", "top right")))
    assert isinstance(ask_about(MARKET, two, row("where-2d", target="apple"), 1), NoInstance)
    assert not isinstance(
        ask_about(MARKET, two, row("where-2d", target="apple", **RED), 1), NoInstance
    )
    # a third whose colour nobody knows makes the red one doubtful
    three = World("2d", 2, (*two.things, Thing("c", "apple-3", "bottom left")))
    doubtful = row("where-2d", target="apple", **RED)
    assert ask_about(MARKET, three, doubtful, 1) == NoInstance(doubtful, Reason.OTHER_WORLD)


def test_task_types_are_few_and_spelt_as_the_tree_spells_them() -> None:
    assert 60 <= len(PATHS) <= 150
    labels = {label for path in PATHS for label in path.split("~")}
    assert all(normalise_label(label) == label for label in labels)


@settings(deadline=None)
@given(st.data(), st.sampled_from([name for name in GENERATORS if "size" in name]))
def test_where_a_size_is_asked_for_everything_else_differs_visibly(
    data: st.DataObject, generator: str
) -> None:
    index = data.draw(st.integers(0, SPACE.counts[generator] - 1))
    drawn = instantiate(MARKET, plan_of(SPACE, generator, index), 1)
    if isinstance(drawn, Instance):
        (target,) = [t for t in drawn.world.things if t.cell == drawn.plan["cell"]]
        for other in drawn.world.things:
            if other is not target:
                small, large = sorted((other.size, target.size))
                assert large / small >= 1.6
                assert (target.size == large) == (drawn.plan["size"] == "largest")
