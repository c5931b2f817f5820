"""Plans of a small space, and simulated models to ask."""

from __future__ import annotations

import polars as pl
import pytest

from tg_assets.model_performance.queries.answering import Surroundings
from tg_assets.model_performance.queries.simulated import simulated
from tg_assets.model_performance.queries.stand_in_library import stand_in_library
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import TaskSpace


@pytest.fixture(scope="session")
def space() -> TaskSpace:
    return TaskSpace(stand_in_library())


@pytest.fixture(scope="session")
def ancestors(space: TaskSpace) -> dict[str, frozenset[str]]:
    tree = space.library.taxonomy
    return {category: tree.ancestors(category) for category in tree.concepts}


@pytest.fixture(scope="session")
def plans(space: TaskSpace) -> pl.DataFrame:
    """Plans that name different columns: half of these generators' have no target or reference."""
    counted = space.sample(80, 1, Where(generator="how-many-2d"))
    return pl.concat([counted, space.sample(70, 1, Where(generator="where-size-3d"))])


@pytest.fixture(scope="session")
def around(ancestors: dict[str, frozenset[str]]) -> Surroundings:
    """Two models of known competence."""
    return Surroundings(simulated("smooth", ("model", "other"), 0, ancestors), None, ancestors)
