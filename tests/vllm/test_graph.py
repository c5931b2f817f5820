"""The graph with referees that vLLM serves, and the commands that show and end what is kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import yaml
from asked import VOTE, picture, votes
from served import Garage, Run

from resources.galaxy import Galaxy
from tg_assets import gates
from tg_assets.artifact import Work
from tg_assets.partitions import Registered
from tg_assets.settings import load_settings

MakeGarage = Callable[..., Garage]


def _settings(here: Garage) -> Path:
    served = {
        "provider": "vllm",
        "model": "tiny",
        "python": str(here.folder / "env"),
        "env": {"STAND_IN_FOLDER": str(here.notes)},
    }
    said = {
        "name": "judged",
        "home": "home",
        "sources": [{"kind": "rendered", "name": "drawn", "count": 8}],
        "shard_size": 4,
        "task_tree": {"seeds": "embedded", "model": "embedded"},
        "filter": "embedded",
        "ask": "embedded",
        "referees": {"ada": "small", "bob": "large"},
        "models": {"small": served, "large": {**served, "model": "big"}},
        "dataset": {"min_score": 1, "exports": ["llava"]},
        "calibration": {"pairs": 0},
    }
    file = here.folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump(said))
    return file


def test_referees_load_once_for_all_shards_and_their_logs_are_kept_with_the_runs(
    garage: MakeGarage, tmp_path: Path
) -> None:
    here = garage("0")  # one device: the second referee needs the first one's
    galaxy = Galaxy(load_settings(_settings(here)))
    questions = {shard: votes(picture(tmp_path, shard), 3) for shard in range(3)}
    for referee in ("small", "large"):
        for shard, asked in questions.items():
            nothing = gates.Inputs({}, [])
            registered = Registered([], [], [])
            context = dg.build_asset_context()
            work = Work(context, galaxy, "referee_scores", f"{shard}|r", nothing, registered)
            answers = work.ask(VOTE, asked, referee)
            assert [answer.value for answer in answers] == [1] * len(asked)
            log = Path(work.logs[referee])
            assert log.is_relative_to(here.folder / "home" / "state")
            assert log.exists()
    galaxy.close()
    assert len(here.started("server")) == 2
    assert [status["model"] for status in here.kept()] == ["big"]


def test_commands_show_and_end_what_is_kept(garage: MakeGarage, tmp_path: Path) -> None:
    here = garage("0")
    run = Run(here, here.model())
    url = run.holds()
    shown = _tg(here, "status")
    assert shown.returncode == 0
    assert url in shown.stdout
    assert f"held by tiny in process {run.process.pid}" in shown.stdout
    assert json.loads(_tg(here, "status", "--json").stdout)["devices"] == ["0"]
    held = _tg(here, "stop", "tiny")
    assert held.returncode == 1
    assert "is held by" in held.stdout
    run.lets_go()
    assert re.search(r"held by nobody for \d+ s; it ends after 60 s", _tg(here, "status").stdout)
    assert _tg(here, "stop").stdout == "tiny: ended\n"
    assert not here.processes()
    assert _tg(here, "status").stdout == "no server is kept\n"


def _tg(here: Garage, *said: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tg_assets.cli", "vllm", *said],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "TMPDIR": str(here.folder), "NO_COLOR": "1"},
    )
