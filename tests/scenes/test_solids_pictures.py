"""3D pictures and videos show what the world says, where it says, and the mask tells it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from solid_worlds import alone, full, library

from tg_assets.scenes.solids.models import MODELS
from tg_assets.scenes.solids.rendering import PaintError, render_clip, render_picture, solid_of
from tg_assets.scenes.solids.stage import (
    MOST_FORWARD,
    PERSPECTIVE,
    camera,
    placement,
    set_up,
    spot,
)
from tg_assets.task_space.grids import CELLS, squared_distance
from tg_assets.task_space.library import Asset, Attribute, Library, LibraryError
from tg_assets.task_space.taxonomy import Taxonomy
from tg_assets.task_space.world import FRAMES, Motion, Thing, World

SMALL = 96


@pytest.mark.parametrize("grid", [2, 3])
def test_no_thing_hides_a_tenth_of_another(grid: int) -> None:
    for seed in range(4):
        world = full(seed, grid)
        mask = render_picture(library(), world, SMALL).mask
        for number, thing in enumerate(world.things, 1):
            only = World("3d", grid, (thing,))
            whole = (render_picture(library(), only, SMALL).mask == 1).sum()
            assert (mask == number).sum() >= 0.9 * whole, (seed, thing.asset, thing.cell)


@pytest.mark.parametrize("grid", [2, 3])
def test_things_lie_in_their_cells_of_the_picture(grid: int) -> None:
    for seed in range(4):
        world = full(seed, grid)
        mask = render_picture(library(), world, SMALL).mask
        for number, thing in enumerate(world.things, 1):
            rows, columns = np.nonzero(mask == number)
            row, column = int(rows.mean() / SMALL * grid), int(columns.mean() / SMALL * grid)
            assert world.cells[row * grid + column] == thing.cell


def test_whatever_stands_in_the_cells_the_ground_agrees_which_is_nearer() -> None:
    forward = [0.0, MOST_FORWARD / 2, MOST_FORWARD]
    for reference, one, other in product(CELLS[3], repeat=3):
        if squared_distance(3, one, reference) >= squared_distance(3, other, reference):
            continue
        for a, b, c in product(forward, repeat=3):
            spots = [
                np.array(spot(3, CELLS[3].index(cell))) - (0, shift)
                for cell, shift in ((reference, a), (one, b), (other, c))
            ]
            near, far = (np.linalg.norm(spots[n] - spots[0]) for n in (1, 2))
            assert near < far or reference in (one, other)


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(sorted(MODELS)), st.sampled_from([2, 3]), st.floats(-180, 180))
def test_a_larger_thing_looks_larger_however_far_it_stands(
    model: str, grid: int, turn: float
) -> None:
    def across(cell: str, size: float) -> float:
        world = alone(model, cell, grid, size=size, turn=turn)
        corners = set_up(world, [solid_of(library(), model)]).corners.reshape(-1, 3)
        seen = camera(grid, 1000).project(corners)
        return float(max(np.ptp(seen @ [np.cos(a), np.sin(a)]) for a in np.arange(0, 3.1, 0.2)))

    assert across("top left", 0.6 * PERSPECTIVE) > across("bottom right", 0.6)


def test_another_process_draws_the_same_bytes() -> None:
    world = full(3, 2)
    code = (
        "import sys; sys.path.insert(0, 'tests/scenes'); from solid_worlds import full, library;"
        "from tg_assets.scenes.solids.rendering import render_picture;"
        "import hashlib; p = render_picture(library(), full(3, 2), 96);"
        "print(hashlib.sha256(p.image.tobytes() + p.mask.tobytes()).hexdigest())"
    )
    here = render_picture(library(), world, SMALL)
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert said == hashlib.sha256(here.image.tobytes() + here.mask.tobytes()).hexdigest()


def test_looks_differ_and_leave_the_mask_alone() -> None:
    world = full(1, 2)
    pictures = [
        render_picture(library(), World("3d", 2, world.things, seed), SMALL) for seed in range(4)
    ]
    assert len({picture.image.tobytes() for picture in pictures}) == 4
    assert len({picture.mask.tobytes() for picture in pictures}) == 1


def test_an_empty_world_is_a_picture_of_the_ground() -> None:
    assert not render_picture(library(), World("3d", 3, ()), SMALL).mask.any()


@pytest.mark.parametrize(
    ("direction", "axis", "sign"),
    [("left", 1, -1), ("right", 1, 1), ("up", 0, -1), ("down", 0, 1)],
)
def test_moving_things_go_their_way_through_all_frames_within_their_cell(
    direction: str, axis: int, sign: int
) -> None:
    world = full(4, 2, "video", Motion("move", direction))
    clip = render_clip(library(), world, 64)
    assert len(clip.frames) == FRAMES
    for number, thing in enumerate(world.things, 1):
        places = np.array([np.argwhere(frame.mask == number).mean(axis=0) for frame in clip.frames])
        steps = np.diff(places[:, axis]) * sign
        assert (steps > 0).all(), thing.asset
        cells = {tuple((place // 32).astype(int)) for place in places}
        assert cells == {divmod(world.cells.index(thing.cell), 2)}


def test_clockwise_is_clockwise_seen_from_above_and_half_a_turn() -> None:
    for direction, sign in (("clockwise", -1), ("counterclockwise", 1)):
        thing = Thing("it", "mug", "top left", turn=10, motion=Motion("rotate", direction))
        world = World("video", 2, (thing,))
        solid = solid_of(library(), "mug")
        turns = [placement(world, thing, solid, frame).turn for frame in range(FRAMES)]
        assert np.allclose(np.diff(turns), sign * 12)
        handle = [  # the mug's handle is what lies farthest from its axis
            corners[np.abs(solid.corners[..., 0]).argmax() // 3].mean(axis=0) - corners.mean((0, 1))
            for corners in (set_up(world, [solid], frame).corners for frame in (0, 1))
        ]
        turned = handle[0][0] * handle[1][1] - handle[0][1] * handle[1][0]
        assert np.sign(turned) == sign  # y is away from the viewer: seen from above


def one(asset: Asset) -> Library:
    return Library(Taxonomy([], {"thing"}), {asset.id: asset}, {})


@pytest.mark.parametrize(
    ("asset", "error", "said"),
    [
        (Asset("x", ("thing",)), LibraryError, "object x has no 3D model"),
        (Asset("x", ("thing",), model="zeppelin"), LibraryError, "no built-in model 'zeppelin'"),
        (
            Asset("x", ("thing",), (Attribute("color", "mauve"),), model="mug"),
            PaintError,
            "object x: its color is mauve",
        ),
        (
            Asset("x", ("thing",), (Attribute("material", "wood"), Attribute("material", "glass")),
                  model="mug"),
            PaintError,
            "its material is wood and glass",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named(asset: Asset, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        render_picture(one(asset), alone("x"), SMALL)


def test_a_model_with_colours_of_its_own_needs_no_word_for_them(tmp_path: Path) -> None:
    box = trimesh.creation.box()
    box.visual.face_colors = (200, 180, 150, 255)
    box.export(tmp_path / "own.glb")
    trimesh.creation.box().export(tmp_path / "plain.stl")
    beige = (Attribute("color", "beige"), Attribute("color", "tan"), Attribute("material", "clay"))
    drawn = render_picture(
        one(Asset("x", ("thing",), beige, model=str(tmp_path / "own.glb"))), alone("x"), SMALL
    )
    assert drawn.mask.any()
    with pytest.raises(PaintError, match="x: its color is beige and tan; a model without colours"):
        solid_of(one(Asset("x", ("thing",), beige, model=str(tmp_path / "plain.stl"))), "x")
