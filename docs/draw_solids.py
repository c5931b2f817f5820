"""Draws the pictures of ``docs/rendering.md``: every built-in model, and a clip.

python -m docs.draw_solids [--blender-python PYTHON]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from benchmarks.rendering import solids, worlds
from tg_assets.scenes.blender.rendering import Blender
from tg_assets.scenes.solids.rendering import render_clip, render_picture
from tg_assets.task_space.grids import CELLS
from tg_assets.task_space.world import Thing, World

IMAGES = Path(__file__).parent / "images"
SIDE = 300


def sheet() -> Image.Image:
    """Return every model once, nine a picture, in one of its kinds each."""
    library = solids()
    of_model: dict[str, list[str]] = {}
    for name, asset in library.assets.items():
        of_model.setdefault(str(asset.model), []).append(name)
    shown = [names[n % len(names)] for n, names in enumerate(of_model.values())]
    pictures = []
    for n in range(0, len(shown), 9):
        things = tuple(
            Thing(cell, name, cell) for cell, name in zip(CELLS[3], shown[n : n + 9], strict=False)
        )
        pictures.append(render_picture(library, World("3d", 3, things, n), SIDE).image)
    return beside(pictures, 4)


def beside(pictures: list[Image.Image], columns: int) -> Image.Image:
    """Return pictures of one size in rows."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * width, rows * height), "white")
    for n, picture in enumerate(pictures):
        whole.paste(picture, (n % columns * width, n // columns * height))
    return whole


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blender-python", type=Path)
    given = parser.parse_args()
    library = solids()
    sheet().save(IMAGES / "solids.webp", quality=80)
    clip = render_clip(library, worlds(library, "video", 2, 3)[2], 240)
    beside([frame.image for frame in clip.frames[::3]], 6).save(IMAGES / "clip.webp", quality=80)
    if given.blender_python is not None:
        world = worlds(library, "3d", 3, 4)[3]
        drawn = Blender(given.blender_python, samples=64, threads=2).render_picture(library, world)
        both = [render_picture(library, world).image, drawn.image]
        beside(both, 2).save(IMAGES / "blender.webp", quality=85)


if __name__ == "__main__":
    main()
