"""The asset: embedded referees of known error rates are found out, through the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from known_pictures import shard

from resources.galaxy import Galaxy
from tg_assets.artifact import Made, Work
from tg_assets.balanced_dataset.card_calibration import calibration_section
from tg_assets.balanced_dataset.gathering import calibration
from tg_assets.gates import Inputs
from tg_assets.partitions import Registered
from tg_assets.referee_calibration.assets import NOTHING, referee_calibration
from tg_assets.referee_calibration.checks import SUITE
from tg_assets.referee_calibration.faults import KINDS, RIGHT
from tg_assets.referee_calibration.rates import ANY_FAULT
from tg_assets.settings import load_settings
from tg_assets.suites import Subject, judge
from tg_assets.tables import GROUND_TRUTH_QA, IMAGE_POOL, SCENES, TABLES

ERRORS = {"ada": 0.05, "bob": 0.3, "liar": 0.95}
PAIRS, SHARD = 15, "0000"


def galaxy_of(folder: Path, *, pictures: bool = True) -> Galaxy:
    settings: dict[str, Any] = {
        "name": "tried",
        "home": str(folder / "home"),
        "sources": [{"kind": "rendered", "name": "drawn", "count": 1}],
        "task_tree": {"seeds": "embedded", "model": "embedded"},
        "filter": "embedded",
        "ask": "embedded",
        "referees": {name: name for name in ERRORS},
        "models": {n: {"provider": "embedded", "error_rate": e} for n, e in ERRORS.items()},
        "calibration": {"pairs": PAIRS},
    }
    file = folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump(settings))
    galaxy = Galaxy(load_settings(file))
    for name in ("scenes", "image_pool", "ground_truth_qa", "scored_qa"):
        galaxy.tables.write(name, TABLES[name].empty(), SHARD)
    galaxy.tables.write("withdrawals", TABLES["withdrawals"].empty())
    if pictures:
        _write_pictures(galaxy)
    return galaxy


def _write_pictures(galaxy: Galaxy) -> None:
    there = shard(0, 60)
    text = {"source": "drawn", "license": "CC0-1.0", "family": "sprites", "format": "PNG"}
    facts = {"width": 448, "height": 448, "n_bytes": 1, "perceptual_hash": 1}
    rows = pl.DataFrame({"image_id": list(there.scenes), "scene": list(there.scenes.values())})
    rows = rows.with_columns(
        uri="image_id", **{name: pl.lit(value) for name, value in (text | facts).items()}
    )
    galaxy.tables.write("scenes", rows.select(*SCENES.columns), SHARD)
    pool = rows.select(*IMAGE_POOL.columns).cast(dict(IMAGE_POOL.columns))
    galaxy.tables.write("image_pool", pool, SHARD)
    known = there.known.select(*GROUND_TRUTH_QA.columns)
    galaxy.tables.write("ground_truth_qa", known, SHARD)


def made_by(galaxy: Galaxy) -> tuple[Made, Work]:
    read = ("scenes", "image_pool", "ground_truth_qa", "scored_qa")
    inputs = Inputs({**{name: [SHARD] for name in read}, "withdrawals": [None]})
    context: Any = None
    registered = Registered([SHARD], [], sorted(ERRORS))
    work = Work(context, galaxy, "referee_calibration", None, inputs, registered)
    return referee_calibration.make(work), work


@pytest.fixture(scope="module")
def galaxy(tmp_path_factory: pytest.TempPathFactory) -> Galaxy:
    return galaxy_of(tmp_path_factory.mktemp("tried"))


@pytest.fixture(scope="module")
def made(galaxy: Galaxy) -> Made:
    return made_by(galaxy)[0]


def test_the_error_rates_of_embedded_referees_come_out(made: Made) -> None:
    rates = {(r["referee"], r["kind"]): r for r in made.beside["referee_rates"].to_dicts()}
    for referee, error in ERRORS.items():
        for kind, votes in ((RIGHT, PAIRS), (ANY_FAULT, PAIRS * (len(KINDS) - 1))):
            row = rates[referee, kind]
            assert row["votes"] == votes
            assert row["low"] - 0.03 <= 1 - error <= row["high"] + 0.03, row


def test_a_referee_that_is_always_wrong_is_stopped_and_the_others_pass(
    galaxy: Galaxy, made: Made
) -> None:
    failures = judge(SUITE, Subject(made.frame, galaxy, ())).failures
    assert len(failures) == 2
    assert all("of liar, at best" in line for line in failures)
    honest = made.frame.filter(pl.col("referee") != "liar")
    assert judge(SUITE, Subject(honest, galaxy, ())).passed


def test_nothing_is_bought_twice(galaxy: Galaxy, made: Made) -> None:
    again, work = made_by(galaxy)
    assert again.frame.equals(made.frame)
    assert sum(tally.requests for tally in work.tallies) == 0
    assert sum(tally.known for tally in work.tallies) == made.frame.height


def test_the_card_tells_it(galaxy: Galaxy, made: Made) -> None:
    assert calibration_section(calibration(galaxy.tables)) == ""
    for name, frame in made.beside.items():
        galaxy.tables.write(name, frame)
    galaxy.tables.write("referee_calibration", made.frame, facts=made.facts)
    said = calibration_section(calibration(galaxy.tables))
    assert "| ada | right |" in said
    assert "| >= 2 |" in said
    assert "independent" in said


def test_without_rendered_pictures_nothing_is_asked_and_that_is_said(tmp_path: Path) -> None:
    galaxy = galaxy_of(tmp_path, pictures=False)
    made, work = made_by(galaxy)
    assert made.metadata["calibration"] == NOTHING
    assert not work.tallies
    assert judge(SUITE, Subject(made.frame, galaxy, ())).passed
