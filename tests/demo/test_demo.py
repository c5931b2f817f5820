"""The demo keeps what the README says of it: `tg run` with nothing but the embedded default."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tg_assets.scenes.graph import Scene
from tg_assets.scenes.questions import questions

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Demo:
    """A finished demo."""

    home: Path
    first: dict[str, Any]
    second: dict[str, Any]
    processor_seconds: float  # of the first

    def table(self, name: str) -> pl.DataFrame:
        """All partitions of a table."""
        return pl.read_parquet(self.home / "tables" / name / "**" / "*.parquet")


def run_demo(folder: Path) -> dict[str, Any]:
    environment = {k: v for k, v in os.environ.items() if k not in ("TG_CONFIG", "DAGSTER_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "tg_assets.cli", "run", "--json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 1, "standard output is one line of JSON and nothing else"
    report: dict[str, Any] = json.loads(lines[0])
    return report


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder, before = tmp_path_factory.mktemp("demo"), _processor_seconds()
    first = run_demo(folder)
    taken = _processor_seconds() - before
    return Demo(folder / "galaxy", first, run_demo(folder), taken)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_it_is_done_in_three_minutes(demo: Demo) -> None:
    assert demo.processor_seconds < 180  # other tests have their share of the clock's
    assert not demo.first["failures"]


def test_a_second_run_finds_everything_done(demo: Demo) -> None:
    ran = {name: stage["ran"] for name, stage in demo.second["stages"].items() if stage["ran"]}
    assert ran == {}
    assert not demo.second["failures"]


def test_it_has_300_images_in_3_shards_and_200_task_types_over_3_levels(demo: Demo) -> None:
    assert len(list((demo.home / "tables" / "image_pool").glob("*.parquet"))) == 3
    assert demo.table("image_pool").height >= 300
    tree = demo.table("task_tree")
    assert tree.height >= 200
    assert set(tree["level"]) == {1, 2, 3}


def test_100_task_types_hold_a_sample(demo: Demo) -> None:
    assert demo.table("balanced_dataset")["task_id"].n_unique() >= 100


def test_no_question_makes_up_more_than_2_percent(demo: Demo) -> None:
    samples = demo.table("balanced_dataset")
    most = samples.group_by("question").len()["len"].to_list()
    assert max(most) <= 0.02 * samples.height


def test_40_question_templates_occur(demo: Demo) -> None:
    scenes = {
        name: Scene.from_json(text)
        for name, text in demo.table("scenes").select("image_id", "scene").iter_rows()
    }
    templates: Counter[str] = Counter()
    rows = demo.table("balanced_dataset").select("image_id", "path", "question").sort("image_id")
    for image, path, question in rows.iter_rows():
        found = [q.template for q in questions(scenes[image], path) if q.question == question]
        templates.update(found[:1])
    assert len(templates) >= 40


def test_each_referee_rejects_some_and_not_the_same(demo: Demo) -> None:
    votes = (
        demo.table("scored_qa")
        .explode("votes", empty_as_null=True)
        .unnest("votes")
        .filter(pl.col("vote") == 0)
    )
    rejected = {str(referee): set(part["qa_id"]) for (referee,), part in votes.group_by("referee")}
    assert set(rejected) == {"ada", "bob", "cleo"}
    assert all(rejected.values())
    assert len({frozenset(ids) for ids in rejected.values()}) == 3


def test_every_sample_has_two_votes_and_no_type_more_than_55(demo: Demo) -> None:
    samples = demo.table("balanced_dataset")
    assert min(samples["score"].to_list()) >= 2
    assert max(samples.group_by("task_id").len()["len"].to_list()) <= 55


def test_card_report_and_exports_are_where_the_summary_says(demo: Demo) -> None:
    paths = demo.first["paths"]
    assert Path(paths["report"]).read_text().startswith("<!")
    card = Path(paths["card"]).read_text()
    assert "license: cc0-1.0" in card
    assert "embedded default" in card
    assert (Path(paths["llava"]) / "dataset.json").exists()
