"""Plans and pictures of a kind are of what that kind can show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from market_library import market

from tg_assets.task_space.drawable import drawable
from tg_assets.task_space.generators import GENERATORS
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.instancing import instances, instantiate
from tg_assets.task_space.library import Asset, Library
from tg_assets.task_space.reasons import Reason
from tg_assets.task_space.selection import UnknownFilter, Where
from tg_assets.task_space.space import NoSuchPlan, TaskSpace
from tg_assets.task_space.taxonomy import Taxonomy

FLAT = {"apple-1", "apple-2", "bread-1", "kite-1", "cup-1", "saw-1", "table-1", "bust-1"}


@pytest.fixture(scope="module")
def mixed() -> Library:
    """Return a library of eight pictures and some models, two objects with both."""
    library = market()
    assets = {
        name: replace(
            asset,
            views=((f"{name}.png", 0.0),) if name in FLAT else (),
            model=None if name in FLAT - {"cup-1", "saw-1"} else name,
        )
        for name, asset in library.assets.items()
    }
    return replace(library, assets=assets)


def test_a_library_is_parted_by_what_its_objects_are_drawn_from(mixed: Library) -> None:
    assert drawable(mixed, "2d").assets.keys() == FLAT
    assert drawable(mixed, "3d").assets.keys() == {*mixed.assets} - FLAT | {"cup-1", "saw-1"}
    assert "orange" not in drawable(mixed, "2d").taxonomy.concepts
    assert drawable(mixed, "2d").taxonomy.children("food") == {"apple", "bread"}


def test_with_everything_to_draw_a_library_stays_whole() -> None:
    library = market()
    assert drawable(library, "2d") is library
    assert drawable(library, "video") is library


@pytest.mark.parametrize(
    ("lacks", "kinds", "said"),
    [
        ({"model": None}, ("3d", "video"), "no object of the library has a 3D model"),
        ({"views": ()}, ("2d",), "no object of the library has a picture"),
    ],
)
def test_a_kind_of_picture_without_objects_has_no_plans_and_says_why(
    lacks: dict[str, Any], kinds: tuple[str, ...], said: str
) -> None:
    whole = market()
    assets = {name: replace(asset, **lacks) for name, asset in whole.assets.items()}
    space = TaskSpace(replace(whole, assets=assets))
    without = {name: said for name in GENERATORS if name.endswith(kinds)}
    assert space.without_plans == without
    counts = TaskSpace(whole).counts
    assert space.counts == {name: 0 if name in without else n for name, n in counts.items()}
    assert space.sample(50, 0, Where(generator=next(iter(without)))).is_empty()
    assert not space.sample(50, 0)["generator"].is_in(list(without)).any()
    with pytest.raises(NoSuchPlan, match="has no plans over this library, not 0"):
        space.generator(next(iter(without))).plans(np.array([0]))


def test_without_values_or_unlike_categories_some_generators_have_no_plans() -> None:
    alone = Asset("cup-1", ("cup",), views=(("cup.png", 0.0),), model="cup")
    library = Library(Taxonomy([], {"cup"}), {"cup-1": alone}, {"cup": "cup"}, {"cup": ("cup",)})
    space = TaskSpace(library)
    assert {name for name in GENERATORS if "attribute" in name} <= space.without_plans.keys()
    assert "has a color, material" in space.without_plans["what-attribute-2d"]
    assert "exclude each other" in space.without_plans["where-distance-3d"]
    assert space.counts["what-2d"] == 13


def test_plans_are_of_what_can_be_drawn_and_so_are_their_pictures(mixed: Library) -> None:
    space = TaskSpace(mixed)
    for generator in GENERATORS:
        part = drawable(mixed, generator.split("-")[-1])  # type: ignore[arg-type]
        plans = space.sample(40, 1, Where(generator=generator))
        named = set(plans["target"].drop_nulls()) | set(plans["reference"].drop_nulls())
        assert named <= set(part.taxonomy.concepts)
        made = [one for one in instances(mixed, plans.to_dicts(), 1) if isinstance(one, Instance)]
        assert {t.asset for one in made for t in one.world.things} <= part.assets.keys()
        assert made


def test_what_cannot_be_drawn_has_no_plans_and_no_instance(mixed: Library) -> None:
    space = TaskSpace(mixed)
    assert space.count(Where(generator="what-2d", target="orange")) == 0
    assert space.count(Where(generator="what-3d", target="orange")) > 0
    drawn = space.sample(10**6, 0, Where(target="orange"))
    assert not drawn["generator"].str.ends_with("2d").any()
    assert space.sample(10**6, 0, Where(generator="what-2d", reference="orange")).is_empty()
    plan = {"generator": "what-2d", "grid": 2, "cell": "top left", "target": "orange"}
    assert instantiate(mixed, plan, 1) == NoInstance(plan, Reason.NOT_DRAWN)


def test_a_filter_may_name_what_only_another_kind_can_show(mixed: Library) -> None:
    space = TaskSpace(mixed)
    stone = space.sample(10**6, 0, Where(attribute_value="stone"))  # the bust has no model
    assert set(stone.select(pl.col("generator").str.split("-").list.last()).to_series()) == {"2d"}
    with pytest.raises(UnknownFilter, match="attribute value 'mauve'; there are"):
        space.count(Where(attribute_value="mauve"))
    with pytest.raises(UnknownFilter, match="'pear'; it is not in the taxonomy, or has no object"):
        space.count(Where(target="pear"))
