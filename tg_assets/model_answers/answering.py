"""What is asked about tasks, and rows of ``MODEL_ANSWERS`` from what models said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resources.chat.messages import Answer
from resources.chat.stages import Question
from tg_assets.model_answers.matching import said
from tg_assets.model_answers.tasks import image_of
from tg_assets.tables import MODEL_ANSWERS, PLAN_COLUMNS

REPLY_CHARS = 500
"""Characters of a reply that the table keeps; the ledger has all of it."""
COPIED = (
    "generator", "plan_index", "seed", "kind", "task_id", "path", "question", "image_id", "uri",
    *PLAN_COLUMNS,
)  # fmt: skip


def permuted(tasks: pl.DataFrame, permutations: int) -> list[dict[str, Any]]:
    """Return tasks as they are asked: each several times, its options shifted by one place more.

    Over as many permutations as it has options, the right one stands once in every place.

    Args:
        tasks: ``EVALUATION_TASKS``.
        permutations: How often; never oftener than a task has options.
    """
    asked = []
    for task in tasks.iter_rows(named=True):
        options, right = task["options"], task["right"]
        for shift in range(min(permutations, len(options))):
            shown = {"options": options[shift:] + options[:shift], "permutation": shift}
            asked.append({**task, **shown, "right": (right - shift) % len(options)})
    return asked


def questions(asked: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Return one question a row of `permuted`."""
    return [
        Question({"question": task["question"], "options": task["options"]}, image_of(task))
        for task in asked
    ]


def answer_rows(
    asked: Sequence[Mapping[str, Any]], answers: Sequence[Answer], model: str
) -> pl.DataFrame:
    """Return ``MODEL_ANSWERS`` of a model.

    Args:
        asked: As `permuted` returns them.
        answers: One a row.
        model: Who answered.
    """
    rows = [_row(task, answer, model) for task, answer in zip(asked, answers, strict=True)]
    return MODEL_ANSWERS.enforce(pl.DataFrame(rows, schema=dict(MODEL_ANSWERS.columns)))


def _row(task: Mapping[str, Any], answer: Answer, model: str) -> dict[str, Any]:
    row = {column: task[column] for column in COPIED}
    row |= {column: task[column] for column in ("options", "right", "permutation")}
    row |= {"model": model, "outcome": str(answer.outcome), "reason": answer.reason}
    if answer.value is None:
        return row | {"said": None, "correct": None, "how": None, "reply": None}
    read = said(answer.value, task["options"])
    return row | {
        "said": read.option,
        "correct": None if read.option is None else read.option == task["right"],
        "how": read.how,
        "reply": answer.value[:REPLY_CHARS],
    }
