"""Scene graphs of the project's own worlds say what is drawn, and leave nothing out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.scenes.picture import Picture
from tg_assets.scenes.worlds import draw
from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.scene_graphs.checking import faults
from tg_assets.task_space.scene_graphs.drawn_questions import picture_questions
from tg_assets.task_space.scene_graphs.exporting import Annotated, annotated_pictures
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, image_graph
from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary
from tg_assets.task_space.scene_graphs.world_graphs import (
    Annotator,
    TooFewObjectsError,
    WorldsToAnnotate,
)
from tg_assets.task_space.world import Kind, Thing, World

LIBRARY = open_library()
WORDS = own_vocabulary()
ANNOTATOR = Annotator(LIBRARY, WORDS)


@pytest.fixture(scope="module")
def pictures() -> list[Annotated]:
    return list(annotated_pictures(LIBRARY, WORDS, 4, 11))


def world(*assets: str) -> World:
    cells = ("top left", "top right", "bottom left")
    placed = zip(cells, assets, strict=False)
    return World("2d", 2, tuple(Thing(f"t{cell}", asset, cell) for cell, asset in placed))


def graph_of(worlds: WorldsToAnnotate, number: int) -> ImageGraph:
    """Return a world's graph, its boxes where the cells are: without drawing anything."""
    world, mask = worlds.world(number, 11), np.zeros((90, 90), np.uint8)
    for place, thing in enumerate(world.things, 1):
        row, column = divmod(world.cells.index(thing.cell), 3)
        mask[row * 30 + 5 : row * 30 + 25, column * 30 + 5 : column * 30 + 25] = place
    return image_graph(f"{number}", worlds.annotator.graph(world, mask))


@pytest.mark.parametrize("kind", ["2d", "3d"])
def test_every_question_about_own_pictures_is_sound(kind: Kind) -> None:
    """No plan is without a question, for the vocabulary knows all; the checker finds no fault."""
    worlds = WorldsToAnnotate(LIBRARY, kind, WORDS)
    asked = Counter[str]()
    for number in range(8):
        graph = graph_of(worlds, number)
        for generator, size in product(get_args(ImageGenerator), (1, 2)):
            for made in picture_questions(graph, generator, size, 5, WORDS):
                assert not isinstance(made, NoInstance), made.reason
                assert faults(made, graph, WORDS) == ()
                asked[generator] += 1
    assert min(asked[generator] for generator in get_args(ImageGenerator)) >= 20


@pytest.mark.parametrize("kind", ["2d", "3d"])
def test_boxes_hold_exactly_the_pixels_of_each_thing(kind: Kind) -> None:
    worlds = WorldsToAnnotate(LIBRARY, kind, WORDS)
    shown = draw(LIBRARY, worlds.world(3, 0))
    assert isinstance(shown, Picture)
    objects = worlds.annotator.graph(worlds.world(3, 0), shown.mask)["objects"]
    for number, thing in enumerate(objects.values(), 1):
        pixels = np.argwhere(shown.mask == number)
        (top, left), (bottom, right) = pixels.min(0), pixels.max(0)
        assert (thing["x"], thing["y"]) == (left, top)
        assert (thing["w"], thing["h"]) == (right - left + 1, bottom - top + 1)


def test_relations_are_those_of_all_boxes(pictures: list[Annotated]) -> None:
    """Told from pixels alone: whoever is said to be left is left in the picture, and so on."""
    for one in pictures:
        graph = image_graph(one.id, one.graph)
        far, near = ("above", "below") if one.id.startswith("2d") else ("behind", "in front of")
        for subject, name, other in graph.relations:
            (x, y), (across, down) = centre(graph, subject), centre(graph, other)
            means = {
                "to the left of": x < across,
                "to the right of": x > across,
                far: y < down,
                near: y > down,
            }
            assert means[name]
        related = {frozenset((subject, other)) for subject, _, other in graph.relations}
        n = len(graph.objects)
        assert len(related) == n * (n - 1) / 2  # two cells always lie somehow to each other


def centre(graph: ImageGraph, place: int) -> tuple[float, float]:
    x, y, w, h = graph.objects[place].box
    return x + w / 2, y + h / 2


def test_values_are_written_of_all_things_or_of_none() -> None:
    """Of a picture with a thing of no known colour, or of alike colours, no colour is said."""
    mask = np.array([[1, 2, 3]], np.uint8)
    plain = ANNOTATOR.graph(world("apple-red", "apple-green"), mask)["objects"]
    assert [thing["attributes"] for thing in plain.values()] == [["red"], ["green"]]
    without = next(
        asset.id
        for asset in LIBRARY.assets.values()
        if asset.views and ANNOTATOR.name(asset) and not ANNOTATOR.values(asset, "color")
    )
    alike = next(
        asset.id
        for asset in LIBRARY.assets.values()
        if ANNOTATOR.name(asset) and ANNOTATOR.values(asset, "color") == {"orange"}
    )
    for other in (without, alike):
        objects = ANNOTATOR.graph(world("apple-red", "apple-green", other), mask)["objects"]
        colours = {WORDS.type_of(v) for thing in objects.values() for v in thing["attributes"]}
        assert "color" not in colours


def test_a_name_is_the_most_exact_that_is_certain() -> None:
    named = {
        category: ANNOTATOR.name(one)
        for one in LIBRARY.assets.values()
        for category in one.categories
    }
    assert named["apple"] == "apple"
    assert named["taxi"] == "car"
    assert named["duck"] == "duck"  # and not a bird
    assert named["penguin"] == "bird"
    assert named["lion"] is None  # animal is a heading
    assert named["anchor"] is None


def test_what_cannot_be_annotated_is_an_error_that_names_it() -> None:
    anchor = next(one.id for one in LIBRARY.assets.values() if one.categories == ("anchor",))
    with pytest.raises(SceneGraphError, match=f"no certain name for object {anchor}"):
        ANNOTATOR.graph(world(anchor), np.array([[1]], np.uint8))
    with pytest.raises(SceneGraphError, match=r"does not show .*apple-green"):
        ANNOTATOR.graph(world("apple-red", "apple-green"), np.array([[1, 0]], np.uint8))
    few = replace(LIBRARY, assets={"apple-red": LIBRARY.asset("apple-red")})
    with pytest.raises(TooFewObjectsError, match="too few objects for 2d"):
        list(annotated_pictures(few, WORDS, 1, 0))


def test_worlds_depend_on_seed_and_number_alone() -> None:
    worlds = WorldsToAnnotate(LIBRARY, "3d", WORDS)
    first, again = worlds.world(2, 7), WorldsToAnnotate(open_library(), "3d", WORDS).world(2, 7)
    assert first == again
    assert len({worlds.world(number, seed).to_json() for number in (1, 2) for seed in (7, 8)}) == 4
    for number in range(40):
        things = worlds.world(number, 0).things
        assert 4 <= len({thing.asset for thing in things}) == len(things) <= 6


def test_the_command_writes_what_the_other_commands_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["task-space", "export-graphs", "--out", str(tmp_path), "-n", "2", "--seed", "4"]
    )
    assert done.exit_code == 0, done.stderr
    file, images = tmp_path / "graphs.json", tmp_path / "images"
    files = "--scene-graphs", str(file), "--images", str(images)
    command = ("task-space", "questions", "--generator", "relation", "--json")
    asked = CliRunner().invoke(app, [*command, *files])
    rows = [json.loads(line) for line in asked.stdout.splitlines()]
    assert [row["graph_id"] for row in rows] == ["2d-4-000000", "3d-4-000001"]
    assert all(Path(row["file"]).is_file() for row in rows)
