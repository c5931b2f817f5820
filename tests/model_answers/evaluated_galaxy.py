"""A galaxy of which only the evaluation is run, and tasks without a galaxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest
import yaml
from PIL import Image
from upath import UPath

from resources.galaxy import Galaxy
from tg_assets.definitions import build_defs
from tg_assets.engine.runners import QUIET
from tg_assets.model_answers.drawing import draw_tasks
from tg_assets.model_answers.tasks import task_row
from tg_assets.registration import list_models
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.settings import Settings, load_settings
from tg_assets.tables import EVALUATION_TASKS
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.libraries import opened
from tg_assets.task_space.world import FRAMES, World

SETTINGS: dict[str, Any] = {
    "name": "evaluated",
    "sources": [{"kind": "rendered", "name": "drawn", "count": 1}],
    "task_tree": {"seeds": "embedded", "model": "embedded"},
    "filter": "embedded",
    "ask": "embedded",
    "referees": {"ada": "embedded", "bob": "embedded"},
    "models": {
        "sure": {"provider": "embedded", "error_rate": 0},
        "wrong": {"provider": "embedded", "error_rate": 0.999999},
    },
}
TWO = {"models": ["sure", "wrong"], "generators": ["how-many-2d", "what-2d"]}


def settings(folder: Path, evaluation: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings of a galaxy in a folder."""
    file = folder / "galaxy.yaml"
    said = SETTINGS | {"home": str(folder / "home"), "evaluation": dict(evaluation or {})}
    file.write_text(yaml.safe_dump(said))
    return load_settings(file)


class Evaluation:
    """Runs the evaluation's jobs on an instance in memory."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder = folder
        self.instance = instance
        self.reused: dict[str, bool] = {}

    def run(self, **evaluation: Any) -> Galaxy:
        """Run everything; the results tell by asset and partition what was reused."""
        galaxy = Galaxy(settings(self.folder, evaluation))
        defs = build_defs(galaxy.settings, galaxy)
        found = list_models(galaxy.settings, self.instance.get_dynamic_partitions("model"))
        self.instance.add_dynamic_partitions("model", found.new)
        for model in found.gone:
            self.instance.delete_dynamic_partition("model", model)
        self.reused.clear()
        for job in ("count_plans", "draw_tasks", "evaluate", "performance"):
            models = sorted(self.instance.get_dynamic_partitions("model"))
            for partition in models if job == "evaluate" else [None]:
                self._run(defs.resolve_job_def(job), partition)
        return galaxy

    def _run(self, job: dg.JobDefinition, partition: str | None) -> None:
        result = job.execute_in_process(
            instance=self.instance, partition_key=partition, run_config=dict(QUIET)
        )
        for event in result.get_asset_materialization_events():
            name = f"{event.asset_key.to_user_string()} {partition or ''}".strip()
            metadata = event.materialization.metadata
            self.reused[name] = bool(metadata["reused"].value)
        for check in result.get_asset_check_evaluations():
            assert check.passed, check.description


@contextmanager
def evaluation(folder: Path) -> Iterator[Evaluation]:
    """Give an evaluation on an instance of its own."""
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("DAGSTER_HOME", "")
        yield Evaluation(folder, instance)


def blank(world: World) -> Picture | Clip:
    """Draw nothing, of the right kind; each frame is another shade."""
    frames = [_shade(n) for n in range(FRAMES if world.kind == "video" else 1)]
    return Clip(tuple(frames)) if world.kind == "video" else frames[0]


def _shade(number: int) -> Picture:
    return Picture(Image.new("RGB", (8, 8), (number, 0, 0)), np.zeros((8, 8), np.uint8))


@cache
def tasks_of(generator: str, count: int = 3) -> pl.DataFrame:
    """Return tasks of a generator over the shipped library, whose pictures show nothing."""
    folder = UPath(mkdtemp(prefix="tasks-"))
    rows = [
        task_row(one, opened(), blank, folder)
        for one in draw_tasks(opened(), generator, count, 0)
        if isinstance(one, Instance)
    ]
    return EVALUATION_TASKS.enforce(pl.DataFrame(rows, schema=dict(EVALUATION_TASKS.columns)))
