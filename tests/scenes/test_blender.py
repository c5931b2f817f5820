"""The process that Blender runs in may crash, hang or lie; the one that asked goes on and says so.

What stands in for Blender is a real process that reads the same scene. Blender itself is tried by
`test_real_blender.py`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from solid_worlds import alone, full, library

from tg_assets.scenes.blender.rendering import Blender, BlenderError, NoBlender
from tg_assets.task_space.world import FRAMES, Motion

SIDE = 16
HONEST = """
import json, sys
from pathlib import Path
from PIL import Image
folder = Path(sys.argv[1])
scene = json.loads((folder / "scene.json").read_text())
side = scene["camera"]["pixels"]
for number, frame in enumerate(scene["frames"]):
    Image.new("RGB", (side, side), (200, number, 0)).save(folder / f"frame-{number:02}.png")
    Image.new("RGB", (side, side), (len(frame), 0, 0)).save(folder / f"mask-{number:02}.png")
(folder / "done.json").write_text("{}")
"""


def stand_in(folder: Path, code: str, timeout_s: float = 60) -> Blender:
    script = folder / "stand_in.py"
    script.write_text(code)
    return Blender(Path(sys.executable), timeout_s=timeout_s, script=script)


def test_a_picture_and_a_clip_come_back_with_their_masks(tmp_path: Path) -> None:
    blender = stand_in(tmp_path, HONEST)
    picture = blender.render_picture(library(), full(0, 2), SIDE)
    assert picture.image.getpixel((0, 0)) == (200, 0, 0)
    assert (picture.mask == 4).all()
    clip = blender.render_clip(library(), alone("mug", motion=Motion("move", "left")), SIDE)
    assert [frame.image.getpixel((0, 0))[1] for frame in clip.frames] == list(range(FRAMES))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os, sys; print('out of memory', flush=True); os.abort()",
         "signal 6.*out of memory"),
        ("raise SystemExit('cannot render')", "status 1.*cannot render"),
        ("", "without finishing"),
        (HONEST.replace('f"mask-{number:02}.png"', '"lost.png"'),
         "left no mask-00.png"),
        (HONEST.replace('["pixels"]', '["pixels"] - 1'), r"drew \(15, 15\)"),
        (HONEST.replace("len(frame)", "len(frame) + 1"), "names thing 2, the world has 1"),
        (HONEST + "\n(folder / 'frame-00.png').write_bytes(b'no')", "no picture"),
    ],
    ids=["killed", "fails", "stops", "no mask", "wrong size", "wrong mask", "no picture"],
)  # fmt: skip
def test_what_goes_wrong_in_there_is_an_error_here(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(BlenderError, match=said):
        stand_in(tmp_path, code).render_picture(library(), alone("mug"), SIDE)


def test_a_process_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = (
        "import subprocess, sys, time; from pathlib import Path\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"Path({str(started)!r}).write_text(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(BlenderError, match="had not finished after 3 s"):
        stand_in(tmp_path, code, timeout_s=3).render_picture(library(), alone("mug"), SIDE)
    child = Path("/proc") / started.read_text()
    deadline = time.monotonic() + 10
    while child.exists() and "Z" not in (child / "stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_python_without_blender_is_named(tmp_path: Path) -> None:
    """The real script; the Python that runs the tests has no bpy unless someone installed it."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    with pytest.raises(NoBlender, match=f"{python} has no bpy.*render3d"):
        Blender(python).render_picture(library(), alone("mug"), SIDE)
