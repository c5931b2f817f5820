"""A small galaxy whose models are reached over HTTP, at `tg serve`, which logs what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from resources.galaxy import Galaxy
from tg_assets.instance import open_instance
from tg_assets.pass_report import PassReport
from tg_assets.settings import load_settings
from tg_assets.walk import walk

TG = str(Path(sys.executable).with_name("tg"))
TOP_K = 10
SHARD_SIZE = 6
SEEDS = {
    "analysis": ["maximum value analysis", "trend analysis"],
    "counting": ["counting in 2d compositions", "counting in 3d scenes"],
    "image description": ["brief captioning", "detailed description"],
    "logical reasoning": ["comparison reasoning", "numerical reasoning"],
    "multiple choice questions": ["image-based"],
    "object recognition": [
        "object recognition in 2d compositions",
        "object recognition in 3d scenes",
    ],
    "scene understanding": ["scene classification"],
    "topic classification": ["document topic classification"],
}
GROWN_TYPES = 5
MORE_SEEDS = {
    "analysis": ["minimum value analysis"],
    "counting": ["chart element counting"],
    "logical reasoning": ["ordering reasoning"],
    "multiple choice questions": ["chart-based"],
    "topic classification": ["chart topic classification"],
}
REFEREES = ("ada", "bob")
Question = tuple[str, ...]
"""What was asked: (stage, model, image id, what the stage's item says)."""


@dataclass
class ServedGalaxy:
    """The galaxy of a folder, and the server that its models are reached at.

    Attributes:
        folder: Where the settings, the seeds and the home lie.
        url: Where the server listens.
        images: How many pictures the source has.
        seeds: The seed task types.
    """

    folder: Path
    url: str
    images: int
    seeds: Mapping[str, list[str]]

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run_elsewhere(self, hash_seed: int) -> None:
        """Run a whole pass in a process of its own."""
        done = subprocess.run(
            [TG, "run", "--config", str(self._write_settings()), "--json"],
            capture_output=True,
            text=True,
            timeout=200,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "NO_COLOR": "1"},
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def run(self) -> PassReport:
        """Run a whole pass in this process."""
        settings = load_settings(self._write_settings())
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
            with open_instance(settings) as instance:
                report = walk(Galaxy(settings), instance)
        assert not report.failures, report.failures
        return report

    def _write_settings(self) -> Path:
        seeds = self.folder / "seeds.yaml"
        seeds.write_text(yaml.safe_dump(dict(self.seeds)))
        settings = settings_of(self.folder, self.images)
        settings["task_tree"]["seeds"] = str(seeds)
        settings["models"] = {
            name: {
                "provider": "openai",
                "model": name,
                "base_url": f"{self.url}/v1",
                "api_key_env": None,
                "price": {"input": 0, "output": 0},
                "concurrency": 8,
            }
            for name in ("writer", *REFEREES)
        }
        config = self.folder / "galaxy.yaml"
        config.write_text(yaml.safe_dump(settings))
        return config

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Return what the server was asked since."""
        with urllib.request.urlopen(f"{self.url}/log?after={after}", timeout=30) as answer:
            entries: list[dict[str, Any]] = json.loads(answer.read())
        return entries

    def asked_so_far(self) -> int:
        return len(self.log())

    def read(self, table: str) -> pl.DataFrame:
        """Return all partitions of a table."""
        files = sorted((self.home / "tables" / table).rglob("*.parquet"))
        return pl.concat([pl.read_parquet(file) for file in files])

    def paths(self) -> dict[str, str]:
        """Return the path of each task type by its id."""
        return dict(self.read("task_tree").select("task_id", "path").iter_rows())


def settings_of(folder: Path, images: int) -> dict[str, Any]:
    """Return the settings of the galaxy, with embedded models: those that the server serves."""
    return {
        "name": "refresh",
        "home": str(folder / "home"),
        "sources": [{"kind": "rendered", "name": "drawn", "count": images, "seed": 11}],
        "shard_size": SHARD_SIZE,
        "task_tree": {"seeds": None, "model": "writer", "targets": {3: GROWN_TYPES}},
        "filter": "writer",
        "ask": "writer",
        "referees": {name: name for name in REFEREES},
        "match": {"top_k": TOP_K, "keep_per_batch": TOP_K},
        "models": {
            name: {"provider": "embedded", "error_rate": 0.05 + 0.05 * number}
            for number, name in enumerate(("writer", *REFEREES))
        },
        "calibration": {"pairs": 0},  # tests of its own hold what it asks
        "checks": {
            "min_referee_agreement": 0,
            "min_referee_accuracy": 0,
            "min_kept_pairs": 0,
        },
    }


def questions_in(log: Iterable[Mapping[str, Any]]) -> Counter[Question]:
    """Return how often a log holds each question."""
    asked: Counter[Question] = Counter()
    for entry in log:
        assert entry["status"] == 200, entry
        for item in entry["items"]:
            said = [item] if isinstance(item, str) else [str(part) for part in item.values()]
            asked[(entry["stage"], entry["model"], str(entry["image_id"]), *said)] += 1
    return asked


def best(galaxy: ServedGalaxy) -> set[tuple[str, str]]:
    """Return the (image, task) pairs of all images' top 10, worked out from the similarities."""
    ranked = galaxy.read("clip_similarity").sort(
        "image_id", "score", "task_id", descending=[False, True, False]
    )
    rows = ranked.group_by("image_id", maintain_order=True).head(TOP_K)
    return set(rows.select("image_id", "task_id").iter_rows())


def questions_about(galaxy: ServedGalaxy, pairs: set[tuple[str, str]]) -> Counter[Question]:
    """Return the questions that new pairs must cause: filter, then ask if kept, then votes."""
    paths = galaxy.paths()
    kept = {
        (image, task)
        for image, task, verdict in galaxy.read("filtered_pairs")
        .select("image_id", "task_id", "kept")
        .iter_rows()
        if verdict
    }
    expected: Counter[Question] = Counter(
        ("filter", "writer", image, paths[task]) for image, task in pairs
    )
    expected.update(("questions", "writer", image, paths[task]) for image, task in pairs & kept)
    rows = galaxy.read("raw_qa").select("image_id", "task_id", "question", "answer")
    for image, task, question, answer in rows.iter_rows():
        if (image, task) in pairs:
            said = (image, paths[task], question, answer)
            expected.update(("vote", referee, *said) for referee in REFEREES)
    return expected


def files_of(home: Path) -> dict[str, bytes]:
    """Return what a pass made, by relative path: all of it but ledger, instance and locks."""
    return {
        str(file.relative_to(home)): file.read_bytes()
        for file in sorted(home.rglob("*"))
        if file.is_file() and file.relative_to(home).parts[0] != "state"
    }
