"""Instances of every generator are sound, and where they are not the command says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from small_library import write
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.task_space.generators import GENERATORS
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.instancing import instantiate
from tg_assets.task_space.library import load_published
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.soundness.checking import Checker
from tg_assets.task_space.soundness.colours import PROTOTYPES
from tg_assets.task_space.space import TaskSpace
from tg_assets.task_space.verifying import Verified, made, verify

REFERENCE = Path(__file__).parents[3] / "shared" / "taskmeanything-data"
OBJECTS = [
    (f"{category}-{colour}", category, colour)
    for category, colours in {
        "apple": ("red", "green"),
        "ball": ("blue", "yellow"),
        "hat": ("black", "pink"),
        "cup": ("white", "purple"),
    }.items()
    for colour in colours
]


def own(folder: Path, painted: dict[str, str]) -> Path:
    """Write a library of discs, each in its colour or as it is painted; return its folder."""
    rows = ["id,category,sprite,color"]
    for name, category, colour in OBJECTS:
        sprite = Image.new("RGBA", (96, 96))
        paint = PROTOTYPES[painted.get(name, colour)][0]
        ImageDraw.Draw(sprite).ellipse((4, 4, 91, 91), (*paint, 255))
        sprite.save(folder / f"{name}.png")
        rows.append(f"{name},{category},{name}.png,{colour}")
    (folder / "objects.csv").write_text("\n".join(rows), encoding="utf-8")
    edges = [f"thing,{category}" for category in dict.fromkeys(row[1] for row in OBJECTS)]
    (folder / "taxonomy.csv").write_text("\n".join(["parent,child", *edges]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def spaces(tmp_path_factory: pytest.TempPathFactory) -> list[TaskSpace]:
    """The published library where it is, the small published one, and discs."""
    folder = tmp_path_factory.mktemp("libraries")
    found = [load_published(write(folder)), open_library([own(folder, {})])]
    if REFERENCE.is_dir():
        found.append(load_published(REFERENCE))
    return [TaskSpace(library) for library in found]


@pytest.fixture(scope="module")
def checkers(spaces: list[TaskSpace]) -> list[Checker]:
    return [Checker(space.library) for space in spaces]


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_every_instance_of_any_plan_and_seed_is_sound(
    spaces: list[TaskSpace], checkers: list[Checker], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(spaces) - 1))
    generator = spaces[place].generator(data.draw(st.sampled_from(list(GENERATORS))))
    if not generator.count:
        return
    index = data.draw(st.integers(0, generator.count - 1))
    (plan,) = generator.plans(np.array([index])).iter_rows(named=True)
    outcome = instantiate(spaces[place].library, plan, data.draw(st.integers(0, 9)))
    if isinstance(outcome, Instance):
        assert checkers[place].faults(outcome) == []


def test_verifying_counts_plans_instances_reasons_and_faults(
    spaces: list[TaskSpace], checkers: list[Checker]
) -> None:
    found = verify(checkers[0], made(spaces[0], "where-2d", 30, seed=1))
    assert found.instances == 30
    assert found.plans == 30 + found.reasons.total()
    assert (found.unsound_count, found.faults, found.unsound) == (0, {}, ())
    assert (found + found).plans == 2 * found.plans
    assert found + Verified() == found


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["task-space", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def test_the_command_tells_what_is_sound_from_what_is_painted_wrong(tmp_path: Path) -> None:
    """Without pictures the library is sound; in pictures its red apples are orange."""
    data = str(own(tmp_path, {"apple-red": "orange"}))
    common = ("soundness", "--data", data, "--generator", "what-2d", "--workers", "1")
    code, out = run(*common, "-n", "40")
    assert code == 0
    assert "40 instances made and checked" in out
    code, out = run(*common, "-n", "0", "--rendered", "15", "--json")
    (found,) = json.loads(out)["generators"].values()
    assert code == 1
    assert found["rendered"] == 15
    assert set(found["rendered_faults"]) == {"colour missing"}
    assert any("apple-red" in said for said in found["unsound"][0]["faults"])


def test_the_command_makes_a_page(tmp_path: Path) -> None:
    data, page = str(own(tmp_path, {})), tmp_path / "page.html"
    code, _ = run("show", "--data", data, "--generator", "what-2d", "-n", "2", "--out", str(page))
    assert code == 0
    assert page.read_text(encoding="utf-8").count('<div class="task">') == 2


def test_the_commands_say_what_is_wrong(tmp_path: Path) -> None:
    for command in ("soundness", "show"):
        done = CliRunner().invoke(app, ["task-space", command, "--generator", "why"])
        assert done.exit_code == 2
        assert "no generator is called 'why'" in done.stderr
