"""Files of scene graphs: bad graphs are left out with a reason, and the others go on."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from small_graphs import picture, thing, write
from small_videos import NAMES, TABLE
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.task_space.library import LibraryError
from tg_assets.task_space.scene_graphs.convert_names import convert_names, load_plain
from tg_assets.task_space.scene_graphs.graph_instance import keyframe_files, picture_file
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, read_image_graphs
from tg_assets.task_space.scene_graphs.listing import ImageLister, Listed, list_plans
from tg_assets.task_space.scene_graphs.reading import Rejected, SceneGraphError
from tg_assets.task_space.scene_graphs.video_graphs import load_video_names, read_video_graphs
from tg_assets.task_space.scene_graphs.vocabulary import load_vocabulary, own_vocabulary

GOOD = picture({"1": thing("cup", ["red"], ("on", "2")), "2": thing("table", [])})
CUP = thing("cup", [])
BAD = {
    "dangling id": picture({"1": thing("cup", [], ("on", "9"))}),
    "related to itself": picture({"1": thing("cup", [], ("on", "1"))}),
    "without name": picture({"1": thing(" ", [])}),
    "box off the picture": picture({"1": {**CUP, "x": 999}}),
    "empty box": picture({"1": {**CUP, "w": 0}}),
    "without box": picture({"1": {**CUP, "h": None}}),
    "without size": {**GOOD, "width": None},
    "no objects": picture({}),
    "not a graph": picture({"1": {**CUP, "attributes": "red"}}),
}


def test_each_bad_graph_is_left_out_with_its_reason(tmp_path: Path) -> None:
    file = write(tmp_path / "g.json", {**BAD, "good": GOOD})
    *bad, good = read_image_graphs(file)
    assert all(isinstance(one, Rejected) and one.id == one.reason for one in bad), bad
    assert isinstance(good, ImageGraph)
    assert good.objects[0].attributes == ("red",)


def test_an_id_given_twice_is_seen(tmp_path: Path) -> None:
    cup, graph = json.dumps(CUP), json.dumps(GOOD)
    twice = f'{{"width": 9, "height": 9, "objects": {{"1": {cup}, "1": {cup}}}}}'
    file = tmp_path / "g.json"
    file.write_text(f'{{"a": {graph}, "b": {twice}, "a": {graph}, "c": {graph}}}')
    found = [getattr(one, "reason", "good") for one in read_image_graphs(file)]
    assert found == ["good", "duplicate id", "duplicate id", "good"]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_stands_before_the_end_of_a_broken_file_is_read(tmp_path: Path, workers: int) -> None:
    file = write(tmp_path / "g.json", {str(n): GOOD for n in range(40)})
    file.write_bytes(file.read_bytes()[:-9])
    found: list[Listed] = []
    with pytest.raises(SceneGraphError, match=r"g\.json is not JSON"):
        found.extend(list_plans(file, lister(), workers=workers))
    assert sum(part.graphs for part in found) == 39


@pytest.mark.parametrize("before", [0, 2000])
@pytest.mark.parametrize(
    ("broken", "byte", "said"),
    [
        ('"b": tru }', 9, "lexical error: invalid string in json text"),
        ('"b": {"y": [1 x]}}', 15, "lexical error: invalid char in json text"),
        ('"b": {"objects"', 16, "parse error: premature EOF"),
    ],
)
def test_a_file_that_stops_being_json_is_named_with_the_place(
    tmp_path: Path, before: int, broken: str, byte: int, said: str
) -> None:
    file = tmp_path / "g.json"
    good = json.dumps({str(n): GOOD for n in range(before + 1)})[:-1] + ",\n"
    file.write_text(good + broken)
    with pytest.raises(SceneGraphError) as raised:
        list(read_image_graphs(file))
    assert f"g.json is not JSON: line 2, byte {len(good) + byte:,}: {said}" in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"), [("[1]", "is to hold a JSON"), ("", "is empty; it is to hold")]
)
def test_a_file_that_is_no_object_is_named(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "g.json"
    file.write_text(content)
    with pytest.raises(SceneGraphError, match=rf"g\.json {said}"):
        list(read_image_graphs(file))
    with pytest.raises(SceneGraphError, match="none cannot be read"):
        list(read_image_graphs(tmp_path / "none"))


def lister() -> ImageLister:
    return ImageLister("relation", 1, own_vocabulary().type_of)


def test_several_processes_write_the_bytes_of_one(tmp_path: Path) -> None:
    graphs = {str(n): BAD["no objects"] if n % 20 == 3 else varied(n) for n in range(60)}
    file = write(tmp_path / "g.json", graphs)
    alone, shared = (list(list_plans(file, lister(), workers=n)) for n in (1, 3))
    assert summed(alone) == summed(shared)
    assert sum(found.graphs for found in alone) == 57
    counted = list(list_plans(file, lister(), counting=True))
    assert [(f.plans, f.lines) for f in counted] == [(f.plans, [b""] * f.graphs) for f in alone]


def varied(n: int) -> dict[str, Any]:
    middle = thing("man", ["tall"] * (n % 3 > 0), ("holding", "1"), ("near", "2"))
    return picture({**GOOD["objects"], "3": middle, "4": thing(f"thing {n}", [], ("by", "3"))})


def summed(parts: list[Listed]) -> tuple[bytes, int, list[Rejected]]:
    lines = b"".join(piece for found in parts for piece in found.lines)
    return lines, sum(f.plans for f in parts), [bad for f in parts for bad in f.rejected]


VIDEOS = {
    "good": {"1": {"actions": ["a0"], "spatial": {"s0": "o0"}, "contact": {}}},
    "empty keyframe": {"1": {"actions": [], "spatial": {}, "contact": {}}},
    "no keyframes": {},
    "dangling id": {"1": {"actions": ["a99"]}},
    "not a graph": {"1": {"actions": "a0"}},
}


def test_bad_videos_are_left_out_with_their_reason(tmp_path: Path) -> None:
    file = write(tmp_path / "v.json", VIDEOS)
    good, *bad = read_video_graphs(file, NAMES)
    assert good.keyframes[0].actions == ("opening a door",)
    assert all(isinstance(one, Rejected) and one.id == one.reason for one in bad), bad


def test_the_command_lists_plans_and_says_what_it_left_out(tmp_path: Path) -> None:
    file = write(tmp_path / "g.json", {"a": GOOD, **BAD})
    done = run("--scene-graphs", str(file), "--generator", "object", "--json")
    assert done.exit_code == 0
    objects = [json.loads(line)["object"] for line in done.stdout.splitlines()]
    assert objects == ["cup", "cup", "table"]
    assert "1 graph left out: dangling id; the first is dangling id: object 1" in done.stderr
    said = run("--scene-graphs", str(file), "--generator", "object")
    assert said.stdout == "3 plans about 1 graph\n"
    assert not said.stderr.startswith("\n")
    counted = run("--scene-graphs", str(file), "--generator", "object", "--count", "--json")
    assert json.loads(counted.stdout) == {
        "graphs": 1,
        "plans": 3,
        "rejected": dict.fromkeys(sorted(BAD), 1),
    }
    for arguments, said in [
        (["--generator", "object"], "--scene-graphs FILE"),
        (["--generator", "video-action", "--video-graphs", "x"], "--names FILE"),
        (["--generator", "object", "--scene-graphs", "nowhere"], "nowhere cannot be read"),
    ]:
        done = run(*arguments, "--json")
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())


def run(*arguments: str, command: str = "plans") -> Any:
    return CliRunner().invoke(app, ["task-space", command, *arguments])


@pytest.mark.parametrize(("generator", "size"), [("object", 1), ("attribute", 1), ("relation", 2)])
def test_every_plan_is_asked_or_has_its_reason(tmp_path: Path, generator: str, size: int) -> None:
    lone = picture({"1": thing("cup", [])})
    unknown = thing("gizmo", ["odd", "red"], ("by", "1"), ("near", "2"))
    busy = picture({**GOOD["objects"], "3": unknown, "4": thing("man", ["tall"], ("holding", "3"))})
    file = str(write(tmp_path / "g.json", {"a": GOOD, "b": busy, "c": lone, **BAD}))
    about = ["--scene-graphs", file, "--generator", generator, "--subgraph-size", str(size)]
    plans = json.loads(run(*about, "--count", "--json").stdout)["plans"]
    for most in (1, 99):
        done = run(*about, "--per-graph", str(most), "--json", command="questions")
        asked = len(done.stdout.splitlines())
        head, *others = done.stderr.splitlines()
        assert head == f"{asked} asked of {plans} plans"
        counted = {line.split(": ", 1)[1]: line.split(" ", 1) for line in others}
        refused = sum(int(n) for n, said in counted.values() if said.startswith("not asked"))
        assert asked + refused == plans
        assert counted["nothing in it can be picked out so"][1].startswith("graph")
        assert counted["dangling id"] == ["1", "graph without a plan: dangling id"]


def test_the_command_asks_about_pictures_and_videos(tmp_path: Path) -> None:
    pictures, videos = write(tmp_path / "g.json", {"a": GOOD, **BAD}), tmp_path / "v.json"
    (tmp_path / "a.png").touch()
    about = ["--scene-graphs", str(pictures), "--generator", "object", "--json"]
    done = run(*about, "--images", str(tmp_path), "--per-graph", "9", command="questions")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row["answer"] for row in rows) == ["cup", "table"]
    for row in rows:
        assert row["file"] == str(tmp_path / "a.png")
        assert row["options"][row["right"]] == row["answer"]
    assert "1 graph without a plan: dangling id" in done.stderr
    write(videos, VIDEOS)
    about = ["--video-graphs", str(videos), "--generator", "video-relation"]
    names = write(tmp_path / "names.json", TABLE)
    done = run(*about, "--names", str(names), command="questions")
    assert "door while opening a door?\n(A) " in done.stdout


def test_published_tables_of_names_become_json(tmp_path: Path) -> None:
    tables = {"idx2name": TABLE["names"], "objects": set(TABLE["objects"])}
    for kind in ("actions", "spatial_relations", "contact_relations"):
        tables[kind] = TABLE[kind.removesuffix("_relations")]
    for name, table in tables.items():
        (tmp_path / f"{name}.pkl").write_bytes(pickle.dumps(table, protocol=2))
    assert convert_names(tmp_path, tmp_path / "names.json") == len(TABLE["names"])
    names = load_video_names(tmp_path / "names.json")
    assert (names.objects, names.spatial) == (NAMES.objects, NAMES.spatial)
    names = load_video_names(write(tmp_path / "plain.json", {"a1": "opening a door"}))
    assert names.names == {"a1": "opening a door"}


def test_a_pickle_that_runs_something_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "idx2name.pkl"
    ran = tmp_path / "ran"
    file.write_bytes(pickle.dumps(Runs(ran)))
    with pytest.raises(SceneGraphError, match=r"idx2name\.pkl is not read: it names .*plain"):
        load_plain(file)
    assert not ran.exists()
    file.write_bytes(b"no pickle")
    with pytest.raises(SceneGraphError, match=r"idx2name\.pkl is not read"):
        load_plain(file)


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def test_pictures_and_keyframes_are_found_by_id(tmp_path: Path) -> None:
    (tmp_path / "23.jpg").touch()
    assert picture_file(tmp_path, "23") == tmp_path / "23.jpg"
    (tmp_path / "v.mp4").mkdir()
    (tmp_path / "v.mp4" / "0089.png").touch()
    assert keyframe_files(tmp_path, "v.mp4", ["0089.png"]) == [tmp_path / "v.mp4" / "0089.png"]
    with pytest.raises(SceneGraphError, match="has no file of 24"):
        picture_file(tmp_path, "24")
    with pytest.raises(SceneGraphError, match="cannot be the name of a file"):
        picture_file(tmp_path, "../23")


PUBLISHED = Path(__file__).parents[3] / "shared" / "taskmeanything-data"


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published data is not here")
def test_published_types_and_names_are_read() -> None:
    words = load_vocabulary(PUBLISHED)
    assert [words.type_of(v) for v in ("red", "wood", "unheard-of")] == [
        "color",
        "material",
        "other",
    ]
    assert words.relation_type_of("standing behind") == "spatial"
    assert words.names.may_be_one("pilot", "man")  # both are persons
    assert words.names.may_be_one("airplane", "airplanes")
    assert not words.names.may_be_one("airplane", "cup")
    with pytest.raises(LibraryError, match="nowhere does not exist; name the folder"):
        load_vocabulary(PUBLISHED / "nowhere")
    with pytest.raises(SceneGraphError, match=r"attribute_category\.json cannot be read: .* holds"):
        load_vocabulary(PUBLISHED.parent)
