"""Whether a video shows the motions that its world has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.picture import Clip, Picture
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.soundness.faults import Fault
from tg_assets.task_space.soundness.fitting import Picked
from tg_assets.task_space.soundness.seeing import picture_faults, sight_faults
from tg_assets.task_space.soundness.truths import Truths
from tg_assets.task_space.world import FRAMES, Motion, Thing, World

TOWARDS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
"""Directions in the picture, x to the right and y down."""
FAR = 0.05
"""A path as a share of the picture's side that anybody sees."""
STILL = 0.02
"""A path that nobody takes for a motion: of a thing that stands still or turns."""
CHANGED, UNCHANGED = 2.5, 1.5
"""Mean differences of a thing's pixels, of 255, between frames: of what turns, of what is still."""


def clip_faults(
    world: World, claim: Claim, picked: Picked, clip: Clip, truths: Truths
) -> list[Fault]:
    """Return everything that a video does not show as its world and question say.

    The first frame is judged as a picture, the others for what is to be seen, then the motions.
    """
    if len(clip.frames) != FRAMES:
        return [Fault("mask", f"{len(clip.frames)} frames, not {FRAMES}")]
    for number, frame in enumerate(clip.frames):
        first = number == 0
        found = (
            picture_faults(world, claim, picked, frame, truths)
            if first
            else sight_faults(world, frame)
        )
        if found:
            return [Fault(fault.kind, f"frame {number}: {fault.message}") for fault in found]
    return [
        fault
        for number, thing in enumerate(world.things, 1)
        for fault in _motion_faults(thing, number, clip.frames)
    ]


def _motion_faults(thing: Thing, number: int, frames: Sequence[Picture]) -> Iterator[Fault]:
    x, y = _path(number, frames)
    changed = _change(number, frames)
    name = f"{thing.id} ({thing.asset})"
    moved = f"moves by {x:+.3f}, {y:+.3f} and changes by {changed:.1f}"
    motion = thing.motion
    if motion is not None and motion.kind == "move":
        if not _goes(motion, x, y):
            yield Fault("motion not seen", f"{name} should move {motion.direction}; it {moved}")
    elif max(abs(x), abs(y)) > STILL:
        yield Fault("motion unasked", f"{name} should stay where it is; it {moved}")
    elif motion is not None and changed < CHANGED:
        yield Fault("motion not seen", f"{name} should turn {motion.direction}; it {moved}")
    elif motion is None and changed > UNCHANGED:
        yield Fault("motion unasked", f"{name} should be still; it {moved}")


def _goes(motion: Motion, x: float, y: float) -> bool:
    """Whether a path leads plainly in a direction."""
    right, down = TOWARDS[motion.direction]
    along, beside = x * right + y * down, abs(x * down) + abs(y * right)
    return along >= FAR and along > 2 * beside


def _path(number: int, frames: Sequence[Picture]) -> tuple[float, float]:
    """Return how far a thing's pixels get from first to last frame, in shares of the sides."""
    first, last = _centroid(frames[0].mask == number), _centroid(frames[-1].mask == number)
    return last[0] - first[0], last[1] - first[1]


def _centroid(covered: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(covered)
    height, width = covered.shape
    return float(columns.mean()) / width, float(rows.mean()) / height


def _change(number: int, frames: Sequence[Picture]) -> float:
    """Return the mean difference of a thing's pixels between frames, of those it always covers."""
    covered = np.logical_and.reduce([frame.mask == number for frame in frames])
    if not covered.any():
        return 255.0
    seen = [np.asarray(frame.image)[covered].astype(np.float32) for frame in frames]
    return float(np.mean([np.abs(after - before).mean() for before, after in pairwise(seen)]))
