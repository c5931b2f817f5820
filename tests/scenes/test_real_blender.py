"""Blender itself: the same things through the same camera as the built-in renderer.

    TG_BLENDER_PYTHON=/path/to/python pytest tests/scenes/test_real_blender.py

where that Python has bpy. Without the variable this file is not collected.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from solid_worlds import alone, full, library

from tg_assets.scenes.blender.rendering import Blender
from tg_assets.scenes.solids.rendering import render_clip, render_picture
from tg_assets.task_space.world import FRAMES, Motion

BLENDER = Blender(Path(os.environ.get("TG_BLENDER_PYTHON", "")), samples=2)


@pytest.mark.timeout(900)
def test_blender_sees_what_the_built_in_renderer_sees() -> None:
    world = full(3, 3)
    theirs = BLENDER.render_picture(library(), world, 96)
    ours = render_picture(library(), world, 96)
    assert (theirs.mask == ours.mask).mean() > 0.998
    for number in range(1, 10):
        mine, its = (
            np.asarray(picture.image, float)[ours.mask == number].mean(axis=0)
            for picture in (ours, theirs)
        )
        assert np.abs(mine - its).mean() < 60, world.things[number - 1].asset


@pytest.mark.timeout(900)
def test_blender_moves_things_as_the_built_in_renderer_does() -> None:
    world = alone("car", "top left", 2, motion=Motion("move", "right"))
    theirs = BLENDER.render_clip(library(), world, 64)
    ours = render_clip(library(), world, 64)
    assert len(theirs.frames) == FRAMES
    for one, other in zip(theirs.frames, ours.frames, strict=True):
        assert (one.mask == other.mask).mean() > 0.998
