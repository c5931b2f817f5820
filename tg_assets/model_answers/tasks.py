"""Instances as rows of ``EVALUATION_TASKS``, with their pictures or frames as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
from upath import UPath

from resources.chat.messages import ImageRef
from tg_assets import ids
from tg_assets.scenes.families.worlds import scene_of
from tg_assets.scenes.picture import Picture
from tg_assets.scenes.render import encode
from tg_assets.tables import PLAN_COLUMNS
from tg_assets.tables_io import write_whole
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.libraries import OpenLibrary
from tg_assets.task_space.world import World

if TYPE_CHECKING:
    from tg_assets.scenes.render_cache import Drawing

FAMILY = "evaluation"
"""The family of the scenes that evaluations show."""


def pictures_of(drawing: Drawing) -> list[bytes]:
    """Return a picture, or a video's frames in order, as PNG files."""
    pictures = [drawing] if isinstance(drawing, Picture) else list(drawing.frames)
    return [encode(picture.image) for picture in pictures]


def task_row(
    instance: Instance,
    library: OpenLibrary,
    draw: Callable[[World], Drawing],
    folder: UPath,
) -> Mapping[str, Any]:
    """Draw an instance and return its row.

    Args:
        instance: The task.
        library: Whose objects it shows.
        draw: Draws its world.
        folder: Where the pictures are written, under their ids.

    Raises:
        LibraryError, BlenderError: It cannot be drawn.
    """
    frames = [_written(png, folder) for png in pictures_of(draw(instance.world))]
    is_video = instance.world.kind == "video"
    shown = [frame["image_id"] for frame in frames]
    return {
        **plan_of(instance),
        "seed": instance.seed,
        "kind": instance.world.kind,
        "task_id": ids.task_id(instance.task_type),
        "path": instance.task_type,
        "question": instance.asked.question,
        "options": [option.text for option in instance.asked.options],
        "right": instance.asked.right,
        "image_id": ids.video_id(shown) if is_video else shown[0],
        "uri": frames[0]["uri"],
        "frames": frames if is_video else [],
        "scene": scene_of(instance, FAMILY, instance.seed, library).to_json(),
    }


def plan_of(instance: Instance) -> dict[str, Any]:
    """Return generator, index and columns of an instance's plan."""
    plan = instance.plan
    named = {column: plan[column] for column in PLAN_COLUMNS}
    return {"generator": plan["generator"], "plan_index": plan["index"], **named}


def _written(png: bytes, folder: UPath) -> dict[str, str]:
    name = ids.image_id(png)
    path = folder / f"{name}.png"
    write_whole(path, png)
    return {"image_id": name, "uri": str(path)}


def image_of(task: Mapping[str, Any]) -> ImageRef:
    """Return what a task shows, to be sent."""
    frames = tuple(ImageRef(frame["image_id"], frame["uri"]) for frame in task["frames"])
    return ImageRef(task["image_id"], task["uri"], frames)


def first_pictures(tasks: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield uri and id of each task's picture or first frame."""
    for image, uri, frames in tasks.select("image_id", "uri", "frames").iter_rows():
        yield uri, frames[0]["image_id"] if frames else image
