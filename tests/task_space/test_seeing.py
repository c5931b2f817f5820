"""What a picture or video does not show as its world says is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawn_pictures import SIDE, changed, clip, picture
from sound_instances import ROWS, instance, library

from tg_assets.scenes.picture import Clip, Picture
from tg_assets.task_space.soundness.checking import Checker
from tg_assets.task_space.soundness.colours import PROTOTYPES, could_be, is_plainly
from tg_assets.task_space.soundness.faults import SEEN_KINDS
from tg_assets.task_space.world import Motion, World

LIBRARY = library()
CHECKER = Checker(LIBRARY)
STILLS = [name for name, row in ROWS.items() if row[1].kind != "video"]
VIDEOS = [name for name, row in ROWS.items() if row[1].kind == "video"]


def kinds(name: str, shown: Picture | Clip) -> set[str]:
    return {fault.kind for fault in CHECKER.seen_faults(instance(name), shown)}


@pytest.mark.parametrize("name", STILLS)
def test_a_true_picture_has_no_fault(name: str) -> None:
    assert kinds(name, picture(LIBRARY, instance(name).world)) == set()


@pytest.mark.parametrize("name", ["where move", "where rotate"])
def test_a_true_video_has_no_fault(name: str) -> None:
    assert kinds(name, clip(LIBRARY, instance(name).world)) == set()


def in_world(name: str, place: int, **new: Any) -> World:
    """Return another world than the instance's: what a wrong renderer drew."""
    shown = instance(name).world
    things = list(shown.things)
    things[place] = replace(things[place], **new)
    return replace(shown, things=tuple(things))


def drawn(place: int, **new: Any) -> Callable[[str], Picture | Clip]:
    def draw(name: str) -> Picture | Clip:
        shown = in_world(name, place, **new)
        return clip(LIBRARY, shown) if shown.kind == "video" else picture(LIBRARY, shown)

    return draw


def spoiled(change: Callable[[Any, Any], object]) -> Callable[[str], Picture]:
    return lambda name: changed(picture(LIBRARY, instance(name).world), change)


def hide(image: Any, mask: Any) -> None:
    mask[mask == 1] = 0


def cut(image: Any, mask: Any) -> None:
    mask[:20, 20:30] = 1


def shift(image: Any, mask: Any) -> None:
    covered = mask == 1
    mask[covered] = 0
    mask[np.roll(covered, 40, axis=1)] = 1


def too_many(image: Any, mask: Any) -> None:
    mask[0, 0] = 9


def other_size(name: str) -> Picture:
    whole = picture(LIBRARY, instance(name).world)
    return Picture(whole.image.resize((SIDE // 2, SIDE)), whole.mask)


def in_gray(name: str) -> Picture:
    whole = picture(LIBRARY, instance(name).world)
    return Picture(whole.image.convert("L"), whole.mask)


def short(name: str) -> Clip:
    return Clip(clip(LIBRARY, instance(name).world).frames[:5])


PLANTED = [
    ("mask", "what", spoiled(too_many)),
    ("mask", "what", other_size),
    ("mask", "what", in_gray),
    ("mask", "what move", short),
    ("mask", "what", lambda name: clip(LIBRARY, instance(name).world)),
    ("not visible", "what", spoiled(hide)),
    ("cut off", "what", spoiled(cut)),
    ("outside its cell", "what", spoiled(shift)),
    ("size differs", "what", drawn(0, size=0.3)),
    ("size not seen", "what size", drawn(0, size=0.65)),
    ("size not seen", "where size", drawn(0, size=0.5)),
    ("colour missing", "what attribute", drawn(0, asset="yellow banana")),
    ("colour missing", "where", drawn(1, asset="green ball")),
    ("colour elsewhere", "where attribute", spoiled(lambda i, m: painted(i, m, "red"))),
    ("motion not seen", "what move", drawn(0, motion=None)),
    ("motion not seen", "what move", drawn(0, motion=Motion("move", "right"))),
    ("motion not seen", "what rotate", drawn(0, motion=None)),
    ("motion not seen", "what rotate", drawn(0, motion=Motion("rotate", "counterclockwise"))),
    ("motion unasked", "what move", drawn(1, motion=Motion("move", "left"))),
    ("motion unasked", "what move", drawn(2, motion=Motion("rotate", "clockwise"))),
]


def painted(image: Any, mask: Any, colour: str) -> None:
    """Paint most of a thing in another thing's colour, so that its own is still there."""
    rows = np.nonzero(mask == 2)[0]
    most = rows.min() + int(0.7 * (rows.max() - rows.min()))
    image[:most][mask[:most] == 2] = PROTOTYPES[colour][0]


@pytest.mark.parametrize(("kind", "name", "plant"), PLANTED)
def test_a_planted_fault_is_seen_and_nothing_else(
    kind: str, name: str, plant: Callable[[str], Picture | Clip]
) -> None:
    assert kinds(name, plant(name)) == {kind}


def test_every_kind_is_planted() -> None:
    assert {kind for kind, _, _ in PLANTED} == set(SEEN_KINDS)


@pytest.mark.parametrize("name", PROTOTYPES)
def test_a_colour_is_called_by_its_name_in_light_and_shadow(name: str) -> None:
    for shade in PROTOTYPES[name]:
        for light in (0.85, 1.0):
            pixels = np.tile(np.clip(np.array(shade) * light, 0, 255), (4, 1)).astype(np.uint8)
            assert could_be(pixels, name) == 1


@pytest.mark.parametrize(
    ("name", "other"),
    [("red", "blue"), ("green", "purple"), ("black", "white"), ("yellow", "pink"), ("gray", "red")],
)
def test_colours_far_apart_are_never_each_other(name: str, other: str) -> None:
    pixels = np.array(PROTOTYPES[name], np.uint8)
    assert could_be(pixels, other) == 0
    assert is_plainly(pixels, name) == 1
    assert is_plainly(pixels, other) == 0
