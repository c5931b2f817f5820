"""Measures the task space: counting, plans from index and back, filtered sampling, pictures.

    python -m benchmarks.task_space --data FOLDER --json

FOLDER holds a library in either format; the shipped one where none is given. The pictures are of
the shipped one.
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
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import TaskSpace
from tg_assets.task_space.world import Thing, World


def timed(
    work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter
) -> tuple[Any, float]:
    """Return what the work returns, and its seconds."""
    started = clock()
    result = work()
    return result, clock() - started


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
    """Measure 2D pictures of the shipped library at 448 pixels, by the CPU time of one thread."""
    library = open_library()
    drawn = sorted(asset.id for asset in library.assets.values() if asset.views)
    worlds = [world_2d(drawn, seed) for seed in range(2 * pictures)]

    def draw(some: list[World]) -> float:
        _, spent = timed(lambda: [render_picture(library, w) for w in some], time.process_time)
        return spent

    first_s, later_s = draw(worlds[:pictures]), draw(worlds[pictures:])
    return {
        "objects drawn in 2d": len(drawn),
        "first_pictures_per_s_2d": round(pictures / first_s, 1),
        "pictures_per_s_2d": round(pictures / later_s, 1),
    }


def report(data: Path | None, plans: int, back: int, pictures: int) -> dict[str, Any]:
    """Measure a library."""
    library, load_s = timed(lambda: open_library([data] if data else []))
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
        **renders_2d(pictures),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--plans", type=int, default=200_000)
    parser.add_argument("--back", type=int, default=200)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    found = report(given.data, given.plans, given.back, given.pictures)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value:,}")


if __name__ == "__main__":
    main()
