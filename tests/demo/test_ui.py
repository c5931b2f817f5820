"""The UI shows what the demo made: partitions, checks, metadata; also to a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from required import missing

pytestmark = pytest.mark.timeout(600)

SETTINGS = """
name: ui
home: galaxy
sources: [{kind: rendered, name: rendered, count: 16}]
shard_size: 8
task_tree: {seeds: embedded, model: embedded, targets: {2: 40}}
filter: embedded
ask: embedded
referees: {ada: embedded, bob: other}
models:
  embedded: {provider: embedded, error_rate: 0.05}
  other: {provider: embedded, error_rate: 0.1}
checks: {min_kept_pairs: 0.01}
evaluation: {models: [embedded], per_generator: 2, generators: [how-many-2d]}
"""
ASSETS = """{assetNodes {
  assetKey {path}
  partitionStats {numMaterialized numPartitions}
  assetMaterializations(limit: 1) {metadataEntries {label __typename}}
  hasAssetChecks
}}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("ui")
    (folder / "galaxy.yaml").write_text(SETTINGS)
    tg = [sys.executable, "-m", "tg_assets.cli"]
    ran = subprocess.run(
        [*tg, "run", "--config", "galaxy.yaml", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "ui.log").open("w") as log:
        server = subprocess.Popen(
            [*tg, "ui", "--config", "galaxy.yaml", "--port", str(port)],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _once_there(f"http://127.0.0.1:{port}", folder / "ui.log")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(90)


def _once_there(url: str, log: Path) -> str:
    for _ in range(240):
        try:
            if ask(url, ASSETS)["assetNodes"]:
                return url
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(log.read_text()[-3000:])


def ask(url: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{url}/graphql",
        json.dumps({"query": query}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        data: dict[str, Any] = json.load(reply)["data"]
    return data


def test_every_partition_is_filled_and_every_asset_has_its_check(url: str) -> None:
    nodes = ask(url, ASSETS)["assetNodes"]
    assert len(nodes) == 21
    for node in nodes:
        stats = node["partitionStats"]
        if stats is not None:
            assert stats["numMaterialized"] == stats["numPartitions"] > 0, node["assetKey"]
        assert node["hasAssetChecks"]
        assert node["assetMaterializations"]


def test_a_materialization_tells_its_story(url: str) -> None:
    shown = {
        node["assetKey"]["path"][-1]: {
            entry["label"]: entry["__typename"]
            for event in node["assetMaterializations"]
            for entry in event["metadataEntries"]
        }
        for node in ask(url, ASSETS)["assetNodes"]
    }
    assert all(entries["preview"] == "TableMetadataEntry" for entries in shown.values())
    for asset in ("image_pool", "raw_qa", "balanced_dataset"):
        assert shown[asset]["examples"] == "MarkdownMetadataEntry"
    for asset in ("filtered_pairs", "raw_qa", "referee_scores"):
        asked = {"prompt tokens", "cost (USD)", "requests", "found in the ledger"}
        assert asked <= set(shown[asset])
    assert {"samples per type", "scores", "votes", "levels of the tree"} <= set(
        shown["balanced_dataset"]
    )


def test_a_browser_shows_the_dataset(url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            shutil.which("chromium") or missing("chromium is not installed"),
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={tmp_path}",
            "--virtual-time-budget=30000",
            "--timeout=60000",
            "--dump-dom",
            f"{url}/assets/balanced_dataset",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    for text in ("balanced_dataset", "Latest check results", "samples per type", "Row count"):
        assert text in done.stdout, done.stderr[-500:]
