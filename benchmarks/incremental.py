"""Measures what a change costs beside everything: new task types, new images, withdrawals.

    python -m benchmarks.incremental --json
    python -m benchmarks.incremental --images 40000 --tasks 19227 --dimension 768

Everything is computed, read and written by the functions the assets call, in one process. Beside
it stands what a Dagster run of one partition costs before it does anything. As many rounds as
asked for are measured, each on tables of its own; shares are medians over rounds. On a machine
that others use, shares of processor time say more than shares of time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from typing import Any

from benchmarks.matched_tables import Matched, ids, shard_keys, spent, store


def measure(given: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Measure a full comparison and each change once."""
    with tempfile.TemporaryDirectory() as folder:
        return _changes(Matched(store(folder), given.dimension), given, seed)


def _changes(matched: Matched, given: argparse.Namespace, seed: int) -> dict[str, Any]:
    shards = shard_keys(given.images, given.shard)
    for number, (key, size) in enumerate(shards):
        matched.add_images(key, size, seed + number)
    keys = [key for key, _ in shards]
    matched.add_tasks("0000", given.tasks, seed + 10_000)
    matched.warm_up()
    results = {"everything": _timed(matched, keys, ["0000"])}

    few = max(1, given.tasks // 100)
    matched.add_tasks("0001", few, seed + 10_001)
    results["1% new task types"] = _timed(matched, keys, ["0001"])

    new = shard_keys(max(1, given.images // 100), given.shard, len(shards))
    for number, (key, size) in enumerate(new):
        matched.add_images(key, size, seed + len(shards) + number)
    matched.taken()
    results["1% new images"] = _timed(matched, [key for key, _ in new], matched.batches)

    for share in (100, 10):
        withdrawn = frozenset(ids("task", seed + 10_000, given.tasks // share))
        with spent() as cost:
            again = matched.merge(keys, withdrawn)
        results[f"{100 // share}% of task types withdrawn"] = {
            **cost,
            "parts": matched.taken(),
            "images compared again": again,
        }
    return results


def _timed(matched: Matched, shards: list[str], batches: list[str]) -> dict[str, Any]:
    with spent() as cost:
        matched.compare(shards, batches)
        matched.merge(shards)
    return {**cost, "parts": matched.taken()}


def run_overhead(partitions: int = 5) -> float:
    """Return the seconds of a Dagster run in process whose asset does nothing."""
    import dagster as dg

    names = dg.DynamicPartitionsDefinition(name="shard")

    @dg.asset(partitions_def=names)
    def nothing() -> None: ...

    settings = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "python_logs": {"python_log_level": "ERROR"},
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        dg.DagsterInstance.local_temp(folder, overrides=settings) as instance,
    ):
        keys = [str(number) for number in range(partitions + 1)]
        instance.add_dynamic_partitions("shard", keys)
        times = []
        for key in keys:
            started = time.perf_counter()
            dg.materialize([nothing], partition_key=key, instance=instance)
            times.append(time.perf_counter() - started)
    return round(statistics.median(times[1:]), 3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--shard", type=int, default=4000, help="images a shard")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="figures as one last line")
    given = parser.parse_args()
    rounds = [measure(given, 100_000 * number) for number in range(given.rounds)]
    shares = {
        change: {
            what: round(
                statistics.median(one[change][what] / one["everything"][what] for one in rounds), 4
            )
            for what in ("seconds", "cpu_s")
        }
        for change in rounds[0]
    }
    for change, share in shares.items():
        print(
            f"{change}: {share['seconds']:.2%} of everything's time, {share['cpu_s']:.2%} of its "
            f"processor time; first round {rounds[0][change]}"
        )
    overhead = run_overhead()
    print(f"a Dagster run of one partition, in process, doing nothing: {overhead} s")
    if given.json:
        found = {**vars(given), "shares": shares, "run_overhead_s": overhead, "rounds": rounds}
        print(json.dumps(found))


if __name__ == "__main__":
    main()
