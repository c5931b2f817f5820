"""2D pictures: everything asked about is there, where it is said to be, and nothing else is."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tg_assets.scenes.sprites.backdrops import PAPERS, PATTERNS, backdrop
from tg_assets.scenes.sprites.cut_outs import SpriteError
from tg_assets.scenes.sprites.rendering import FILLED, render_picture
from tg_assets.task_space.grids import CELLS
from tg_assets.task_space.library import Library, LibraryError, load_published
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.world import Thing, World

SHIPPED = open_library()
DRAWN = sorted(asset.id for asset in SHIPPED.assets.values() if asset.views)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    grid = draw(st.sampled_from((2, 3)))
    cells = sorted(draw(st.sets(st.integers(0, grid * grid - 1))))
    things = tuple(
        Thing(
            f"t{n}",
            draw(st.sampled_from(DRAWN)),
            CELLS[grid][n],
            draw(st.floats(0.4, 1.0)),
        )
        for n in cells
    )
    return World("2d", grid, things, draw(st.integers(0, 2**63 - 1)))


@given(worlds(), st.sampled_from((160, 251)))
@settings(max_examples=40, deadline=None)
def test_each_thing_lies_whole_in_its_cell_at_its_size(world: World, pixels: int) -> None:
    picture = render_picture(SHIPPED, world, pixels)
    assert picture.image.size == (pixels, pixels)
    assert picture.image.mode == "RGB"
    assert picture.mask.shape == (pixels, pixels)
    assert set(np.unique(picture.mask)) - {0} == set(range(1, len(world.things) + 1))
    cell = pixels / world.grid
    for number, thing in enumerate(world.things, 1):
        rows, columns = np.nonzero(picture.mask == number)
        row, column = divmod(world.cells.index(thing.cell), world.grid)
        assert row * cell - 1 <= rows.min() <= rows.max() <= (row + 1) * cell
        assert column * cell - 1 <= columns.min() <= columns.max() <= (column + 1) * cell
        extent = max(np.ptp(rows), np.ptp(columns)) + 1
        assert extent == pytest.approx(cell * FILLED * thing.size, abs=2.5)
        middle = (rows.min() + rows.max()) / 2 - (row + 0.5) * cell
        assert abs(middle) <= 0.09 * cell + 2


def world_of(*assets: str, look: int = 5) -> World:
    things = (Thing(f"t{n}", name, CELLS[2][n]) for n, name in enumerate(assets))
    return World("2d", 2, tuple(things), look)


def test_the_mask_shows_the_colour_that_the_object_has() -> None:
    picture = render_picture(SHIPPED, world_of("ball-red", "ball-blue", "ball-green"))
    pixels = np.asarray(picture.image)
    means = [pixels[picture.mask == n].mean(axis=0) for n in (1, 2, 3)]
    assert [int(np.argmax(mean)) for mean in means] == [0, 2, 1]


def test_the_same_world_gives_the_same_bytes_in_another_process() -> None:
    world = world_of("apple-red", "car-blue", "book-green")

    def digest() -> str:
        picture = render_picture(SHIPPED, world)
        return hashlib.sha256(picture.image.tobytes() + picture.mask.tobytes()).hexdigest()

    here = digest()
    render_picture(SHIPPED, world_of("car-red", look=1))
    assert digest() == here
    code = (
        "import hashlib\n"
        "from tg_assets.scenes.sprites.rendering import render_picture\n"
        "from tg_assets.task_space.own_library import open_library\n"
        "from tg_assets.task_space.world import World\n"
        f"p = render_picture(open_library(), World.from_json({world.to_json()!r}))\n"
        "print(hashlib.sha256(p.image.tobytes() + p.mask.tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_what_lies_outside_the_objects_is_pale_and_looks_differ() -> None:
    seen = set()
    for look in range(30):
        picture = render_picture(SHIPPED, world_of("ball-red", look=look))
        # the shadow is darker; beyond it there is only the backdrop
        corner = np.asarray(picture.image)[300:, 300:].reshape(-1, 3).astype(int)
        assert corner.min() > 150
        assert (corner.max(axis=1) - corner.min(axis=1)).max() < 60
        seen.add(corner.tobytes())
    assert len(seen) == 30


def test_a_backdrop_keeps_away_from_the_colours_of_the_outlines() -> None:
    for seed in range(40):
        dice = np.random.Generator(np.random.PCG64(seed))
        image = backdrop(dice, 64, [PAPERS[0], (250.0, 250.0, 250.0)])
        away = np.asarray(image).reshape(-1, 3).mean(axis=0) - 250
        assert np.linalg.norm(away) > 40
    assert len(PATTERNS) >= 6


def test_an_object_that_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no object 'unicorn'"):
        render_picture(SHIPPED, world_of("unicorn"))
    solid = next(asset.id for asset in SHIPPED.assets.values() if not asset.views)
    with pytest.raises(SpriteError, match=f"object {solid} has no picture and cannot stand"):
        render_picture(SHIPPED, world_of(solid))


def published(folder: Path) -> Library:
    """Write a library in the published layout: three turns of one object, in two rings."""
    things = {"o1": {"images": ["000.png", "001.png", "005.png"], "attributes": {}, "angles": []}}
    (folder / "taxonomy.json").write_text(json.dumps({"edges": [], "nodes": {}}))
    (folder / "cateid_to_objects.json").write_text(json.dumps({"Q1": things}))
    (folder / "cateid_to_concept.json").write_text("{}")
    home = folder / "object_images" / "Q1" / "o1"
    home.mkdir(parents=True)
    for name, color in (("000", "red"), ("001", "green"), ("005", "blue")):
        image = Image.new("RGBA", (512, 512))
        ImageDraw.Draw(image).rectangle((100, 100, 400, 300), fill=color)
        image.save(home / f"{name}.png")
    return load_published(folder)


def test_a_published_object_shows_the_view_of_its_turn(tmp_path: Path) -> None:
    library = published(tmp_path)
    for turn, color in ((0.0, 0), (120.0, 1), (240.0, 2), (355.0, 0)):
        world = World("2d", 2, (Thing("t", "o1", "top left", turn=turn),))
        picture = render_picture(library, world)
        assert np.asarray(picture.image)[picture.mask == 1].mean(axis=0).argmax() == color


def test_a_picture_that_was_drawn_anew_is_read_anew(tmp_path: Path) -> None:
    library = published(tmp_path)
    world = World("2d", 2, (Thing("t", "o1", "top left", turn=120.0),))
    render_picture(library, world)
    file = next((tmp_path / "object_images").rglob("001.png"))
    Image.new("RGBA", (60, 60), "blue").save(file)
    os.utime(file, ns=(1, 1))
    picture = render_picture(library, world)
    assert np.asarray(picture.image)[picture.mask == 1].mean(axis=0).argmax() == 2


def test_a_view_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    library = published(tmp_path)
    files = sorted((tmp_path / "object_images").rglob("*.png"))
    files[0].write_bytes(files[0].read_bytes()[:90])
    files[1].unlink()
    Image.new("RGBA", (9, 9)).save(files[2])
    for turn, said in (
        (0.0, r"000\.png cannot be read as a picture"),
        (120.0, r"001\.png does not exist; put the picture there"),
        (240.0, r"005\.png shows nothing: all of it is more than half transparent"),
    ):
        with pytest.raises(SpriteError, match=said):
            render_picture(library, World("2d", 2, (Thing("t", "o1", "top left", turn=turn),)))
