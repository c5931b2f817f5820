"""Tasks with their pictures on disk, and models of known faults that answered them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from tg_assets import ids
from tg_assets.model_answers.matching import said
from tg_assets.tables import TABLES
from tg_assets.tables_io import TableStore
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.instancing import instances
from tg_assets.task_space.libraries import opened
from tg_assets.task_space.space import PLAN

GENERATORS = ("how-many-2d", "what-2d", "where-attribute-2d", "what-rotate-video")
TASKS = 12
"""Of each generator."""
FRAMES = 6
HOSTILE = '<img src=x onerror="document.title=name"><script>document.title=name</script>'
GOOD, BAD, SHY = "ada", "bob-" + "with-a-very-long-name-" * 4 + "7b", "shy"
MODELS = (GOOD, BAD, SHY)


def write_answers(home: Path) -> None:
    """Write the tasks, and what three models said, into a galaxy.

    The good one is always right, the bad one never where a picture's grid has three rows, and the
    shy one names no option; of its replies, one is hostile and one was never had.
    """
    tasks = [_task(one, home) for name in GENERATORS for one in islice(_drawn(name), TASKS)]
    tables = TableStore(str(home))
    tables.write("evaluation_tasks", pl.DataFrame(tasks, TABLES["evaluation_tasks"].columns))
    for model in MODELS:
        rows = [row for task in tasks for row in _answers(task, model)]
        tables.write("model_answers", pl.DataFrame(rows, TABLES["model_answers"].columns), model)


def _drawn(generator: str) -> Iterator[Instance]:
    space = opened().space
    indexes = np.linspace(0, space.counts[generator] - 1, 10 * TASKS).astype(np.int64)
    plans = space.generator(generator).plans(np.unique(indexes))
    drawn = instances(space.library, plans.to_dicts(), 0)
    yield from (one for one in drawn if isinstance(one, Instance))


def _task(instance: Instance, home: Path) -> dict[str, Any]:
    asked, kind = instance.asked, instance.world.kind
    number = FRAMES if kind == "video" else 1
    files = [_picture(instance, home, frame) for frame in range(number)]
    frames = [{"image_id": ids.image_id(file.read_bytes()), "uri": str(file)} for file in files]
    of_all = ids.digest("frames", *(frame["image_id"] for frame in frames))
    return {
        "generator": instance.plan["generator"],
        "plan_index": instance.plan["index"],
        "seed": instance.seed,
        "kind": kind,
        "task_id": ids.digest(instance.task_type),
        "path": instance.task_type,
        "question": asked.question,
        "options": [option.text for option in asked.options],
        "right": asked.right,
        "image_id": of_all if kind == "video" else frames[0]["image_id"],
        "uri": frames[0]["uri"],
        "frames": frames if kind == "video" else [],
        "scene": "{}",
        **{name: instance.plan[name] for name in PLAN if name not in ("generator", "index")},
    }


def _picture(instance: Instance, home: Path, frame: int) -> Path:
    """Write a small picture that says what it is of."""
    plan = instance.plan
    folder = home / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (160, 120), (200, 220, 235))
    text = "\n".join([f"{plan['generator']} {plan['index']}", f"frame {frame}"])
    ImageDraw.Draw(image).text((8, 8), text, fill=(20, 20, 20))
    file = folder / f"{plan['generator']}-{plan['index']}-{instance.seed}-{frame}.png"
    image.save(file)
    return file


def _answers(task: dict[str, Any], model: str) -> Iterator[dict[str, Any]]:
    shared = {name: value for name, value in task.items() if name not in ("frames", "scene")}
    count = len(task["options"])
    for shift in range(count):
        options = [task["options"][(place + shift) % count] for place in range(count)]
        right = (task["right"] - shift) % count
        reply = _reply(task, model, options, right, shift)
        read = None if reply is None else said(reply, options)
        place = None if read is None else read.option
        yield {
            **shared,
            "permutation": shift,
            "model": model,
            "options": options,
            "right": right,
            "said": place,
            "correct": None if place is None else place == right,
            "how": None if read is None else read.how,
            "reply": reply,
            "outcome": "failed" if reply is None else "answered",
            "reason": "the server closed the connection" if reply is None else None,
        }


def _reply(
    task: dict[str, Any], model: str, options: list[str], right: int, shift: int
) -> str | None:
    if model == SHY:
        return (HOSTILE, None)[shift] if shift < 2 else "I would rather not say."
    if model == BAD and (task["grid"] == 3 or task["plan_index"] % 3 == 0):
        return f"({'ABCDEFGH'[(right + 1) % len(options)]})"
    return f"The answer is: {options[right]}."
