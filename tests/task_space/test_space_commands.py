"""What `tg task-space` says to a person: what there is, what there is not, and why."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from own_folder import OBJECTS, write_folder
from typer.testing import CliRunner

from tg_assets.cli import app


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder with a library of sprites alone."""
    objects = OBJECTS.replace(",cake,,", ",,,").replace("cake-side.png,,", "cake-side.png,,green")
    return str(write_folder(tmp_path_factory.mktemp("flat"), {"objects.csv": objects}))


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["task-space", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_a_library_of_sprites_counts_no_3d_plans_and_says_why(flat: str) -> None:
    done = run("count", "--data", flat, "--json")
    counts = json.loads(done.stdout)["generators"]
    assert {name for name, plans in counts.items() if plans} == {
        "how-many-2d", "what-2d", "where-2d", "what-attribute-2d", "where-attribute-2d"
    }  # fmt: skip
    assert "No plans of how-many-3d, what-3d" in done.stderr
    assert "what-attribute-rotate-video: no object of the library has a 3D model." in done.stderr
    assert "No plans" not in run("count", "--json").stderr  # the shipped library has everything


def test_a_sample_says_which_generators_it_leaves_out_and_what_it_falls_short_of(flat: str) -> None:
    done = run("sample", "--data", flat, "-n", "3", "--where", "count=2", "--json")
    assert len(done.stdout.splitlines()) == 3
    assert "Left out, having no count: what-2d, where-2d, " in done.stderr
    assert "Only" not in done.stderr
    few = ["--generator", "what-2d", "--target", "toy", "--where", "cell=middle"]
    done = run("sample", "--data", flat, "-n", "999", *few, "--reference", "food", "--json")
    assert f"Only {len(done.stdout.splitlines())} plans match of what-2d, not 999" in done.stderr
    none = run("sample", "--data", flat, "--generator", "what-3d")
    assert not none.stdout
    assert "No plans of what-3d: no object of the library has a 3D model." in none.stderr
    wrong = run("sample", "--data", flat, "--generator", "what-2d", "--where", "size=x", code=2)
    assert "plans of what-2d have no size; they have target, attribute_type" in wrong.stderr
