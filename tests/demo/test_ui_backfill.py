"""A person starts a backfill in a real browser, and it finishes: every partition was run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from required import missing
from test_ui import _once_there, ask

from resources.galaxy import Galaxy
from tg_assets.instance import open_instance
from tg_assets.partitions import IMAGE_SHARD
from tg_assets.registration import list_shards
from tg_assets.settings import load_settings

pytestmark = pytest.mark.timeout(600)

SETTINGS = """
name: backfill
home: galaxy
sources: [{kind: rendered, name: rendered, count: 4, families: [grid]}]
shard_size: 2
task_tree: {seeds: embedded, model: embedded}
filter: embedded
ask: embedded
referees: {ada: embedded, bob: embedded}
"""
BACKFILLS = """{partitionBackfillsOrError(limit: 1) {
  ... on PartitionBackfills {results {id status numPartitions}}
}}"""
SHARDS = 2
WAIT_MS = 120_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The UI of a galaxy whose shards are registered and never made."""
    folder = tmp_path_factory.mktemp("backfill")
    (folder / "galaxy.yaml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
        settings = load_settings(folder / "galaxy.yaml")
        with open_instance(settings) as instance:
            shards = list_shards(settings, Galaxy(settings).tables, []).keys
            instance.add_dynamic_partitions(IMAGE_SHARD, shards)
    assert len(shards) == SHARDS
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "ui.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tg_assets.cli", "ui", "-c", "galaxy.yaml", "--port", str(port)],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _once_there(f"http://127.0.0.1:{port}", folder / "ui.log")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of the distribution's Chromium."""
    program = shutil.which("chromium") or missing("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 800})
        page.set_default_timeout(WAIT_MS)
        try:
            yield page
        finally:
            page.screenshot(path=tmp_path / "last.png")
            browser.close()


def backfills(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(url, BACKFILLS)["partitionBackfillsOrError"]["results"]
    return found


def test_a_backfill_that_a_person_starts_finishes(url: str, page: Page) -> None:
    page.goto(f"{url}/assets/scenes")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_text("Missing", exact=True).click()
    launch = page.get_by_role("button", name="Launch backfill")
    expect(launch).to_be_enabled(timeout=WAIT_MS)
    launch.click()
    status = _finished(url)
    assert status == ("COMPLETED_SUCCESS", SHARDS)
    page.goto(f"{url}/runs/b/{backfills(url)[0]['id']}")
    expect(page.get_by_text("Completed").first).to_be_visible(timeout=WAIT_MS)
    if keep := os.environ.get("TG_SCREENSHOT"):
        page.screenshot(path=keep)


def _finished(url: str) -> tuple[str, int]:
    deadline = time.monotonic() + 420
    while time.monotonic() < deadline:
        for found in backfills(url):
            if found["status"] not in ("REQUESTED", "FAILING", "CANCELING"):
                return found["status"], found["numPartitions"]
        time.sleep(1)
    return "never finished", 0
