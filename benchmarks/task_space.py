"""Measures the task space: counting, plans per second from index and back, filtered sampling.

    python -m benchmarks.task_space --data FOLDER --json

FOLDER holds a library in the format that Task-Me-Anything publishes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tg_assets.task_space.library import load_published
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import TaskSpace


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what the work returns, and its seconds."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def report(data: Path, plans: int, back: int) -> dict[str, Any]:
    """Measure a library."""
    library, load_s = timed(lambda: load_published(data))
    space, build_s = timed(lambda: TaskSpace(library))
    total, count_s = timed(lambda: space.total)
    drawn, sample_s = timed(lambda: space.sample(plans, 1))
    wanted = Where(attribute_type="color", slots={"grid": 3})
    _, filtered_s = timed(lambda: space.sample(plans, 1, wanted))
    rows = drawn.sample(back, seed=0).to_dicts()
    _, back_s = timed(lambda: [space.generator(row["generator"]).index_of(row) for row in rows])
    return {
        "plans in all": total,
        "load_s": round(load_s, 4),
        "count_s": round(build_s + count_s, 4),
        "plans_per_s": round(plans / sample_s),
        "filtered_plans_per_s": round(plans / filtered_s),
        "index_of_per_s": round(back / back_s),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--plans", type=int, default=200_000)
    parser.add_argument("--back", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    found = report(given.data, given.plans, given.back)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value:,}")


if __name__ == "__main__":
    main()
