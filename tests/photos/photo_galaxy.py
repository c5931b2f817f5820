"""`tg run` over a folder of photos, as a user starts it, with what each pass left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from fixtures import RunningServer
from photo_folder import drawing, lay_out
from pool_pictures import encoded

from tg_assets.tables_io import TableStore

KEY = "sk-key-of-the-photo-tests"
REFEREES = ("ada", "bob", "late")
KEPT_TABLES = ("image_pool", "rejected_images", "filtered_pairs", "scored_qa", "shard_files")
SEEDS = {
    "ocr": {"sign ocr": ["road sign reading", "shop sign reading"], "bill ocr": ["total reading"]},
    "counting": {"object counting": ["people counting", "vehicle counting"], "colour counting": []},
    "description": {"scene description": ["street description", "room description"], "mood": []},
    "reasoning": {"spatial reasoning": ["left or right", "near or far"], "cause and effect": []},
    "detection": {"anomaly detection": ["damage detection"], "shape detection": ["circle finding"]},
    "comparison": {"size comparison": ["tallest object"], "colour comparison": ["brightest part"]},
    "quality": {"blur rating": [], "noise rating": ["grain rating"], "exposure rating": []},
}


@dataclass(frozen=True)
class Pass:
    """What one `tg run --json` said, asked and left.

    Attributes:
        output: Its standard output.
        errors: Its standard error.
        asked: What the filter, the asking model and two referees were asked in it.
        asked_late: What the third referee was asked.
        tables: Rows by table, over all shards.
        votes: Rows of the referees, over all shards.
    """

    code: int
    output: str
    errors: str
    asked: list[dict[str, Any]]
    asked_late: list[dict[str, Any]]
    tables: Mapping[str, pl.DataFrame]
    votes: pl.DataFrame

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.output)
        return report

    def stage(self, name: str) -> dict[str, Any]:
        stage: dict[str, Any] = self.report["stages"][name]
        return stage


@dataclass
class PhotoGalaxy:
    """A folder with photos, seeds, settings and a home, and two endpoints."""

    folder: Path
    server: RunningServer
    late_server: RunningServer
    refused: Mapping[str, str] = field(default_factory=dict)
    changed: str = ""

    @property
    def photos(self) -> Path:
        return self.folder / "my photos"

    @property
    def tables(self) -> TableStore:
        return TableStore(str(self.folder / "home"))

    def write_photos(self) -> None:
        self.photos.mkdir()
        self.refused = lay_out(self.photos)

    def add_photos(self, count: int) -> None:
        for number in range(count):
            path = self.photos / "added" / f"added {number}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(encoded(drawing(100 + number), "PNG"))

    def change_a_published_photo(self) -> None:
        self.changed = self.tables.read("balanced_dataset")["uri"].sort()[0]
        Path(self.changed).write_bytes(encoded(drawing(99), "PNG"))

    def write_settings(self, late_referee_tokens: int = 256) -> None:
        (self.folder / "seeds.yaml").write_text(yaml.safe_dump(SEEDS), encoding="utf-8")
        usual = {
            "provider": "openai",
            "model": "schema",
            "base_url": self.server.url,
            "api_key_env": "PHOTO_TESTS_KEY",
            "price": {"input": 2.5, "output": 10.0},
        }
        late = {"base_url": self.late_server.url, "max_tokens": late_referee_tokens}
        settings = {
            "name": "photos",
            "home": "home",
            "sources": [
                {"kind": "folder", "name": "mine", "path": "my photos", "license": "CC-BY-4.0"}
            ],
            "task_tree": {"seeds": "seeds.yaml", "model": "far", "targets": {1: 9}},
            "clip": {"device": "cpu"},
            "match": {"top_k": 4},
            "filter": "far",
            "ask": "far",
            "referees": {"ada": "far", "bob": "far", "late": "late"},
            "models": {"far": usual, "late": {**usual, **late}},
            "checks": {"min_referee_agreement": 0.0},
        }
        text = yaml.safe_dump(settings, allow_unicode=True)
        (self.folder / "galaxy.yaml").write_text(text, encoding="utf-8")

    def run(self) -> Pass:
        """Run the command from another folder than that of the settings."""
        before, before_late = len(self.server.log), len(self.late_server.log)
        done = subprocess.run(
            [str(Path(sys.executable).with_name("tg")), "run", "--json", "-c", self._config()],
            cwd=self.folder.parent,
            env={**os.environ, "PHOTO_TESTS_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=280,
        )
        return Pass(
            done.returncode,
            done.stdout,
            done.stderr,
            self.server.log[before:],
            self.late_server.log[before_late:],
            {name: self._rows(name) for name in KEPT_TABLES},
            self._votes(),
        )

    def _config(self) -> str:
        return f"{self.folder.name}/galaxy.yaml"

    def _rows(self, table: str) -> pl.DataFrame:
        shards = self.tables.partitions("shard_files")
        return pl.concat(
            self.tables.read(table, shard).with_columns(shard=pl.lit(shard)) for shard in shards
        )

    def _votes(self) -> pl.DataFrame:
        return pl.concat(
            self.tables.read("referee_scores", shard, referee).with_columns(
                referee=pl.lit(referee), shard=pl.lit(shard)
            )
            for shard in self.tables.partitions("shard_files")
            for referee in REFEREES
        )
