"""A small galaxy whose models are reached at a server that bills."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw

from resources.galaxy import Galaxy
from tg_assets.forecasting.forecast import Forecast, forecast
from tg_assets.instance import open_instance
from tg_assets.settings import Settings, load_settings
from tg_assets.walk import PassReport, walk

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
            "checks": {
                "min_referee_agreement": 0,
                "min_referee_accuracy": 0,
                "min_kept_pairs": 0,
            },
        }
        config = self.folder / "galaxy.yaml"
        config.write_text(yaml.safe_dump(raw))
        return load_settings(config)

    def forecast(self) -> Forecast:
        galaxy = Galaxy(self.settings())
        try:
            return forecast(galaxy)
        finally:
            galaxy.close()

    def run(self) -> PassReport:
        settings = self.settings()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
            with open_instance(settings) as instance:
                report = walk(Galaxy(settings), instance)
        assert not report.failures, report.failures
        return report


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
