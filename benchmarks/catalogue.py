"""Measures what thousands of partitions cost before anything is computed.

    python -m benchmarks.catalogue --json
    python -m benchmarks.catalogue --shards 5000 --batches 4        # 20,000 cells

A catalogue is simulated on a real SQLite instance: shards and batches are registered with their
lists, and every cell of `clip_similarity` is there as materialized, with its check passed (one is
reported, the others are copies of its rows in the event log). Then are measured, each in the way a
user meets it: loading the code location, a tick of each sensor, the state of all partitions as a
pass and a gate look it up, and, over HTTP, the queries of the UI's asset page, which
`dagster-webserver` answers from the same instance.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import yaml
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)

from resources.galaxy import Galaxy
from sensors.new_images import new_images_sensor
from sensors.new_task_types import new_task_types_sensor
from tg_assets import gates
from tg_assets.instance import open_instance
from tg_assets.partitions import IMAGE_SHARD, TASK_BATCH
from tg_assets.settings import load_settings

CELLS = "clip_similarity"
EVENTS_A_CELL = 16
"""More than one cell's rows in any table of the event log."""

PAGE = """query Page($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode {
    partitionStats { numMaterialized numPartitions numFailed numMaterializing }
    partitionKeysByDimension { name partitionKeys }
    assetPartitionStatuses { __typename }
    assetMaterializations(limit: 10) { partition timestamp }
  } }
}"""
STALE = """query Stale($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode { staleStatus } }
}"""


def simulate(galaxy: Galaxy, instance: dg.DagsterInstance, shards: int, batches: int) -> None:
    """Register shards and batches, and report every cell as made and checked."""
    keys = [f"{number:05d}-photos" for number in range(shards)]
    rows = {"position": [0], "source": ["photos"], "license": ["CC0-1.0"]}
    for key in keys:
        galaxy.tables.write(
            "shard_files", pl.DataFrame({**rows, "uri": [f"/photos/{key}.jpg"]}), key
        )
    names = [f"{number:04d}" for number in range(batches)]
    for name in names:
        paths = pl.DataFrame({"path": [f"ocr~type {name}"]})
        galaxy.tables.write("seed_paths", paths, name)
    for start in range(0, shards, 10_000):
        instance.add_dynamic_partitions(IMAGE_SHARD, keys[start : start + 10_000])
    instance.add_dynamic_partitions(TASK_BATCH, names)
    cells = [(key, name) for key in keys for name in names]
    _report(instance, dg.MultiPartitionKey({IMAGE_SHARD: cells[0][0], TASK_BATCH: cells[0][1]}))
    _repeat(Path(instance.root_directory) / "history" / "runs" / "index.db", cells)


def _repeat(database: Path, cells: list[tuple[str, str]]) -> None:
    """Copy the events of the first cell for all others: reporting each takes a disk's time."""
    shard, batch = cells[0]
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in ("event_logs", "asset_event_tags", "asset_check_executions"):
            found = connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in found.description]
            first = found.fetchall()
            marks = ", ".join("?" * len(names))
            for number, (other, other_batch) in enumerate(cells[1:], start=1):
                rows = [
                    [
                        _moved(name, value, number, (shard, other), (batch, other_batch))
                        for name, value in zip(names, row, strict=True)
                    ]
                    for row in first
                ]
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _moved(
    name: str, value: Any, number: int, shard: tuple[str, str], batch: tuple[str, str]
) -> Any:
    """Return what a copied row has in a column: ids of its own, and the names of its cell."""
    if name in (
        "id",
        "event_id",
        "evaluation_event_storage_id",
        "materialization_event_storage_id",
    ):
        return None if value is None else value + number * EVENTS_A_CELL
    if name == "run_id":
        return value if not value else f"{number:08x}{value[8:]}"
    if not isinstance(value, str):
        return value
    moved = value.replace(shard[0], shard[1])
    return (
        moved.replace(f"|{batch[0]}", f"|{batch[1]}").replace(f'"{batch[0]}"', f'"{batch[1]}"')
        if name != "value"
        else (batch[1] if value == batch[0] else moved)
    )


def _report(instance: dg.DagsterInstance, cell: dg.MultiPartitionKey) -> None:
    asset = dg.AssetKey(CELLS)
    made = dg.AssetMaterialization(asset, partition=cell, tags={"dagster/data_version": "1"})
    instance.report_runless_asset_event(made)
    record = instance.fetch_materializations(asset, limit=1).records[0]
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=asset,
            check_name=gates.SUITE,
            passed=True,
            partition=str(cell),
            target_materialization_data=Target(
                storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
            ),
        )
    )


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    work()
    return round(time.perf_counter() - started, 3)


def tick(sensor: dg.SensorDefinition, galaxy: Galaxy, instance: dg.DagsterInstance) -> None:
    """Evaluate a sensor once."""
    with dg.build_sensor_context(instance, resources={"galaxy": galaxy}) as context:
        sensor.evaluate_tick(context)


def load(config: Path) -> None:
    """Load the code location in a process of its own, with the instance's partitions."""
    program = "from tg_assets.definitions import defs; defs().get_repository_def()"
    command = [sys.executable, "-W", "ignore", "-c", program]
    subprocess.run(command, check=True, env={**os.environ, "TG_CONFIG": str(config)})


@contextmanager
def webserver(config: Path, log: Path) -> Iterator[str]:
    """Run `dagster-webserver` on the galaxy's instance; yield its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(Path(sys.executable).with_name("dagster-webserver"))
    command = [program, "-m", "tg_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "TG_CONFIG": str(config), "PYTHONWARNINGS": "ignore"}
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        yield _once_there(f"http://127.0.0.1:{port}", log)
    finally:
        server.terminate()
        server.wait(30)


def _once_there(url: str, log: Path) -> str:
    for _ in range(240):
        try:
            ask(url, "{assetNodes {assetKey {path}}}", {})
            return url
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(log.read_text()[-2000:])


def ask(url: str, query: str, variables: dict[str, Any]) -> Any:
    """Return what the UI's own endpoint answers."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as reply:
        found = json.load(reply)
    if "errors" in found:
        raise RuntimeError(str(found["errors"])[:1000])
    return found["data"]


def settings(folder: Path) -> Path:
    """Write the settings of a galaxy without models to be asked."""
    (folder / "photos").mkdir()
    (folder / "photos" / "seed.jpg").write_bytes(b"x")
    (folder / "seeds.yaml").write_text(yaml.safe_dump({"ocr": ["type 0000"]}))
    model = {
        "provider": "openai",
        "model": "m",
        "base_url": "http://127.0.0.1:1",
        "api_key_env": None,
        "price": {"input": 0, "output": 0},
    }
    config = folder / "galaxy.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "name": "catalogue",
                "home": "home",
                "sources": [
                    {"kind": "folder", "name": "photos", "path": "photos", "license": "CC0-1.0"}
                ],
                "task_tree": {"seeds": "seeds.yaml", "model": "m"},
                "filter": "m",
                "ask": "m",
                "referees": {"ada": "m"},
                "models": {"m": model},
                "dataset": {"min_score": 1},
            }
        )
    )
    return config


def measure(shards: int, batches: int, folder: Path) -> dict[str, float]:
    """Simulate a catalogue and measure it; returns seconds by what was done."""
    config = settings(folder)
    loaded = load_settings(config)
    galaxy = Galaxy(loaded)
    found: dict[str, float] = {}
    with open_instance(loaded) as instance:
        found["simulating"] = timed(lambda: simulate(galaxy, instance, shards, batches))
        found["load of the code location"] = timed(lambda: load(config))
        images = new_images_sensor()
        tick(images, galaxy, instance)  # registers the one file there is
        found["tick of new_images"] = timed(lambda: tick(images, galaxy, instance))
        types = new_task_types_sensor()
        found["tick of new_task_types"] = timed(lambda: tick(types, galaxy, instance))
        cells = [f"{s}|{b}" for s in galaxy.registered(instance).shards for b in _names(batches)]
        known = gates.States(instance)
        found["states of all cells, for a pass"] = timed(lambda: known(CELLS, cells))
        shut = [key for key, state in known(CELLS, cells).items() if state != gates.State.OPEN]
        if shut:
            raise RuntimeError(f"{len(shut)} of {len(cells)} cells are not open, as {shut[0]}")
        found["states of a shard's cells, for a gate"] = timed(
            lambda: gates.states(instance, CELLS, cells[:batches])
        )
    with webserver(config, folder / "log") as url:
        key = {"key": {"path": [CELLS]}}
        ask(url, PAGE, key)  # the first one fills the server's caches
        found["asset page of the cells, by GraphQL"] = timed(lambda: ask(url, PAGE, key))
        found["its staleness"] = timed(lambda: ask(url, STALE, key))
    return found


def _names(batches: int) -> list[str]:
    return [f"{number:04d}" for number in range(batches)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=400)
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--folder", help="where it is simulated: /dev/shm spares a slow disk")
    parser.add_argument("--json", action="store_true", help="figures as one last line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        os.environ["DAGSTER_HOME"] = folder
        found = measure(given.shards, given.batches, Path(folder))
    for what, seconds in found.items():
        print(f"{what}: {seconds} s")
    if given.json:
        print(json.dumps({**vars(given), "seconds": found}))


if __name__ == "__main__":
    main()
