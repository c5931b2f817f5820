"""A backfill asked for in Dagster's UI runs on the workers, each run with what it needs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import fsspec.config
import pytest
from small_cluster import BUCKET, Cluster, Galaxy, free_port, workers

from resources.galaxy import Galaxy as Resource
from tg_assets.partitions import IMAGE_SHARD
from tg_assets.registration import list_shards
from tg_assets.settings import load_settings

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("cluster")]
ASSETS = ("scenes", "image_pool", "image_embeddings")
ENGINE = {
    "runs": "celery",
    "postgres_env": "TG_POSTGRES",
    "broker_env": "TG_BROKER",
    "at_once": 2,
    "start_timeout_s": 240,
}
BACKFILL = """mutation ($said: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $said) {
    __typename
    ... on LaunchBackfillSuccess {backfillId}
    ... on PythonError {message}
  }
}"""
STATUS = """query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}
}"""
RUNS = "{runsOrError {... on Runs {results {jobName status tags {key value}}}}}"
ADD = """mutation ($key: String!) {
  addDynamicPartition(partitionsDefName: "image_shard", partitionKey: $key,
    repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "taskgalaxy"}) {
    __typename
  }
}"""


@pytest.fixture(scope="module")
def galaxy(cluster: Cluster) -> Iterator[Galaxy]:
    variables = cluster.databases("filled") | {"TG_BROKER": cluster.broker}
    found = Galaxy(cluster, "filled", f"s3://{BUCKET}/filled/home", ENGINE, variables)
    with workers(found, 2):
        yield found


@pytest.fixture(scope="module")
def ui(galaxy: Galaxy) -> Iterator[str]:
    """The URL of the UI; its daemon runs beside it."""
    port = free_port()
    command = [*galaxy.command("ui"), "--port", str(port)]
    with (galaxy.folder / "ui.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env=galaxy.variables,
            cwd=galaxy.folder,
            start_new_session=True,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def ask(url: str, query: str, **variables: Any) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    sent = urllib.request.Request(
        f"{url}/graphql", body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(sent, timeout=60) as answer:
        said: dict[str, Any] = json.loads(answer.read())
    assert "errors" not in said, said["errors"]
    found: dict[str, Any] = said["data"]
    return found


def once(url: str, query: str, wanted: Any, **variables: Any) -> dict[str, Any]:
    """Ask again and again until the answer is what is wanted."""
    deadline = time.monotonic() + 600
    while True:
        try:
            said = ask(url, query, **variables)
        except OSError:
            said = {}
        if said and wanted(said):
            return said
        assert time.monotonic() < deadline, said
        time.sleep(1)


def listed(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write the lists of the shards, as the sensor does; returns their keys."""
    for name, value in galaxy.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(fsspec.config.conf, "s3", {})
    settings = load_settings(galaxy.write_settings())
    return list_shards(settings, Resource(settings).tables, []).keys


def test_a_backfill_of_the_ui_runs_on_the_workers(
    cluster: Cluster, galaxy: Galaxy, ui: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards = listed(galaxy, monkeypatch)
    once(ui, "{assetNodes {id}}", lambda said: said["assetNodes"])
    for key in shards:
        assert ask(ui, ADD, key=key)["addDynamicPartition"]["__typename"].endswith("Success")
    said = {
        "assetSelection": [{"path": [asset]} for asset in ASSETS],
        "partitionNames": shards,
        "fromFailure": False,
    }
    started = ask(ui, BACKFILL, said=said)["launchPartitionBackfill"]
    assert started["__typename"] == "LaunchBackfillSuccess", started

    def is_over(said: dict[str, Any]) -> bool:
        status: str = said["partitionBackfillOrError"]["status"]
        return status.startswith("COMPLETED")

    over = once(ui, STATUS, is_over, id=started["backfillId"])
    assert over["partitionBackfillOrError"]["status"] == "COMPLETED_SUCCESS"
    runs = ask(ui, RUNS)["runsOrError"]["results"]
    assert len(runs) == len(shards), f"of {IMAGE_SHARD}: {runs}"
    tags = [{tag["key"]: tag["value"] for tag in run["tags"]} for run in runs]
    assert {tag["dagster-celery/queue"] for tag in tags} == {"dagster"}
    tables = cluster.objects("filled/home/tables")
    assert {f"{asset}/{shard}.parquet" for asset in ASSETS for shard in shards} <= set(tables)
