"""What a new task batch over many shards costs in runs, one partition a run and several.

    python -m benchmarks.backfill_runs [--shards 12] [--partitions 1,20] [--json]

A galaxy of drawn pictures, one in each shard, is made by a first pass on a Dagster instance of its
own (SQLite); models are the embedded ones. Then a task type arrives that suits every picture, in a
batch of its own, for each number of partitions a run may take, and a pass makes what is new. The
work is the same each time but for what the ledger and the tables have grown by; what differs is
the number of runs, and what a run costs by itself follows from the two passes' difference.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from rich.console import Console
from rich.table import Table

from resources.galaxy import Galaxy
from tg_assets.instance import open_instance
from tg_assets.settings import load_settings
from tg_assets.walk import walk

FIRST = {"counting": ["counting in 2d compositions"]}
NEW = (
    ("image description", "brief captioning"),
    ("image description", "detailed description"),
    ("counting", "counting shapes"),
)
"""Task types that arrive, one in a batch."""


@dataclass(frozen=True)
class Backfill:
    """What a pass over a new batch did.

    Attributes:
        partitions_per_run: Most partitions of a run.
        runs: Dagster runs.
        partitions: Partitions made, over all assets.
        asked: Questions put to models.
        cpu_s: Seconds of a processor, which do not grow when others use the machine.
    """

    partitions_per_run: int
    runs: int
    partitions: int
    asked: int
    seconds: float
    cpu_s: float


def settings_of(shards: int, per_run: int) -> dict[str, Any]:
    """Return the settings of a galaxy with a picture in each shard."""
    return {
        "name": "backfill",
        "home": "home",
        "sources": [
            {"kind": "rendered", "name": "drawn", "count": shards, "seed": 11}
            | {"families": ["sprites"]}
        ],
        "shard_size": 1,
        "partitions_per_run": per_run,
        "task_tree": {"seeds": "seeds.yaml", "model": "embedded"},
        "clip": {"device": "cpu"},
        "match": {"top_k": 64, "keep_per_batch": 64},
        "filter": "embedded",
        "ask": "embedded",
        "referees": dict.fromkeys(("ada", "bob", "cleo"), "embedded"),
        "models": {"embedded": {"provider": "embedded"}},
        "dataset": {"exports": ["llava"]},
        "checks": {"min_referee_agreement": 0, "min_referee_accuracy": 0, "min_kept_pairs": 0},
    }


def measure(folder: Path, shards: int, numbers: list[int]) -> list[Backfill]:
    """Make the galaxy, then let a batch arrive for each number of partitions a run may take."""
    seeds = {name: list(leaves) for name, leaves in FIRST.items()}
    _pass(folder, settings_of(shards, 20), seeds)
    found = []
    for number, (parent, leaf) in zip(numbers, NEW, strict=False):
        seeds.setdefault(parent, []).append(leaf)
        found.append(_pass(folder, settings_of(shards, number), seeds))
    return found


def _pass(folder: Path, said: dict[str, Any], seeds: dict[str, list[str]]) -> Backfill:
    (folder / "seeds.yaml").write_text(yaml.safe_dump(seeds))
    config = folder / "galaxy.yaml"
    config.write_text(yaml.safe_dump(said))
    settings = load_settings(config)
    galaxy = Galaxy(settings)
    with open_instance(settings) as instance:
        before = instance.get_runs_count()
        began, cpu = time.monotonic(), time.process_time()
        report = walk(galaxy, instance)
        seconds = round(time.monotonic() - began, 1)
        cpu_s = round(time.process_time() - cpu, 1)
        if report.failures or report.held:
            raise RuntimeError(f"{report.failures} {report.held}")
        failed = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        if failed:
            raise RuntimeError(f"{failed} runs failed")
        runs = instance.get_runs_count() - before
    galaxy.close()
    stages = report.stages.values()
    made, asked = sum(stage.ran for stage in stages), sum(stage.questions for stage in stages)
    return Backfill(settings.partitions_per_run, runs, made, asked, seconds, cpu_s)


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shards", type=int, default=12)
    parser.add_argument(
        "--partitions", default="1,20", help="of a run, at most; by commas, up to 3"
    )
    parser.add_argument("--json", action="store_true", help="figures as one last line")
    given = parser.parse_args()
    numbers = [int(number) for number in given.partitions.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), given.shards, numbers)
    table = Table(*Backfill.__dataclass_fields__)
    for one in found:
        table.add_row(*(f"{value:,}" for value in asdict(one).values()))
    console = Console(stderr=given.json)
    console.print(table)
    first, last = found[0], found[-1]
    a_run = None
    if first.runs != last.runs:
        a_run = round((first.cpu_s - last.cpu_s) / (first.runs - last.runs), 3)
        console.print(f"a run costs {a_run} s of a processor by itself")
    if given.json:
        backfills = [asdict(one) for one in found]
        print(json.dumps({"shards": given.shards, "a_run_cpu_s": a_run, "backfills": backfills}))


if __name__ == "__main__":
    main()
