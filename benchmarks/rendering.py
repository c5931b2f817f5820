"""Measures drawing: pictures per second of one core, by kind of world, and films and cached ones.

    python -m benchmarks.rendering --json
    python -m benchmarks.rendering --blender-python PYTHON --json

Worlds are full grids of random objects: the shipped sprites in 2D, the built-in models in 3D. Rates
are by processor time of this process, so that a busy machine hardly changes them; Blender runs in
a process of its own and is timed by the clock.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tg_assets.scenes.blender.rendering import Blender
from tg_assets.scenes.movies import film
from tg_assets.scenes.picture import Clip
from tg_assets.scenes.render_cache import RenderCache
from tg_assets.scenes.solids.rendering import render_clip, render_picture
from tg_assets.scenes.solids.table import rows
from tg_assets.scenes.sprites.rendering import render_picture as render_sprites
from tg_assets.scenes.worlds import Renderer
from tg_assets.task_space.generators import MOVES, TURNS
from tg_assets.task_space.grids import CELLS
from tg_assets.task_space.library import Asset, Attribute, Library
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.taxonomy import Taxonomy
from tg_assets.task_space.world import Kind, Motion, Thing, World


def solids() -> Library:
    """Return a library of the built-in models' objects."""
    assets = {}
    for name, categories, model, color, material, shape, is_round in rows():
        said = (("color", color), ("material", material), ("shape", shape))
        values = tuple(Attribute(kind, value) for kind, value in said if value)
        assets[name] = Asset(
            name, tuple(categories.split(";")), values, model=model, is_round=is_round == "yes"
        )
    kinds = {category for asset in assets.values() for category in asset.categories}
    return Library(Taxonomy([], kinds), assets, {})


def worlds(library: Library, kind: Kind, grid: int, count: int) -> list[World]:
    """Return worlds with a random thing in every cell."""
    dice = random.Random(f"{kind} {grid}")
    motions = [Motion("move", way) for way in MOVES] + [Motion("rotate", way) for way in TURNS]
    names = sorted(name for name, asset in library.assets.items() if kind != "2d" or asset.views)
    return [
        World(
            kind,
            grid,
            tuple(
                Thing(cell, dice.choice(names), cell, motion=_motion(dice, kind, motions))
                for cell in CELLS[grid]
            ),
            look,
        )
        for look in range(count)
    ]


def _motion(dice: random.Random, kind: Kind, motions: Sequence[Motion]) -> Motion | None:
    return dice.choice(motions) if kind == "video" else None


def per_second(
    work: Callable[[World], Any],
    over: Sequence[World],
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Return how many worlds a second the work does, once models and sprites are loaded."""
    for world in over:
        work(world)
    started = clock()
    for world in over:
        work(world)
    return round(len(over) / max(clock() - started, 1e-9), 2)


def rates(pictures: int, clips: int) -> dict[str, float]:
    """Return renders per second of a core, by kind."""
    sprites, models = open_library(), solids()
    found = {
        f"{kind} {grid}x{grid} pictures/s": per_second(
            lambda world, draw=draw, library=library: draw(library, world),  # type: ignore[misc]
            worlds(library, kind, grid, pictures),
        )
        for kind, draw, library in (
            ("2d", render_sprites, sprites),
            ("3d", render_picture, models),
        )
        for grid in (2, 3)
    }
    over = worlds(models, "video", 2, clips)
    found["video clips/s"] = per_second(lambda world: render_clip(models, world), over)
    clip = render_clip(models, over[0])
    found["films/s"] = per_second(lambda _: film(clip), over)
    with TemporaryDirectory() as folder:
        renderer = Renderer(models, RenderCache(Path(folder)))
        cached = worlds(models, "3d", 3, 2) * 20
        for world in cached[:2]:
            renderer.render(world)
        found["cached 3d pictures/s"] = per_second(renderer.render, cached)
    return found


def blender_seconds(python: Path, samples: int, threads: int) -> dict[str, float]:
    """Return seconds of the clock for a picture and a clip by Blender."""
    blender, library = Blender(python, samples=samples, threads=threads), solids()
    started = time.perf_counter()
    blender.render_picture(library, worlds(library, "3d", 3, 1)[0])
    middle = time.perf_counter()
    clip: Clip = blender.render_clip(library, worlds(library, "video", 2, 1)[0])
    assert clip.frames
    return {
        "blender picture s": round(middle - started, 1),
        "blender clip s": round(time.perf_counter() - middle, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--blender-python", type=Path, help="a Python that has bpy")
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    found = rates(given.pictures, given.clips)
    if given.blender_python is not None:
        found |= blender_seconds(given.blender_python, given.samples, given.threads)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value:,}")


if __name__ == "__main__":
    main()
