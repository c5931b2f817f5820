"""A server that a pass stands on goes away: one sentence says which, and no traceback."""

from __future__ import annotations

from pathlib import Path

import fsspec.config
import pytest
from small_cluster import KEYS, free_port

from tg_assets.engine.away import Away, away_said
from tg_assets.instance import alone_on, open_instance
from tg_assets.settings import Settings, load_settings
from tg_assets.tables_io import TableStore

SETTINGS = """
name: away
home: s3://galaxies/home
sources: [{kind: rendered, name: rendered, count: 4}]
task_tree: {seeds: embedded, model: embedded}
filter: embedded
ask: embedded
referees: {ada: embedded, bob: embedded}
ledger_env: TG_LEDGER
engine: {postgres_env: TG_POSTGRES}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a cluster of which no server answers."""
    nobody = free_port()
    said = {name: f"postgresql://tg@127.0.0.1:{nobody}/x" for name in ("TG_POSTGRES", "TG_LEDGER")}
    state = {"TG_STATE": str(tmp_path / "state"), "DAGSTER_HOME": ""}
    for name, value in {**KEYS, **said, **state}.items():
        monkeypatch.setenv(name, value)
    store = {"endpoint_url": f"http://127.0.0.1:{nobody}", "use_listings_cache": False}
    monkeypatch.setitem(fsspec.config.conf, "s3", store)
    (tmp_path / "galaxy.yaml").write_text(SETTINGS)
    return load_settings(tmp_path / "galaxy.yaml")


def test_a_database_that_is_away_is_named_where_the_instance_is_opened(settings: Settings) -> None:
    with (
        pytest.raises(Away, match=r"TG_POSTGRES.*the same command goes on"),
        away_said(settings),
        open_instance(settings),
    ):
        pass


def test_a_database_that_is_away_is_named_where_a_lock_is_wanted(settings: Settings) -> None:
    with pytest.raises(Away, match="TG_POSTGRES"), away_said(settings), alone_on(settings):
        pass


def test_a_store_that_is_away_is_named_and_not_taken_for_an_empty_one(settings: Settings) -> None:
    with pytest.raises(Away, match="s3://galaxies/home"), away_said(settings):
        TableStore(settings.home).partitions("scenes")
    with pytest.raises(Away, match="s3://galaxies/home"), away_said(settings):
        TableStore(settings.home).stamp("scenes", "a")


def test_what_is_no_servers_fault_stays_what_it_is(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), away_said(settings):
        raise ZeroDivisionError
