"""Drawing a world by Blender: a scene is written, another process draws it, the result is checked.

Blender's library (``bpy``, the extra ``render3d``) can end the process that loads it; that is why
it gets one of its own. It sees the same triangles through the same camera as the built-in renderer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tg_assets.ids import digest
from tg_assets.scenes.blender.inside import NO_BLENDER
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.scenes.solids.looks import look
from tg_assets.scenes.solids.paints import MATERIALS
from tg_assets.scenes.solids.rendering import CLIP_PIXELS, PICTURE_PIXELS, solid_of
from tg_assets.scenes.solids.solid import ELEVATION, Solid
from tg_assets.scenes.solids.stage import camera, placement
from tg_assets.task_space.library import Library
from tg_assets.task_space.world import FRAMES, World

VERSION = "1"
"""Raised when the same world would give other pixels: the render cache goes by it."""
INSIDE = Path(__file__).with_name("inside.py")


class BlenderError(RuntimeError):
    """Blender did not draw; the message says what it said and what to do."""


class NoBlender(BlenderError):  # noqa: N818 - a condition, not a fault
    """There is no bpy in the Python that was to run it."""


@dataclass(frozen=True, slots=True)
class Blender:
    """How Blender is run.

    Attributes:
        python: The Python that has ``bpy``; null is this one.
        samples: Light paths per pixel, before denoising.
        threads: Of one picture.
        timeout_s: Seconds that a picture may take; a video may take as many times that as it has
            frames.
        script: What runs there.
    """

    python: Path | None = None
    samples: int = 32
    threads: int = 1
    timeout_s: float = 300.0
    script: Path = INSIDE

    def render_picture(
        self, library: Library, world: World, pixels: int = PICTURE_PIXELS
    ) -> Picture:
        """Draw a world of kind 3d.

        Raises:
            NoBlender: bpy is not installed.
            BlenderError: Blender failed, was too slow, or left something that is no picture.
            LibraryError: A thing's asset has no model that can be drawn.
        """
        return self._drawn(library, world, pixels, (None,))[0]

    def render_clip(self, library: Library, world: World, pixels: int = CLIP_PIXELS) -> Clip:
        """Draw a world of kind video; raises as `render_picture`."""
        return Clip(self._drawn(library, world, pixels, range(FRAMES)))

    def _drawn(
        self, library: Library, world: World, pixels: int, frames: Sequence[int | None]
    ) -> tuple[Picture, ...]:
        solids = [solid_of(library, thing.asset) for thing in world.things]
        with tempfile.TemporaryDirectory(prefix="blender-") as scratch:
            folder = Path(scratch)
            self._describe(folder, world, solids, pixels, frames)
            self._run(folder, self.timeout_s * len(frames))
            return tuple(
                _picture(folder, number, pixels, len(solids)) for number in range(len(frames))
            )

    def _describe(
        self,
        folder: Path,
        world: World,
        solids: Sequence[Solid],
        pixels: int,
        frames: Sequence[int | None],
    ) -> None:
        """Write the scene and the triangles of its things."""
        eye, seen = camera(world.grid, pixels), look(world.look)
        names = [f"thing-{number}.npz" for number in range(len(solids))]
        for name, solid in zip(names, solids, strict=True):
            np.savez(
                folder / name,
                corners=solid.corners,
                normals=solid.normals,
                colors=solid.colors,
                materials=solid.materials,
            )
        places = [
            [
                placement(world, thing, solid, frame)
                for thing, solid in zip(world.things, solids, strict=True)
            ]
            for frame in frames
        ]
        scene = {
            "camera": {
                "origin": eye.origin.tolist(),
                "elevation": ELEVATION,
                "width": eye.width,
                "distance": eye.distance,
                "pixels": pixels,
            },
            "light": seen.light.tolist(),
            "ground": {"pattern": seen.pattern, "colors": [c.tolist() for c in seen.colors]},
            "things": [{"triangles": name, "materials": list(MATERIALS)} for name in names],
            "frames": [
                [{"x": p.x, "y": p.y, "size": p.size, "turn": p.turn} for p in frame]
                for frame in places
            ],
            "samples": self.samples,
            "threads": self.threads,
            "seed": int(digest("blender", world.look), 16) % 2**31,
        }
        (folder / "scene.json").write_text(json.dumps(scene), encoding="utf-8")

    def _run(self, folder: Path, timeout_s: float) -> None:
        python = str(self.python or sys.executable)
        # A session of its own, so that a timeout also ends what Blender started.
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [python, str(self.script), str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                raise BlenderError(
                    f"Blender had not finished after {timeout_s:g} s; allow it more time or fewer "
                    f"samples than {self.samples}. {_said(folder)}"
                ) from None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        if status == NO_BLENDER:
            raise NoBlender(
                f"{python} has no bpy ({_said(folder)}); install the extra render3d into a Python "
                "3.11, or name the Python that has it"
            )
        if status:
            how = f"signal {-status}" if status < 0 else f"status {status}"
            raise BlenderError(f"Blender ended with {how}. {_said(folder)}")
        if not (folder / "done.json").exists():
            raise BlenderError(f"Blender ended without finishing. {_said(folder)}")


def _said(folder: Path) -> str:
    """Return the end of what the process said."""
    lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
    return "It said: " + " | ".join(lines[-4:]) if lines else "It said nothing"


def _picture(folder: Path, number: int, pixels: int, things: int) -> Picture:
    from PIL import Image

    files = [folder / f"{name}-{number:02}.png" for name in ("frame", "mask")]
    for file in files:
        if not file.exists():
            raise BlenderError(f"Blender left no {file.name}. {_said(folder)}")
    try:
        with Image.open(files[0]) as image, Image.open(files[1]) as owners:
            picture = Picture(image.convert("RGB"), np.asarray(owners.convert("RGB"))[..., 0])
    except OSError as error:
        raise BlenderError(f"Blender left a file that is no picture: {error}") from error
    if picture.image.size != (pixels, pixels) or picture.mask.shape != (pixels, pixels):
        raise BlenderError(
            f"Blender drew {picture.image.size} pixels with a mask of {picture.mask.shape}, not "
            f"{pixels} x {pixels}"
        )
    if picture.mask.max() > things:
        raise BlenderError(
            f"Blender's mask names thing {picture.mask.max()}, the world has {things}"
        )
    return picture
