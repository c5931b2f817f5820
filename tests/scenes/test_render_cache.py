"""A world is drawn once, whoever asks and whoever is killed; what decides its pixels is its key."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from solid_worlds import alone, library

from tg_assets.scenes import render_cache
from tg_assets.scenes.blender.rendering import Blender
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.scenes.render_cache import RenderCache
from tg_assets.scenes.worlds import Renderer
from tg_assets.settings_rendering import Rendering
from tg_assets.task_space.library import Asset, Attribute, Library, LibraryError
from tg_assets.task_space.taxonomy import Taxonomy

KEY, OTHER, THIRD = "ab" * 16, "cd" * 16, "ef" * 16


def drawing(seed: int = 0, side: int = 32) -> Picture:
    dice = np.random.default_rng(seed)
    pixels = dice.integers(0, 256, (side, side, 3), np.uint8)
    return Picture(Image.fromarray(pixels), dice.integers(0, 9, (side, side), np.uint8))


def same(one: Picture, other: Picture) -> bool:
    return one.image.tobytes() == other.image.tobytes() and np.array_equal(one.mask, other.mask)


def never() -> Picture:
    pytest.fail("drawn again")


def test_a_picture_is_drawn_once_and_read_as_it_was_made(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path / "not yet there")
    cache.read(KEY, drawing)
    found = cache.read(KEY, never)
    assert isinstance(found, Picture)
    assert same(found, drawing())


def test_what_is_forgotten_is_gone_from_the_disk_and_drawn_again(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    cache.read(KEY, drawing)
    cache.forget(KEY)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    cache.forget(KEY)  # gone already
    assert same(cache.read(KEY, lambda: drawing(seed=1)), drawing(seed=1))  # type: ignore[arg-type]


def test_a_clip_keeps_its_frames_their_masks_and_its_film(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    clip = Clip(tuple(drawing(seed) for seed in range(16)))
    folder = cache.drawn(KEY, lambda: clip)
    found = cache.read(KEY, never)
    assert isinstance(found, Clip)
    assert all(same(*pair) for pair in zip(found.frames, clip.frames, strict=True))
    assert (folder / "film.mp4").stat().st_size > 0


def test_a_drawing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails() -> Picture:
        raise RuntimeError("no light")

    cache = RenderCache(tmp_path)
    with pytest.raises(RuntimeError, match="no light"):
        cache.read(KEY, fails)
    assert same(cache.read(KEY, drawing), drawing())  # type: ignore[arg-type]


KILLED = """
import os, signal, sys
from pathlib import Path
from PIL import Image
from tg_assets.scenes import render_cache
sys.path.insert(0, "tests/scenes")
from test_render_cache import KEY, drawing
kept = Image.Image.save
def save(image, file, **more):
    if Path(file).name == "mask.png":
        os.kill(os.getpid(), signal.SIGKILL)
    kept(image, file, **more)
Image.Image.save = save
render_cache.RenderCache(Path(sys.argv[1])).drawn(KEY, drawing)
"""


def test_a_process_killed_while_it_writes_leaves_nothing_that_is_read(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = tmp_path.glob("new-*")
    cache = RenderCache(tmp_path)
    assert same(cache.read(KEY, drawing), drawing())  # type: ignore[arg-type]
    long_ago = time.time() - 2 * render_cache.ABANDONED_S
    os.utime(left, (long_ago, long_ago))
    cache.trim()
    assert not left.exists()


def test_two_that_draw_the_same_at_once_both_get_it(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)

    def late() -> Picture:
        cache.drawn(KEY, drawing)  # the other one is done first
        return drawing()

    cache.drawn(KEY, late)
    assert same(cache.read(KEY, never), drawing())  # type: ignore[arg-type]
    assert not list(tmp_path.glob("new-*"))


def test_trimming_keeps_what_was_used_last(tmp_path: Path) -> None:
    full = RenderCache(tmp_path)
    for age, key in ((300, KEY), (200, OTHER), (100, THIRD)):
        place = full.drawn(key, drawing)
        os.utime(place, (time.time() - age, time.time() - age))
    full.read(KEY, never)  # used again: now the newest
    size = sum(file.stat().st_size for file in full.drawn(KEY, never).iterdir())
    assert dataclasses.replace(full, most_bytes=2 * size).trim() == 1
    full.read(KEY, never)
    full.read(THIRD, never)
    drawn_again = []
    full.read(OTHER, lambda: drawn_again.append(1) or drawing())  # type: ignore[func-returns-value]
    assert drawn_again


def with_asset(asset: Asset, folder: Path | None = None) -> Library:
    return Library(Taxonomy([], {"thing"}), {asset.id: asset}, {}, {}, folder)


def test_the_key_goes_by_everything_that_decides_the_pixels(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    red = Asset("it", ("thing",), (Attribute("color", "red"),), model="mug")
    blue = dataclasses.replace(red, attributes=(Attribute("color", "blue"),))
    world = alone("it")
    changed: dict[str, Callable[[], str]] = {
        "as it is": lambda: Renderer(with_asset(red), cache).key(world),
        "world": lambda: Renderer(with_asset(red), cache).key(alone("it", turn=5)),
        "colour": lambda: Renderer(with_asset(blue), cache).key(world),
        "model": lambda: Renderer(with_asset(dataclasses.replace(red, model="car")), cache).key(
            world
        ),
        "blender": lambda: Renderer(with_asset(red), cache, Blender()).key(world),
        "samples": lambda: Renderer(with_asset(red), cache, Blender(samples=4)).key(world),
    }
    assert len({key() for key in changed.values()}) == len(changed)
    moved = Renderer(with_asset(red, tmp_path / "elsewhere"), cache).key(world)
    assert moved == changed["as it is"]()


def test_the_key_goes_by_the_bytes_of_a_users_model(tmp_path: Path) -> None:
    asset = Asset("it", ("thing",), model="it.stl")
    renderer = Renderer(with_asset(asset, tmp_path), RenderCache(tmp_path / "cache"))
    with pytest.raises(LibraryError, match=r"object it: .*it\.stl does not exist"):
        renderer.key(alone("it"))
    trimesh.creation.box().export(tmp_path / "it.stl")
    before = renderer.key(alone("it"))
    assert renderer.render(alone("it")).mask.any()  # type: ignore[union-attr]
    trimesh.creation.icosphere(1).export(tmp_path / "it.stl")
    assert renderer.key(alone("it")) != before


def test_a_renderer_draws_each_kind(tmp_path: Path) -> None:
    renderer = Renderer(library(), RenderCache(tmp_path))
    assert isinstance(renderer.render(alone("mug")), Picture)
    assert (renderer.files(alone("mug")) / "picture.png").exists()


def test_settings_choose_the_renderer(tmp_path: Path) -> None:
    plain = Rendering().renderer(library(), tmp_path)
    assert plain.blender is None
    assert plain.cache.most_bytes == 20 * 10**9
    settings = Rendering(solids="blender", blender_python="/opt/blender/python", samples=8)
    chosen = settings.renderer(library(), tmp_path)
    assert chosen.blender == Blender(Path("/opt/blender/python"), samples=8)
