"""Pictures: the same everywhere, and true to what the scene says."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tg_assets.scenes.concepts import COLORS
from tg_assets.scenes.families.worlds import world_of
from tg_assets.scenes.graph import Scene, SceneObject
from tg_assets.scenes.render import FAMILIES, compose, render
from tg_assets.task_space.grids import CELLS

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import hashlib
from tg_assets.scenes.render import FAMILIES, render
from tg_assets.scenes.questions import questions
from tg_assets.scenes.vocabulary import children
digest = hashlib.sha256()
for family in sorted(FAMILIES):
    made = render(family, 5)
    digest.update(made.png + made.scene.to_json().encode())
    for path in children(""):
        digest.update(repr(questions(made.scene, path)).encode())
print(digest.hexdigest())
"""


def _digest_elsewhere(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True,
        check=True, cwd=ROOT,
    )  # fmt: skip
    return done.stdout.strip()


def test_pictures_and_questions_do_not_depend_on_the_process() -> None:
    assert _digest_elsewhere("1") == _digest_elsewhere("4242")


def test_order_of_calls_does_not_matter() -> None:
    first = [hashlib.sha256(render(f, 9).png).digest() for f in sorted(FAMILIES)]
    second = [hashlib.sha256(render(f, 9).png).digest() for f in sorted(FAMILIES, reverse=True)]
    assert first == second[::-1]


def test_unknown_family_is_named() -> None:
    with pytest.raises(ValueError, match="no family 'video'"):
        render("video", 1)


@pytest.mark.parametrize("family", ["charts", "documents"])
def test_boxes_lie_inside_the_picture(family: str) -> None:
    for seed in range(60):
        scene = compose(family, seed)
        for thing in scene.objects:
            assert thing.box is not None
            x, y, width, height = thing.box
            assert x >= -0.5, (seed, thing)
            assert y >= -0.5, (seed, thing)
            assert x + width <= scene.width + 0.5, (seed, thing)
            assert y + height <= scene.height + 0.5, (seed, thing)
            assert min(width, height) > 0


@pytest.mark.parametrize("family", ["charts", "documents"])
def test_printed_texts_do_not_run_into_each_other(family: str) -> None:
    for seed in range(80):
        texts = [o for o in compose(family, seed).objects if o.category == "text"]
        for i, first in enumerate(texts):
            for second in texts[i + 1 :]:
                assert not _overlap(first, second), (seed, first, second)


def _overlap(first: SceneObject, second: SceneObject) -> bool:
    (x, y, w, h), (a, b, c, d) = first.box, second.box
    return x + w > a + 1 and a + c > x + 1 and y + h > b + 1 and b + d > y + 1


def test_picture_has_the_stated_size() -> None:
    for family in FAMILIES:
        made = render(family, 2)
        assert Image.open(io.BytesIO(made.png)).size == (made.scene.width, made.scene.height)


def test_bars_and_slices_have_their_color_in_the_picture() -> None:
    for seed in range(25):
        made = render("charts", seed)
        image = Image.open(io.BytesIO(made.png)).convert("RGB")
        for thing in made.scene.objects:
            if thing.category == "bar":
                x, y = (int(v) for v in thing.center)
                expected = COLORS[thing.attributes["color"]]
                assert np.abs(np.subtract(image.getpixel((x, y)), expected)).max() < 12, seed


@pytest.mark.parametrize("family", ["models", "sprites"])
def test_a_drawn_world_says_where_its_objects_are_seen(family: str) -> None:
    for seed in range(3):
        undrawn, scene = compose(family, seed), render(family, seed).scene
        assert all(thing.box is None for thing in undrawn.objects)
        side = world_of(scene).grid
        for thing, cell in zip(scene.objects, (t.cell for t in undrawn.objects), strict=True):
            assert thing.box is not None
            x, y = thing.center
            row, column = int(y / scene.height * side), int(x / scene.width * side)
            assert CELLS[side][row * side + column] == cell, (seed, thing)
        assert Scene.from_json(scene.to_json()) == scene
