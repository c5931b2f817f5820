"""Who holds a galaxy, a partition or a run, and that nobody holds it for longer than it lives."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import dagster as dg
import pytest
from fixtures import postgres_url

from resources.galaxy import Galaxy
from tg_assets import artifact
from tg_assets.definitions import build_defs
from tg_assets.engine.locks import held, is_held_on_postgres
from tg_assets.engine.runners import Here, Task
from tg_assets.instance import alone_with, open_instance
from tg_assets.settings import Settings, load_settings

__all__ = ["postgres_url"]  # a fixture
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("cluster")]
SETTINGS = """
name: locked
home: galaxy
sources: [{kind: rendered, name: rendered, count: 4}]
task_tree: {seeds: embedded, model: embedded}
filter: embedded
ask: embedded
referees: {ada: embedded, bob: embedded}
"""
HOLDER = """
import sys, time
from pathlib import Path
from tg_assets.engine.locks import held
with held(sys.argv[1] or None, Path(sys.argv[2]), "a partition") as alone:
    print(alone, flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str | None, Path]:
    """Where locks are: files of this machine, or PostgreSQL."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return url, tmp_path


def test_a_lock_has_one_holder_and_dies_with_it(place: tuple[str | None, Path]) -> None:
    url, folder = place
    command = [sys.executable, "-c", HOLDER, url or "", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with held(url, folder, "a partition") as alone, held(url, folder, "another") as other:
            assert (alone, other) == (False, True)
        holder.kill()
    assert _free_soon(url, folder)


def _free_soon(url: str | None, folder: Path) -> bool:
    for _ in range(100):
        with held(url, folder, "a partition") as alone:
            if alone:
                return True
        time.sleep(0.1)
    return False


def test_to_ask_who_holds_a_lock_leaves_it_free(postgres_url: str, tmp_path: Path) -> None:
    assert not is_held_on_postgres(postgres_url, "run 1")
    with held(postgres_url, tmp_path, "run 1"):
        assert is_held_on_postgres(postgres_url, "run 1")
    assert not is_held_on_postgres(postgres_url, "run 1")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", "")
    (tmp_path / "galaxy.yaml").write_text(SETTINGS)
    return load_settings(tmp_path / "galaxy.yaml")


def test_a_second_run_of_a_partition_waits_for_the_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "LOOK_EVERY_S", 0.2)
    holding = threading.Event()
    with open_instance(settings) as instance:

        def hold() -> None:
            with alone_with(settings, "withdrawals", None) as alone:
                assert alone
                holding.set()
                _wait_until_a_step_waits(instance)

        runner = Here(build_defs(settings, Galaxy(settings)), instance)
        first = threading.Thread(target=hold)
        first.start()
        assert holding.wait(60)
        runner.start(Task("withdraw", ("withdrawals",), ()))
        first.join()
        (ended,) = runner.ended()
    kinds = [event.event_type for event in ended.events]
    assert dg.DagsterEventType.STEP_UP_FOR_RETRY in kinds
    assert dg.DagsterEventType.PIPELINE_SUCCESS in kinds


def _wait_until_a_step_waits(instance: dg.DagsterInstance) -> None:
    for _ in range(600):
        for run in instance.get_runs():
            if instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_UP_FOR_RETRY):
                return
        time.sleep(0.1)
