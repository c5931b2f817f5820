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
FAR = 0.1
"""A path as a share of the picture's side that anybody sees."""
STILL, STRAYS = 0.02, 0.1
"""Paths of a thing that stands still, and of the pixels of one that turns: of a frying pan the
middle lies beside the axis."""
LONG, TURNED = 0.15, 1.5
"""How much longer than wide an outline has to be to tell its turn, and a turn (radians) that is
plain: a video turns things by half a turn, and the outline of an upright one, such as a sitting
cat, sways by up to 0.7 either way."""
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
    elif max(abs(x), abs(y)) > (STILL if motion is None else STRAYS):
        yield Fault("motion unasked", f"{name} should stay where it is; it {moved}")
    elif motion is not None and changed < CHANGED:
        yield Fault("motion not seen", f"{name} should turn {motion.direction}; it {moved}")
    elif motion is not None and _turns_the_other_way(motion, number, frames):
        yield Fault("motion not seen", f"{name} should turn {motion.direction}, not the other way")
    elif motion is None and changed > UNCHANGED:
        yield Fault("motion unasked", f"{name} should be still; it {moved}")


def _turns_the_other_way(motion: Motion, number: int, frames: Sequence[Picture]) -> bool:
    """Whether a thing's outline plainly turns against its motion.

    Seen from above and in front, what turns clockwise as seen from above turns clockwise in the
    picture. Of an outline that is about as wide as high nothing is said.
    """
    axes = np.array([_axis(frame.mask == number) for frame in frames])
    if np.hypot(*axes.T).min() < LONG:
        return False
    doubled = np.unwrap(np.arctan2(axes[:, 1], axes[:, 0]))
    turned = float(doubled[-1] - doubled[0]) / 2  # y points down: positive is clockwise
    return abs(turned) > TURNED and (turned > 0) != (motion.direction == "clockwise")


def _axis(covered: NDArray[np.bool_]) -> tuple[float, float]:
    """Return which way an outline is long: a vector at twice the angle, from 0 to 1 in length."""
    rows, columns = np.nonzero(covered)
    x, y = columns - columns.mean(), rows - rows.mean()
    wide, high, across = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    return (wide - high) / (wide + high), 2 * across / (wide + high)


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
    """Return the mean difference between frames of the pixels that a thing covers in either."""
    changes = []
    for before, after in pairwise(frames):
        covered = (before.mask == number) | (after.mask == number)
        one, other = (np.asarray(frame.image)[covered] for frame in (before, after))
        changes.append(float(np.abs(one.astype(np.float32) - other).mean()))
    return sum(changes) / len(changes)
