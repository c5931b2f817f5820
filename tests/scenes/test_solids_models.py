"""The built-in models keep what their facts say; a user's files become models or clear errors."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import trimesh
from solid_worlds import alone, library

from tg_assets.scenes.solids.files import solid_from
from tg_assets.scenes.solids.models import MODELS
from tg_assets.scenes.solids.paints import ASKED_COLORS, COLORS, MATERIALS
from tg_assets.scenes.solids.rendering import built, render_picture
from tg_assets.scenes.solids.solid import linear, seen_extent
from tg_assets.scenes.solids.stage import camera, set_up
from tg_assets.scenes.solids.table import COLUMNS, FILE, rows
from tg_assets.scenes.solids.tracing import Tracer
from tg_assets.task_space.library import LibraryError

SMALL = 80


def test_every_model_stands_on_the_ground_in_its_unit_of_size() -> None:
    for name in MODELS:
        corners = built(name).corners.reshape(-1, 3)
        assert abs(corners[:, 2].min()) < 1e-6, name
        assert seen_extent(corners) == pytest.approx(1, abs=1e-5), name
        assert len(built(name).corners) < 20_000, name


def test_facts_name_colours_and_materials_that_can_be_painted() -> None:
    for facts in MODELS.values():
        assert facts.colors, facts.name
        assert set(facts.colors) <= set(ASKED_COLORS), facts.name
        assert facts.materials, facts.name
        assert set(facts.materials) <= set(MATERIALS), facts.name


def test_the_asked_colour_is_most_of_what_shows_of_a_model() -> None:
    """At least a third of the visible surface, and more than any other colour."""
    for name in MODELS:
        solid = built(name)
        stage = set_up(alone(name, "top left", 2), [solid])
        eye = camera(2, 2 * SMALL)
        triangle = Tracer(stage).hits(eye, eye.centres).triangle
        seen = triangle[triangle >= 0]
        body = solid.body[seen].mean()
        _, others = np.unique(solid.colors[seen][~solid.body[seen]], axis=0, return_counts=True)
        assert body > 1 / 3, (name, body)
        assert body * len(seen) > others.max(initial=0), name


def test_turning_shows_on_every_model_that_is_not_round() -> None:
    for name in (facts.name for facts in MODELS.values() if not facts.is_round):
        pictures = [
            render_picture(library(), alone(name, "top left", 2, turn=turn), SMALL)
            for turn in (0, 48, 96)
        ]
        views = [np.asarray(picture.image, np.int16) for picture in pictures]
        mask = pictures[0].mask > 0
        change = max(np.abs(views[0] - view)[mask].mean() for view in views[1:])
        assert change > 10, (name, change)


def test_materials_and_colours_change_the_picture() -> None:
    solid = built("ball")
    pictures = {
        material: solid.painted("blue", material).materials.tobytes() for material in MATERIALS
    }
    assert len(set(pictures.values())) == len(MATERIALS)
    assert np.allclose(solid.painted("red", None).colors, linear(COLORS["red"]))


def test_the_table_of_objects_is_what_the_models_give() -> None:
    """Made by python -m tg_assets.scenes.solids.table."""
    with FILE.open(encoding="utf-8", newline="") as file:
        written = list(csv.reader(file))
    assert written == [list(COLUMNS), *map(list, rows())]
    assert len({row[0] for row in written}) == len(written)
    assert len({row[1] for row in written}) > 90


@pytest.mark.parametrize("suffix", ["stl", "ply", "obj", "glb"])
def test_a_users_model_is_brought_to_one_size_upright(tmp_path: Path, suffix: str) -> None:
    cone = trimesh.creation.cone(30, 80)
    if suffix in ("obj", "glb"):  # these formats have y up
        cone.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    cone.apply_translation((500, -3, 12))
    cone.export(tmp_path / f"cone.{suffix}")
    solid = solid_from(tmp_path / f"cone.{suffix}")
    points = solid.corners.reshape(-1, 3)
    assert seen_extent(points) == pytest.approx(1, abs=1e-5)
    top = points[points[:, 2] > points[:, 2].max() - 1e-4]
    assert np.allclose(top[:, :2], 0, atol=1e-2)
    assert np.ptp(points[points[:, 2] < 1e-4][:, 0]) > 0.3
    assert (np.einsum("ijk,ijk->ij", solid.normals, solid.corners - [0, 0, 0.2]) > 0).mean() > 0.9


def test_a_users_colours_stay_and_plain_files_take_the_objects(tmp_path: Path) -> None:
    box = trimesh.creation.box()
    box.export(tmp_path / "plain.stl")
    box.visual.face_colors = [250, 10, 10, 255]
    box.export(tmp_path / "red.ply")
    blue = linear(COLORS["blue"])
    plain = solid_from(tmp_path / "plain.stl").painted("blue", None)
    red = solid_from(tmp_path / "red.ply").painted("blue", None)
    assert np.allclose(plain.colors, blue)
    assert np.allclose(red.colors, linear((250, 10, 10)), atol=1e-3)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "it.stl"
    trimesh.creation.box().export(file)
    before = len(solid_from(file).corners)
    trimesh.creation.icosphere(1).export(file)
    assert len(solid_from(file).corners) != before


def no_faces(file: Path) -> None:
    trimesh.PointCloud(np.eye(3)).export(file)


def one_point(file: Path) -> None:
    trimesh.Trimesh(np.zeros((3, 3)), [[0, 1, 2]], process=False).export(file)


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("no.glb", lambda file: None, "does not exist"),
        ("it.fbx", lambda file: file.write_bytes(b"x"), "models are files of"),
        ("bad.glb", lambda file: file.write_bytes(b"no model"), "cannot be read"),
        ("bad.ply", lambda file: file.write_bytes(b"ply\nno"), "cannot be read"),
        ("cut.obj", lambda file: file.write_bytes(b"v 1 2\nf 1 2 3"), "cannot be read"),
        ("empty.stl", lambda file: file.write_bytes(b"hello"), "no faces"),
        ("points.ply", no_faces, "no faces"),
        ("point.ply", one_point, "no extent"),
    ],
)
def test_a_file_that_is_no_model_is_named(
    tmp_path: Path, name: str, make: object, said: str
) -> None:
    make(tmp_path / name)  # type: ignore[operator]
    with pytest.raises(LibraryError, match=said) as caught:
        solid_from(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
