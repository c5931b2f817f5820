"""Runs the matching half of the graph at the paper's size, on synthetic embeddings.

    python -m benchmarks.paper_scale --json
    python -m benchmarks.paper_scale --images 800000 --tasks 19227 --dimension 768 --shard 4000

Registration of a file list, comparing, merging and every table's reading and writing go through
the project's own functions; only the embeddings are made up, and making them up is not counted.
Then 1 % of new task types and 1 % of new images come. Each stage reports its time, the rate, and
the most memory the process had during it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import yaml

from benchmarks.matched_tables import Matched, peak_gib, spent, store
from tg_assets.registration import list_shards
from tg_assets.settings import load_settings

Stages = dict[str, dict[str, Any]]


def run(given: argparse.Namespace, folder: Path) -> Stages:
    """Run all stages in a folder and return what each took."""
    matched = Matched(store(folder), given.dimension)
    matched.warm_up()
    stages: Stages = {}

    @contextmanager
    def stage(name: str, images: int) -> Iterator[None]:
        matched.taken()
        _forget_peak()
        with spent() as cost:
            yield
        seconds = cost["seconds"]
        parts = matched.taken()
        if name == "image embeddings":
            seconds = parts["write embeddings"]
        stages[name] = {
            "seconds": round(seconds, 2),
            "cpu_s": cost["cpu_s"],
            "images_per_s": round(images / seconds),
            "peak_gib": _peak_gib(),
            "parts": parts,
        }
        print(f"{name}: {stages[name]}", flush=True)

    with stage("registration", given.images):
        shards = _registered(given, folder, matched)
    with stage("image embeddings", given.images):
        for number, (key, size) in enumerate(shards):
            matched.add_images(key, size, number)
    matched.add_tasks("0000", given.tasks, 10_000_000)
    keys = [key for key, _ in shards]
    with stage("clip_similarity", given.images):
        matched.compare(keys, ["0000"])
    with stage("candidate_pairs", given.images):
        matched.merge(keys)

    matched.add_tasks("0001", max(1, given.tasks // 100), 10_000_001)
    with stage("1% new task types", given.images):
        matched.compare(keys, ["0001"])
        matched.merge(keys)

    more = max(1, given.images // 100)
    new = [
        (f"{len(shards) + start // given.shard:05d}-new", min(given.shard, more - start))
        for start in range(0, more, given.shard)
    ]
    for number, (key, size) in enumerate(new):
        matched.add_images(key, size, 20_000_000 + number)
    with stage("1% new images", more):
        matched.compare([key for key, _ in new], matched.batches)
        matched.merge([key for key, _ in new])
    return stages


def _registered(given: argparse.Namespace, folder: Path, matched: Matched) -> list[tuple[str, int]]:
    """List the files as shards, and register the keys on a Dagster instance."""
    uris = [f"/images/{number:09d}.jpg" for number in range(given.images)]
    pl.DataFrame({"uri": uris}).write_parquet(folder / "images.parquet")
    source = {
        "kind": "file_list",
        "name": "synthetic",
        "path": str(folder / "images.parquet"),
        "license": "CC0-1.0",
    }
    written = {
        "name": "scale",
        "home": str(folder),
        "sources": [source],
        "shard_size": given.shard,
        "task_tree": {"seeds": "general", "model": "unused"},
        "filter": "unused",
        "ask": "unused",
        "referees": {"one": "unused"},
        "models": {
            "unused": {
                "provider": "openai",
                "model": "unused",
                "base_url": "http://127.0.0.1:9/v1",
                "api_key_env": None,
                "price": {"input": 0, "output": 0},
            }
        },
        "dataset": {"min_score": 1},
    }
    (folder / "galaxy.yaml").write_text(yaml.safe_dump(written))
    settings = load_settings(folder / "galaxy.yaml")
    keys = list_shards(settings, matched.tables, []).keys
    (folder / "dagster").mkdir()
    quiet = {"telemetry": {"enabled": False}, "nux": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(folder / "dagster"), overrides=quiet) as instance:
        instance.add_dynamic_partitions("image_shard", keys)
    sizes = [matched.tables.rows("shard_files", key) or 0 for key in keys]
    return list(zip(keys, sizes, strict=True))


def _forget_peak() -> None:
    """Let Linux measure the peak of memory anew, where it does."""
    _of_linux(lambda: Path("/proc/self/clear_refs").write_text("5"))


def _peak_gib() -> float:
    status = _of_linux(lambda: Path("/proc/self/status").read_text()) or ""
    for line in str(status).splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 2**20, 2)
    return peak_gib()


def _of_linux(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except OSError:
        return None


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--shard", type=int, default=4000, help="images a shard")
    parser.add_argument("--folder", help="where the tables go; a temporary one without")
    parser.add_argument("--json", action="store_true", help="figures as one last line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        stages = run(given, Path(folder))
    shares = {
        name: {
            what: round(
                stages[name][what]
                / (stages["clip_similarity"][what] + stages["candidate_pairs"][what]),
                4,
            )
            for what in ("seconds", "cpu_s")
        }
        for name in ("1% new task types", "1% new images")
    }
    print(f"shares of clip_similarity and candidate_pairs: {shares}")
    if given.json:
        print(json.dumps({**vars(given), "stages": stages, "shares": shares}))


if __name__ == "__main__":
    main()
