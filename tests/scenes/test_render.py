"""Pictures: the same everywhere, and true to what the scene says."""

import colorsys
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
from tg_assets.scenes.families.tabletop import LEAST_VISIBLE
from tg_assets.scenes.graph import Scene, SceneObject
from tg_assets.scenes.render import FAMILIES, compose, render

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


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_boxes_lie_inside_the_picture(family: str) -> None:
    for seed in range(60):
        scene = compose(family, seed)
        for thing in scene.objects:
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


def _pixels(scene: Scene, thing: SceneObject, image: Image.Image) -> np.ndarray:
    """The pixels of an object's middle."""
    x, y = thing.center
    reach = max(2.0, 0.22 * min(thing.box[2:]))
    box = tuple(round(v) for v in (x - reach, y - reach, x + reach, y + reach))
    return np.asarray(image.crop(box)).reshape(-1, 3)


def _color_name(pixel: np.ndarray, names: list[str]) -> str:
    """The nearest color by hue, and by lightness among the hueless."""
    hue, saturation, bright = colorsys.rgb_to_hsv(*(pixel / 255))
    if saturation < 0.2:
        return "black" if bright < 0.25 else "gray" if bright < 0.8 else "white"

    def gap(name: str) -> float:
        h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in COLORS[name]))
        turn = min(abs(h - hue), 1 - abs(h - hue))
        return turn * 6 + abs(s - saturation) * 0.5 + abs(v - bright) * 0.5

    return min((n for n in names if n not in ("black", "gray")), key=gap)


def test_grid_objects_have_their_color_in_the_picture() -> None:
    hollow = ("ring", "crescent", "flower", "boat")
    for seed in range(14):
        made = render("grid", seed)
        image = Image.open(io.BytesIO(made.png)).convert("RGB")
        for thing in made.scene.objects:
            if thing.category in hollow:
                continue
            names = [_color_name(p, list(COLORS)) for p in _pixels(made.scene, thing, image)]
            shown = max({n for n in names if n != "white"}, key=names.count)
            assert shown == thing.attributes["color"], (seed, thing)


def test_solids_have_their_color_in_the_picture() -> None:
    right = total = 0
    for seed in range(14):
        made = render("tabletop", seed)
        image = Image.open(io.BytesIO(made.png)).convert("RGB")
        for thing, visible in zip(made.scene.objects, made.scene.facts["visible"], strict=True):
            if visible < 0.99 or thing.attributes["material"] == "metal":
                continue
            names = [n for n in COLORS if n not in ("black", "brown")]
            seen = [_color_name(p, names) for p in _pixels(made.scene, thing, image)]
            right += max(set(seen), key=seen.count) == thing.attributes["color"]
            total += 1
    assert total > 15
    assert right == total


def test_bars_and_slices_have_their_color_in_the_picture() -> None:
    for seed in range(25):
        made = render("charts", seed)
        image = Image.open(io.BytesIO(made.png)).convert("RGB")
        for thing in made.scene.objects:
            if thing.category == "bar":
                x, y = (int(v) for v in thing.center)
                expected = COLORS[thing.attributes["color"]]
                assert np.abs(np.subtract(image.getpixel((x, y)), expected)).max() < 12, seed


def test_no_solid_is_hidden_too_far() -> None:
    for seed in range(40):
        assert min(compose("tabletop", seed).facts["visible"]) >= LEAST_VISIBLE - 1e-6


def test_nearer_solid_covers_the_farther_one() -> None:
    for seed in range(60):
        scene = compose("tabletop", seed)
        depth = {o.id: o.pose[4] for o in scene.objects}
        for relation in scene.relations:
            if relation.name == "partly hides":
                assert depth[relation.subject] < depth[relation.object]
