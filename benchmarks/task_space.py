"""Measures the task space: counting, plans, sampling, instances, checks, 2D pictures.

    python -m benchmarks.task_space --data FOLDER --json

FOLDER holds a library in the project's format or in the one that Task-Me-Anything publishes;
without it the library is the one that comes with the project.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tg_assets.scenes.sprites.rendering import render_picture
from tg_assets.task_space.grids import CELLS, GRIDS
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.instancing import instances
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.selection import Where
from tg_assets.task_space.soundness.checking import Checker
from tg_assets.task_space.space import TaskSpace
from tg_assets.task_space.verifying import made, verify
from tg_assets.task_space.world import Thing, World


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what the work returns, and its seconds."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def instance_rates(space: TaskSpace, plans: int) -> dict[str, Any]:
    """Measure how fast plans become instances, without pictures, on one core.

    A plan that has no instance counts for nothing, but its time counts.
    """
    rates, shares = {}, {}
    for name in space.generators:
        rows = space.sample(plans, 1, Where(generator=name)).to_dicts()
        list(instances(space.library, rows[:200], 1))  # what is computed once a library
        started = time.process_time()  # of this core, whatever else the machine does
        made = list(instances(space.library, rows, 2))
        seconds = time.process_time() - started
        drawn = sum(isinstance(one, Instance) for one in made)
        rates[name], shares[name] = drawn / seconds, drawn / len(made)
    each = 1 / sum(1 / rate for rate in rates.values()) * len(rates)
    slowest = min(rates, key=lambda name: rates[name])
    return {
        "instances_per_cpu_s": round(each),
        "slowest_generator": slowest,
        "slowest_instances_per_cpu_s": round(rates[slowest]),
        "share_of_plans_with_an_instance": round(sum(shares.values()) / len(shares), 3),
    }


def checking_rate(space: TaskSpace, n: int) -> dict[str, Any]:
    """Measure how fast instances are checked from their own data, on one core."""
    checker = Checker(space.library)
    drawn = [
        one
        for name in space.generators
        for one in made(space, name, n, seed=1)
        if isinstance(one, Instance)
    ]
    verify(checker, drawn)  # what is remembered of a library
    started = time.process_time()
    found = verify(checker, drawn)
    seconds = time.process_time() - started
    return {"checks_per_cpu_s": round(found.instances / seconds), "unsound": found.unsound_count}


def world_2d(drawn: list[str], seed: int) -> World:
    """Return a world of random objects in random cells, all as large as their cells allow."""
    dice = np.random.default_rng(seed)
    grid = int(dice.choice(GRIDS))
    cells = np.flatnonzero(dice.random(grid * grid) < 0.7)
    assets = dice.choice(drawn, len(cells))
    things = (
        Thing(f"thing {cell}", str(asset), CELLS[grid][cell])
        for cell, asset in zip(cells, assets, strict=True)
    )
    return World("2d", grid, tuple(things), seed)


def renders_2d(pictures: int) -> dict[str, Any]:
    """Measure 2D pictures of the shipped library at 448 pixels, on one core."""
    library = open_library()
    drawn = sorted(asset.id for asset in library.assets.values() if asset.views)
    worlds = [world_2d(drawn, seed) for seed in range(2 * pictures)]

    def rate(some: list[World]) -> float:
        started = time.process_time()
        for world in some:
            render_picture(library, world)
        return round(len(some) / (time.process_time() - started), 1)

    return {
        "objects drawn in 2d": len(drawn),
        "first_pictures_2d_per_cpu_s": rate(worlds[:pictures]),
        "pictures_2d_per_cpu_s": rate(worlds[pictures:]),
    }


def report(data: Path, plans: int, back: int, drawn_plans: int, pictures: int) -> dict[str, Any]:
    """Measure a library."""
    library, load_s = timed(lambda: open_library([data]))
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
        **instance_rates(space, drawn_plans),
        **checking_rate(space, drawn_plans),
        **renders_2d(pictures),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("shipped"))
    parser.add_argument("--plans", type=int, default=200_000)
    parser.add_argument("--back", type=int, default=200)
    parser.add_argument("--instances", type=int, default=1_000, help="plans of each generator")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    found = report(given.data, given.plans, given.back, given.instances, given.pictures)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")


if __name__ == "__main__":
    main()
