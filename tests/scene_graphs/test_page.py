"""Tasks about annotated pictures and videos stand on the page with what they are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from small_graphs import picture, thing
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.scene_graphs.checking import faults
from tg_assets.task_space.scene_graphs.drawn_questions import video_questions
from tg_assets.task_space.scene_graphs.graph_instance import GraphClaim, GraphInstance, When
from tg_assets.task_space.scene_graphs.image_graphs import image_graph
from tg_assets.task_space.scene_graphs.marking import ASKED, BESIDE, OTHER, marked, marks
from tg_assets.task_space.scene_graphs.page import (
    EXAMPLE_NAMES,
    EXAMPLE_VIDEOS,
    GRAPH_GENERATORS,
    VIDEO_GENERATORS,
    GraphPage,
)
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.showing import video_card
from tg_assets.task_space.scene_graphs.subgraphs import Neighbour, Subgraph
from tg_assets.task_space.scene_graphs.video_graphs import (
    VideoGraph,
    load_video_names,
    read_video_graphs,
)
from tg_assets.task_space.scene_graphs.video_plans import VideoPlan
from tg_assets.task_space.scene_graphs.video_questions import ask_about_video
from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary
from tg_assets.task_space.showing import Card, render_page

LIBRARY = open_library()
WORDS = own_vocabulary()
HOSTILE = "<script>cup</script>"


def at(x: int, y: int, graph_thing: dict[str, Any]) -> dict[str, Any]:
    return {**graph_thing, "x": x, "y": y, "w": 20, "h": 20}


KITCHEN = picture(
    {
        "cup": at(5, 5, thing("cup", ["red"], ("to the left of", "lamp"))),
        "lamp": at(70, 5, thing("lamp", ["blue"], ("to the right of", "cup"))),
        "bowl": at(5, 50, thing("bowl", ["green"], ("below", "cup"), ("below", "lamp"))),
    }
)


def page(folder: Path, n: int = 1, graphs: Any = None, **more: Any) -> GraphPage:
    file = folder / "graphs.json"
    file.write_text(json.dumps(graphs or {"kitchen": KITCHEN}), encoding="utf-8")
    return GraphPage(LIBRARY, WORDS, n, 0, scene_graphs=file, **more)


def example() -> list[VideoGraph]:
    names = load_video_names(EXAMPLE_NAMES)
    return [one for one in read_video_graphs(EXAMPLE_VIDEOS, names) if isinstance(one, VideoGraph)]


def test_without_files_every_generator_is_shown() -> None:
    shown = GraphPage(LIBRARY, WORDS, 1, 0)
    groups = [shown.group(generator) for generator in GRAPH_GENERATORS]
    assert [group.name for group in groups] == list(GRAPH_GENERATORS)
    assert [len(group.cards) for group in groups] == [1] * 6
    assert all(not card.captions for group in groups[:3] for card in group.cards)
    assert all(card.captions for group in groups[3:] for card in group.cards)


def test_the_shipped_videos_have_sound_questions() -> None:
    names = load_video_names(EXAMPLE_NAMES)
    graphs = example()
    assert len(graphs) == 3
    for generator in VIDEO_GENERATORS:
        for graph in graphs:
            made = list(video_questions(graph, generator, 3, names, WORDS))  # type: ignore[arg-type]
            asked = [one for one in made if not isinstance(one, NoInstance)]
            assert len(asked) >= 2
            assert [faults(one, graph, WORDS) for one in asked] == [()] * len(asked)


def test_boxes_are_those_of_the_question() -> None:
    """Both ends, and all objects that pick them out; no other."""
    graph = image_graph("kitchen", KITCHEN)
    beside = Subgraph((), Neighbour("below", "out", "cup", ()))
    claim = GraphClaim("relation", Subgraph(("blue",), None), other_subgraph=beside)
    found = {mark.words: mark.color for mark in marks(claim, "lamp", "bowl", graph)}
    assert found == {"asked: lamp": ASKED, "other: bowl": OTHER, "cup": BESIDE}


def test_boxes_are_drawn_where_the_objects_are() -> None:
    """In a picture of another size than its annotation's as well."""
    graph = image_graph("kitchen", KITCHEN)
    claim = GraphClaim("object", Subgraph(("blue",), None))
    shown = marked(Image.new("RGB", (400, 320)), graph, marks(claim, "lamp", None, graph))
    assert (shown.width, shown.height) == (800, 640)
    assert shown.getpixel((70 * 8 + 1, 20 * 8)) == ASKED
    assert shown.getpixel((80 * 8, 15 * 8)) == (0, 0, 0)


def test_a_picture_is_shown_where_it_is_there_and_its_boxes_where_not(tmp_path: Path) -> None:
    Image.new("RGB", (100, 80), "black").save(tmp_path / "kitchen.png")
    (seen,) = page(tmp_path, images=tmp_path).group("object").cards
    assert not seen.captions
    assert seen.pictures[0].getpixel((799, 400)) == (0, 0, 0)
    (laid_out,) = page(tmp_path, images=tmp_path / "elsewhere").group("object").cards
    assert laid_out.captions[0][0] == "No picture:"
    assert laid_out.pictures[0].getpixel((799, 400)) == (255, 255, 255)


def test_a_broken_picture_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "kitchen.png").write_bytes(b"not a picture")
    with pytest.raises(SceneGraphError, match=r"kitchen\.png is no picture that can be read"):
        page(tmp_path, images=tmp_path).group("object")


def test_graphs_that_cannot_be_used_are_told_of(tmp_path: Path) -> None:
    broken = {"width": 10, "height": 10, "objects": {}}
    group = page(tmp_path, 2, {"broken": broken, "kitchen": KITCHEN}).group("object")
    assert len(group.cards) == 1
    assert "1 because no objects, the whole graph" in group.note


def test_names_of_a_file_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    things = {**KITCHEN["objects"], "cup": {**KITCHEN["objects"]["cup"], "name": HOSTILE}}
    cards: list[Card] = []
    for generator in ("attribute", "relation"):
        graphs = {HOSTILE: {**KITCHEN, "objects": things}}
        group = page(tmp_path, 3, graphs).group(generator)
        cards += group.cards
        assert "<script" not in render_page("Tasks", [group])
    assert any(HOSTILE in card.asked.question for card in cards)


def test_keyframes_are_shown_in_their_order_where_they_are_there(tmp_path: Path) -> None:
    for shade, frame in enumerate(example()[0].keyframes):
        file = tmp_path / "lunch" / f"{frame.id}.png"
        file.parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8), (shade, 0, 0)).save(file)
    shown = GraphPage(LIBRARY, WORDS, 6, 0, frames=tmp_path).group("video-action").cards
    seen = next(card for card in shown if ("video", "lunch") in card.plan)
    assert [one.getpixel((0, 0)) for one in seen.pictures] == [(n, 0, 0) for n in range(5)]
    other = next(card for card in shown if ("video", "evening") in card.plan)
    assert not other.pictures
    assert other.captions[0][0] == "No pictures:"


@pytest.mark.parametrize(
    ("when", "reference", "action", "roles"),
    [
        ("before", 2, 0, ["asked about", "asked about", "reference", "reference", ""]),
        ("after", 2, 4, ["", "", "reference", "reference", "asked about"]),
        ("while", 4, 3, ["", "", "", "", "asked about"]),
    ],
)
def test_keyframes_say_what_they_are_to_the_question(
    when: When, reference: int, action: int, roles: list[str]
) -> None:
    """At lunch somebody opens a refrigerator, eats and at last drinks, sitting at a table."""
    lunch, names = example()[0], load_video_names(EXAMPLE_NAMES)
    eating, drinking = lunch.keyframes[2].actions[1], lunch.keyframes[4].actions[1]
    opening, sitting = lunch.keyframes[0].actions[0], lunch.keyframes[4].actions[0]
    asked_of = {0: opening, 2: eating, 3: sitting, 4: drinking}
    plan = VideoPlan("video-action", "lunch", when, asked_of[reference], action=asked_of[action])
    made = ask_about_video(plan, lunch, 0, names, WORDS)
    assert isinstance(made, GraphInstance)
    heads = [head for head, _ in video_card(made, lunch, None).captions[1:]]
    said = [
        f"{frame.id} {role}".rstrip() for frame, role in zip(lunch.keyframes, roles, strict=True)
    ]
    assert heads == said


def test_the_command_takes_files(tmp_path: Path) -> None:
    file, out = tmp_path / "graphs.json", tmp_path / "page.html"
    file.write_text(json.dumps({"kitchen": KITCHEN}), encoding="utf-8")
    command = ["task-space", "show", "--generator", "relation", "--out", str(out)]
    done = CliRunner().invoke(app, [*command, "--scene-graphs", str(file)])
    assert done.exit_code == 0, done.stderr
    assert out.read_text(encoding="utf-8").count('<div class="task">') == 1
    alone = CliRunner().invoke(app, [*command, "--video-graphs", str(EXAMPLE_VIDEOS)])
    assert alone.exit_code == 2
    assert "--names" in alone.stderr
