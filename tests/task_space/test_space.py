"""Every plan has one number and every number one plan, and none is listed to be counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_library import CATEGORIES, write
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.generators import GENERATORS
from tg_assets.task_space.grids import CELLS, RELATIVE
from tg_assets.task_space.library import load_published
from tg_assets.task_space.selection import UnknownFilter, Where
from tg_assets.task_space.space import NoSuchPlan, TaskSpace

REFERENCE = Path(__file__).parents[3] / "shared" / "taskmeanything-data"
PUBLISHED_TOTAL = 752_641_858


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> TaskSpace:
    return TaskSpace(load_published(write(tmp_path_factory.mktemp("library"))))


@pytest.fixture(scope="module")
def published() -> TaskSpace:
    if not REFERENCE.is_dir():
        pytest.skip(f"the published library is not at {REFERENCE}, and is no part of the project")
    return TaskSpace(load_published(REFERENCE))


def everything(space: TaskSpace, name: str) -> pl.DataFrame:
    generator = space.generator(name)
    return generator.plans(np.arange(generator.count))


def test_the_published_library_has_the_published_number_of_plans(published: TaskSpace) -> None:
    assert len(published.counts) == 22
    assert published.total == PUBLISHED_TOTAL


@pytest.mark.parametrize("name", GENERATORS)
def test_every_index_is_a_plan_of_its_own(space: TaskSpace, name: str) -> None:
    plans = everything(space, name)
    assert plans.height == space.counts[name]
    assert not plans.drop("index").is_duplicated().any()
    assert not plans.select("generator", "grid").null_count().sum_horizontal().item()


@pytest.mark.parametrize("name", GENERATORS)
def test_every_plan_leads_back_to_its_index(space: TaskSpace, name: str) -> None:
    generator = space.generator(name)
    dice = np.random.default_rng(7)
    for index in dice.integers(0, generator.count, 25):
        (plan,) = generator.plans(np.array([index])).iter_rows(named=True)
        assert generator.index_of(plan) == index


@given(st.data())
def test_index_and_plan_are_one_to_one_on_the_published_library(
    published: TaskSpace, data: st.DataObject
) -> None:
    generator = published.generator(data.draw(st.sampled_from(list(GENERATORS))))
    index = data.draw(st.integers(0, generator.count - 1))
    (plan,) = generator.plans(np.array([index])).iter_rows(named=True)
    assert generator.index_of(plan) == index


def listed_where_size(space: TaskSpace) -> Iterator[tuple[Any, ...]]:
    """List the plans of `where-size-3d` as one would without thinking."""
    tree, attributes = space.library.taxonomy, space.library.attributes
    for target, cell, size in product(CATEGORIES, CELLS[2], ("largest", "smallest")):
        for attribute in (None, *attributes[target]):
            kind, value = (attribute.type, attribute.value) if attribute else (None, None)
            yield target, kind, value, None, cell, None, size, None
            for reference, position in product(tree.irrelevant(target), RELATIVE):
                down, right = RELATIVE[position]
                place = CELLS[2].index(cell)
                if 0 <= place // 2 + down < 2 and 0 <= place % 2 + right < 2:
                    for order in ("target first", "reference first"):
                        yield target, kind, value, reference, cell, position, size, order


def test_a_generator_has_just_the_plans_that_its_definition_lists(space: TaskSpace) -> None:
    columns = ("target", "attribute_type", "attribute_value", "reference")
    found = everything(space, "where-size-3d").select(*columns, "cell", "position", "size", "order")
    assert sorted(map(str, found.iter_rows())) == sorted(map(str, listed_where_size(space)))


def test_a_reference_is_never_relevant_to_its_target(space: TaskSpace) -> None:
    for name in GENERATORS:
        plans = everything(space, name).filter(pl.col("reference").is_not_null())
        for target, reference in plans.select("target", "reference").unique().iter_rows():
            assert reference not in space.library.taxonomy.relevant(target)


def test_the_closest_could_be_farther_and_the_farthest_nearer(space: TaskSpace) -> None:
    plans = everything(space, "what-distance-3d").filter(pl.col("cell") == "middle")
    closest = plans.filter(pl.col("distance") == "closest")
    farthest = plans.filter(pl.col("distance") == "farthest")
    # every cell around a reference at a side or corner is nearer to it than some cell
    assert set(closest["position"]) == set(RELATIVE)
    assert set(farthest["position"]) == {p for p in RELATIVE if len(p.split()) == 2}


def test_a_sample_is_the_same_for_the_same_seed_and_never_repeats(published: TaskSpace) -> None:
    first, again = published.sample(2_000, 1), published.sample(2_000, 1)
    assert first.equals(again)
    assert not first.select("generator", "index").is_duplicated().any()
    assert not published.sample(2_000, 2).equals(first)
    shares = dict(first.group_by("generator").len().iter_rows())
    for name, count in published.counts.items():
        expected = 2_000 * count / PUBLISHED_TOTAL
        assert abs(shares.get(name, 0) - expected) < 6 * expected**0.5 + 1


FILTERS = [
    Where(),
    Where(generator="what-2d"),
    Where(target="food"),
    Where(attribute_type="color"),
    Where(attribute_value="red", reference="toy"),
    Where(target="toy", slots={"grid": 3, "cell": "middle"}),
    Where(reference="rock", slots={"position": "left", "grid": "2"}),
    Where(slots={"motion": "clockwise", "others": "still"}),
]


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_a_filter_lets_through_just_what_it_says(space: TaskSpace, where: Where) -> None:
    tree = space.library.taxonomy
    wanted = pl.concat([everything(space, name) for name in GENERATORS])
    if where.generator:
        wanted = wanted.filter(pl.col("generator") == where.generator)
    for column in ("target", "reference"):
        category = getattr(where, column)
        if category:
            wanted = wanted.filter(pl.col(column).is_in([category, *tree.descendants(category)]))
    for column in ("attribute_type", "attribute_value"):
        if getattr(where, column):
            wanted = wanted.filter(pl.col(column) == getattr(where, column))
    for column, value in where.slots.items():
        wanted = wanted.filter(pl.col(column).cast(pl.String) == str(value))
    assert space.count(where) == wanted.height > 0
    drawn = space.sample(10**9, 0, where)  # all there are
    assert drawn.equals(wanted)


def test_what_is_not_there_is_said(space: TaskSpace) -> None:
    with pytest.raises(NoSuchPlan, match="no generator is called 'why'; there are how-many-2d"):
        space.generator("why")
    what = space.generator("what-2d")
    for index in (-1, what.count):
        with pytest.raises(NoSuchPlan, match=r"what-2d has plans 0 to [0-9,]+, not"):
            what.plans(np.array([index]))
    with pytest.raises(NoSuchPlan, match=r"no plan \{'target': 'apple', 'reference': 'food'"):
        what.index_of({"target": "apple", "reference": "food", "grid": 2, "cell": "top left"})
    with pytest.raises(UnknownFilter, match="no column 'colour'"):
        space.count(Where(slots={"colour": "red"}))
    with pytest.raises(UnknownFilter, match="attribute value 'mauve'; there are green"):
        space.count(Where(attribute_value="mauve"))
    for value in (7, "x"):
        with pytest.raises(UnknownFilter, match=r"no plan here has grid .*; there are 2, 3"):
            space.count(Where(slots={"grid": value}))
    with pytest.raises(UnknownFilter, match="no plan here has size 'huge'; there are largest, sm"):
        space.count(Where(slots={"size": "huge"}))


WRONG_FILTERS = [
    (
        Where(generator="where-2d", slots={"size": "largest"}),
        "where-2d have no size; they have targ",
    ),
    (Where(generator="how-many-2d", reference="rock"), "plans of how-many-2d have no reference"),
    (Where(slots={"size": "largest", "count": 1}), "no generator has plans with size and count"),
    (Where(target="appel"), "no category is called 'appel'; did you mean 'apple'"),
    (Where(target="Stone"), "no category has the id 'Stone'; so called is rock: name it by that"),
    (Where(attribute_value="rad"), r"attribute value 'rad'; did you mean 'red'\? There are green"),
    (Where(attribute_type="red"), "attribute type 'red'; write color=red"),
    (Where(attribute_type="colour"), "attribute type 'colour'; did you mean 'color'"),
    (Where(attribute_type="color", attribute_value="stone"), "color value 'stone'; there are gree"),
    (Where(slots={"size": "largets"}), "has size 'largets'; did you mean 'largest'"),
    (Where(slots={"positoin": "left"}), "no column 'positoin'; did you mean 'position'"),
    (Where(generator="what2d"), r"'what2d'; did you mean 'what-2d'\? There .*; and over scene gra"),
    (Where(generator="relation"), "relation asks about annotated pictures .*`tg task-space plans"),
]


@pytest.mark.parametrize(("where", "said"), WRONG_FILTERS, ids=[said for _, said in WRONG_FILTERS])
def test_a_filter_that_nothing_can_pass_is_an_error(
    space: TaskSpace, where: Where, said: str
) -> None:
    with pytest.raises(TaskSpaceError, match=said):
        space.sample(3, 0, where)


def test_the_command_counts_reaches_and_draws(space: TaskSpace, tmp_path: Path) -> None:
    data = str(write(tmp_path))

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(app, ["task-space", *arguments, "--data", data])
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert run("count", "--json") == [{"generators": dict(space.counts), "total": space.total}]
    (plan,) = run("plan", "--generator", "where-2d", "--index", "99", "--json")
    assert space.generator("where-2d").index_of(plan) == plan["index"] == 99
    drawn = run("sample", "-n", "5", "--seed", "3", "--target", "food", "--json")
    assert len(drawn) == 5
    assert {plan["target"] for plan in drawn} <= {"food", "apple", "cake"}


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["task-space", "count", "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds no library: neither objects.csv" in done.stderr
