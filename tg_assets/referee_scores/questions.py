"""What a referee is asked: whether a question, with its answer, fits image and task type."""

from __future__ import annotations

import polars as pl

from resources.chat.messages import ImageRef
from resources.chat.stages import Question


def judged(qa: pl.DataFrame, pool: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    """Return the questions with all that is said about them, in the order they are asked.

    Args:
        qa: ``RAW_QA`` of a shard.
        pool: ``IMAGE_POOL`` of the shard.
        paths: task_id and path of task types.

    Returns:
        The questions' columns, uri and path.
    """
    return (
        qa.join(pool.select("image_id", "uri"), on="image_id")
        .join(paths, on="task_id")
        .sort("image_id", "qa_id")
    )


def questions(rows: pl.DataFrame, sees: str) -> list[Question]:
    """Return one question a row.

    Args:
        rows: As `judged` returns them.
        sees: ``answer``, or ``question`` to hide the answer.
    """
    asked = []
    for row in rows.iter_rows(named=True):
        item = {"task_label": row["path"], "question": row["question"]}
        if sees == "answer":
            item["answer"] = row["answer"]
        asked.append(Question(item, ImageRef(row["image_id"], row["uri"])))
    return asked
