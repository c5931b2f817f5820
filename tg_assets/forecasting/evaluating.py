"""What evaluations will ask: the tasks that are there, and those that will be drawn.

Which tasks will be drawn is certain before any is: plans and instances come from seeds. Only their
pictures are not there yet, so that none of them can have been asked about before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from resources.chat.asking.packing import is_settled
from resources.chat.stages import Question
from resources.galaxy import Galaxy
from tg_assets.forecasting.known import Remembered
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.standing import Standing
from tg_assets.model_answers.answering import permuted, questions
from tg_assets.model_answers.drawing import chosen_generators, draw_tasks
from tg_assets.model_answers.prompts import STAGE
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.world import FRAMES


def add(line: Line, galaxy: Galaxy, standing: Standing, remembered: Remembered) -> None:
    """Add what a model will be asked to its line.

    Args:
        line: The line of a model that is evaluated.
        galaxy: The resource; its tables are read.
        standing: What is made already.
        remembered: What the ledger knows.
    """
    if standing.is_made("model_answers", line.meter.name):
        return
    line.partitions += 1
    there, coming = _tasks(galaxy, standing.is_made("evaluation_tasks"))
    asked = permuted(there, galaxy.settings.evaluation.permutations)
    identity = galaxy.chat_model(line.meter.name).identity
    keys = [STAGE.key(identity, question) for question in questions(asked)]
    known = remembered.known(keys)
    fresh = [
        task
        for key, task in zip(keys, asked, strict=True)
        if key not in known or not is_settled(known[key])
    ]
    line.known += len(asked) - len(fresh)
    for task in [*fresh, *_permuted(coming, galaxy.settings.evaluation.permutations)]:
        line.certain += 1
        line.certain_requests += 1
        question = Question({"question": task["question"], "options": task["options"]})
        side, pictures = _shown(task["kind"])
        line.certain_prompt += line.meter.prompt(STAGE.request([question]), (side, side), pictures)


def _tasks(galaxy: Galaxy, made: bool) -> tuple[pl.DataFrame, list[Mapping[str, Any]]]:
    """Return the rows of the next pass's tasks that are there, and the others that it will draw."""
    tables = galaxy.tables
    rows = tables.read("evaluation_tasks") if tables.stamp("evaluation_tasks") else None
    if made and rows is not None:
        return rows, []
    wanted = {(name, index, seed): task for name, index, seed, task in _drawn(galaxy)}
    if rows is None:
        from tg_assets.tables import EVALUATION_TASKS

        return EVALUATION_TASKS.empty(), list(wanted.values())
    keys = rows.select("generator", "plan_index", "seed").rows()
    there = rows.filter(pl.Series([key in wanted for key in keys], dtype=pl.Boolean))
    old = set(keys)
    return there, [task for key, task in wanted.items() if key not in old]


def _drawn(galaxy: Galaxy) -> Iterator[tuple[str, int, int, Mapping[str, Any]]]:
    said = galaxy.settings.evaluation
    for generator in chosen_generators(galaxy.library, said.generators):
        for one in draw_tasks(galaxy.library, generator, said.per_generator, said.seed):
            if isinstance(one, Instance):
                options = [option.text for option in one.asked.options]
                task = {
                    "question": one.asked.question,
                    "options": options,
                    "kind": one.world.kind,
                }
                yield generator, int(one.plan["index"]), one.seed, task


def _permuted(tasks: list[Mapping[str, Any]], permutations: int) -> Iterator[Mapping[str, Any]]:
    for task in tasks:
        for _ in range(min(permutations, len(task["options"]))):
            yield task  # in another order it has as many tokens, or nearly


def _shown(kind: str) -> tuple[int, int]:
    """Return the side in pixels of what a task shows, and how many pictures that is."""
    from tg_assets.scenes.solids.rendering import CLIP_PIXELS, PICTURE_PIXELS

    return (CLIP_PIXELS, FRAMES) if kind == "video" else (PICTURE_PIXELS, 1)
