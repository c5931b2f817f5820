"""Plans of a small space, and simulated models to ask."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers"):
    sys.path.insert(0, str(folder))

from answered_tasks import write_answers  # noqa: E402

from benchmarks.stand_in_library import stand_in_library  # noqa: E402
from tg_assets.model_performance.queries.answering import Surroundings  # noqa: E402
from tg_assets.model_performance.queries.simulated import simulated  # noqa: E402
from tg_assets.task_space.selection import Where  # noqa: E402
from tg_assets.task_space.space import TaskSpace  # noqa: E402

SETTINGS = """
name: answered
home: galaxy
sources: [{kind: rendered, name: rendered, count: 16}]
task_tree: {seeds: embedded, model: embedded, targets: {2: 40}}
filter: embedded
ask: embedded
referees: {one: embedded, two: embedded}
models:
  embedded: {provider: embedded}
"""


@pytest.fixture(scope="session")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of a galaxy whose models have answered; nothing else was run there."""
    folder = tmp_path_factory.mktemp("answered")
    write_answers(folder / "galaxy")
    (folder / "galaxy.yaml").write_text(SETTINGS)
    return folder / "galaxy.yaml"


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
