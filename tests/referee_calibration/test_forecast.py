"""What trying the referees will ask is forecast before it is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from known_pictures import shard

from resources.galaxy import Galaxy
from tg_assets.forecasting.forecast import forecast
from tg_assets.forecasting.lines import Line
from tg_assets.referee_calibration.faults import KINDS
from tg_assets.settings import load_settings
from tg_assets.tables import IMAGE_POOL, SCENES

SETTINGS: dict[str, Any] = {
    "name": "tried",
    "sources": [{"kind": "rendered", "name": "drawn", "count": 30, "families": ["sprites"]}],
    "task_tree": {"seeds": "embedded", "model": "embedded"},
    "filter": "embedded",
    "ask": "embedded",
    "referees": {"ada": "embedded", "bob": "embedded"},
}


def galaxy_of(folder: Path, pairs: int) -> Galaxy:
    file = folder / "galaxy.yaml"
    said = {"home": str(folder / "home"), "calibration": {"pairs": pairs}}
    file.write_text(yaml.safe_dump(SETTINGS | said))
    return Galaxy(load_settings(file))


def tried(galaxy: Galaxy) -> dict[str, Line]:
    lines = forecast(galaxy).lines
    return {line.stage: line for line in lines if line.stage.startswith("referee_calibration")}


@pytest.mark.parametrize("pairs", [0, 3])
def test_pictures_to_be_drawn_may_bring_as_many_pairs_as_are_wanted(
    tmp_path: Path, pairs: int
) -> None:
    lines = tried(galaxy_of(tmp_path, pairs))
    both = {f"referee_calibration {name}" for name in ("ada", "bob")}
    assert set(lines) == (both if pairs else set())
    for line in lines.values():
        assert (line.certain, line.further.high) == (0, pairs * len(KINDS))


def test_votes_on_pictures_that_are_there_are_certain(tmp_path: Path) -> None:
    galaxy, there = galaxy_of(tmp_path, 3), shard(0, 30)
    names = list(there.scenes)
    text = {"source": "drawn", "license": "CC0-1.0"}
    facts = {"width": 448, "height": 448, "format": "PNG", "n_bytes": 1, "perceptual_hash": 1}
    rows = pl.DataFrame({"image_id": names, "scene": list(there.scenes.values())})
    rows = rows.with_columns(uri="image_id", family=pl.lit("sprites"), **_lit(text))
    galaxy.tables.write("scenes", rows.select(*SCENES.columns), "0000")
    pool = rows.with_columns(**_lit(text | facts)).select(*IMAGE_POOL.columns)
    galaxy.tables.write("image_pool", pool.cast(dict(IMAGE_POOL.columns)), "0000")
    galaxy.tables.write("ground_truth_qa", there.known.drop("uri"), "0000")
    for line in tried(galaxy).values():
        assert line.certain == 3 * len(KINDS)
        assert line.further.high == 0


def _lit(values: dict[str, Any]) -> dict[str, Any]:
    return {name: pl.lit(value) for name, value in values.items()}
