"""A small galaxy whose models are reached at a server that bills."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image, ImageDraw

from resources.galaxy import Galaxy
from tg_assets.artifact import Artifact, Work, inputs_fingerprint, is_current
from tg_assets.definitions import JOBS, wired
from tg_assets.forecasting.forecast import Forecast, forecast
from tg_assets.gates import Inputs
from tg_assets.partitions import EDGES, Registered, dimensions
from tg_assets.registration import list_batch, list_shards
from tg_assets.settings import Settings, load_settings
from tg_assets.tables_io import TableStore

SEEDS: dict[str, list[str]] = {
    "ocr": ["sign reading", "bill reading", "label reading"],
    "counting": ["people counting", "vehicle counting", "colour counting"],
    "description": ["street description", "room description", "mood"],
    "reasoning": ["spatial reasoning", "cause and effect"],
}
SHARD_SIZE = 10
TOP_K = 5


@dataclass
class PricedGalaxy:
    """The galaxy of a folder.

    Attributes:
        folder: Where the settings, the seeds, the photos and the home lie.
        url: Where the server listens.
        photos: How many photos there are.
        drawn: How many pictures are to be drawn.
        parameters: Settings of models beyond the usual, by name.
    """

    folder: Path
    url: str
    photos: int
    drawn: int = 0
    seeds: dict[str, list[str]] = field(default_factory=lambda: dict(SEEDS))
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def settings(self) -> Settings:
        folder = self.folder / "photos"
        folder.mkdir(exist_ok=True)
        for number in range(self.photos):
            if not (file := folder / f"{number:03d}.jpg").exists():
                photo(number).save(file, quality=80)
        (self.folder / "seeds.yaml").write_text(yaml.safe_dump(self.seeds))
        usual = {
            "provider": "openai",
            "model": "gpt-4o",
            "base_url": self.url,
            "api_key_env": None,
            "price": {"input": 2.5, "output": 10.0},
        }
        names = ("writer", "filter", "ada", "bob")
        sources: list[dict[str, Any]] = [
            {"kind": "folder", "name": "photos", "path": str(folder), "license": "CC0-1.0"}
        ]
        if self.drawn:
            drawn = {"kind": "rendered", "name": "drawn", "count": self.drawn, "seed": 5}
            drawn["families"] = ["sprites", "charts"]  # the quickest to draw
            sources.append(drawn)
        raw = {
            "name": "priced",
            "home": str(self.home),
            "sources": sources,
            "shard_size": SHARD_SIZE,
            "task_tree": {"seeds": "seeds.yaml", "model": "writer", "targets": {1: 5}},
            "filter": "filter",
            "ask": "writer",
            "referees": {"ada": "ada", "bob": "bob"},
            "match": {"top_k": TOP_K, "keep_per_batch": TOP_K},
            "clip": {"device": "cpu"},
            "models": {
                name: {**usual, "temperature": number / 10, **self.parameters.get(name, {})}
                for number, name in enumerate(names)
            },
            "calibration": {"pairs": 0},  # tests of its own hold what it asks
            "checks": {
                "min_referee_agreement": 0,
                "min_referee_accuracy": 0,
                "min_kept_pairs": 0,
            },
        }
        config = self.folder / "galaxy.yaml"
        config.write_text(yaml.safe_dump(raw))
        return load_settings(config)

    def images(self) -> list[str]:
        tables = TableStore(str(self.home))
        pools = [tables.read("image_pool", shard) for shard in tables.partitions("image_pool")]
        return [image for pool in pools for image in pool["image_id"]]

    def forecast(self) -> Forecast:
        galaxy = Galaxy(self.settings())
        try:
            return forecast(galaxy)
        finally:
            galaxy.close()

    def run(self) -> None:
        """Make what is not made: a pass without Dagster's runs, gates, checks and publishing."""
        settings = self.settings()
        galaxy = Galaxy(settings)
        list_shards(settings, galaxy.tables, [])
        list_batch(settings, galaxy.tables, [])
        registered = Registered(
            galaxy.tables.partitions("shard_files"),
            galaxy.tables.partitions("seed_paths"),
            sorted(settings.referees),
        )
        artifacts = {part.artifact.name: part.artifact for part in wired(settings)}
        for job in takewhile(lambda job: job.name != "publish", JOBS):
            for partition in _partitions(job.name, registered):
                for name in job.assets:
                    _make(artifacts[name], galaxy, partition, registered)
        galaxy.close()


def _partitions(job: str, registered: Registered) -> list[str | None]:
    if job in ("withdraw", "calibrate"):
        return [None]
    if job == "task_batch":
        return list(registered.batches)
    others = {"match": registered.batches, "judge": registered.referees}.get(job)
    if others is None:
        return list(registered.shards)
    return [f"{shard}|{other}" for other in others for shard in registered.shards]


def _make(
    artifact: Artifact, galaxy: Galaxy, partition: str | None, registered: Registered
) -> None:
    keys = dimensions(partition)
    edges = EDGES[artifact.name]
    inputs = Inputs({e.upstream: list(e.partitions(keys, registered)) for e in edges})
    wanted = inputs_fingerprint(galaxy, artifact.name, partition, inputs)
    stamp = galaxy.tables.stamp(artifact.name, *keys)
    if stamp is not None and is_current(stamp, wanted):
        return
    context: Any = None  # its log alone is used, by what calls the maker
    made = artifact.make(Work(context, galaxy, artifact.name, partition, inputs, registered))
    for name, frame in made.beside.items():
        galaxy.tables.write(name, frame, *keys, inputs=wanted)
    galaxy.tables.write(artifact.name, made.frame, *keys, inputs=wanted, facts=made.facts)


def photo(number: int) -> Image.Image:
    """A picture of discs and boxes, of a size of its own, some larger than what is sent."""
    dice = np.random.default_rng(number)
    width, height = (int(side) for side in dice.integers(300, 1700, 2))
    picture = Image.new("RGB", (width, height), tuple(int(n) for n in dice.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = int(dice.integers(0, width)), int(dice.integers(0, height))
        box = (left, top, left + int(dice.integers(40, 500)), top + int(dice.integers(40, 500)))
        colour = tuple(int(n) for n in dice.integers(0, 256, 3))
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture


@dataclass
class Billed:
    """What the server billed for a stage in one pass."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


def billed(log: list[dict[str, Any]]) -> dict[str, Billed]:
    """Return what a log billed, by stage."""
    stages: dict[str, Billed] = {stage: Billed() for stage in Counter(e["stage"] for e in log)}
    for entry in log:
        stage = stages[entry["stage"]]
        stage.requests += 1
        stage.prompt_tokens += entry["prompt_tokens"]
        stage.completion_tokens += entry["completion_tokens"]
    return stages
