"""From scene graphs to questions with known answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tg_assets import ids
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.questions.worlds import known_instances
from tg_assets.tables import GROUND_TRUTH_QA
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.libraries import OpenLibrary

PER_GENERATOR = 1
"""Questions of one generator about one picture."""


def known_answers(scenes: pl.DataFrame, library: OpenLibrary) -> pl.DataFrame:
    """Return what the generators ask about the pictures of a shard.

    Args:
        scenes: Rows of ``SCENES``; pictures that show no world have no questions here.
        library: Numbers the plans.
    """
    rows = [
        row
        for image, text in scenes.select("image_id", "scene").iter_rows()
        for row in _rows(image, Scene.from_json(text), library)
    ]
    frame = pl.DataFrame(rows, schema=dict(GROUND_TRUTH_QA.columns))
    return frame.unique("qa_id", keep="first", maintain_order=True)


def _rows(image: str, scene: Scene, library: OpenLibrary) -> Iterator[Mapping[str, Any]]:
    if "world" not in scene.facts:
        return
    for instance in known_instances(scene, PER_GENERATOR):
        yield _row(image, instance, library)


def _row(image: str, instance: Instance, library: OpenLibrary) -> Mapping[str, Any]:
    plan, asked = instance.plan, instance.asked
    task = ids.task_id(instance.task_type)
    return {
        "qa_id": ids.qa_id(image, task, asked.question, asked.answer),
        "image_id": image,
        "task_id": task,
        "path": instance.task_type,
        "generator": plan["generator"],
        "plan_index": library.space.generator(plan["generator"]).index_of(plan),
        "seed": instance.seed,
        "question": asked.question,
        "options": [option.text for option in asked.options],
        "answer": asked.answer,
    }
