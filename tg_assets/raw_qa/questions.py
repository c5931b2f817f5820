"""What the asking model is asked: to write a question for each pair that the filter kept."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from resources.chat.messages import Answer, ImageRef
from resources.chat.stages import Question
from tg_assets.ids import qa_id
from tg_assets.raw_qa.prompts import STAGE
from tg_assets.tables import QA_FAILURES, RAW_QA


def kept_pairs(filtered: pl.DataFrame, pool: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    """Return the kept pairs with all that is said about them, in the order they are asked.

    Args:
        filtered: ``FILTERED_PAIRS`` of a shard.
        pool: ``IMAGE_POOL`` of the shard.
        paths: task_id and path of task types.

    Returns:
        The pairs' columns, uri and path.
    """
    return (
        filtered.filter(pl.col("kept"))
        .join(pool.select("image_id", "uri"), on="image_id")
        .join(paths, on="task_id")
        .sort("image_id", "task_id")
    )


def questions(rows: pl.DataFrame) -> list[Question]:
    """Return one question a row; those about one image follow each other."""
    return [
        Question({"path": path}, ImageRef(image, uri))
        for image, uri, path in rows.select("image_id", "uri", "path").iter_rows()
    ]


def split(
    pairs: pl.DataFrame, answers: Sequence[Answer], model: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the questions that were had, and the pairs for which none was.

    Args:
        pairs: With the columns image_id and task_id.
        answers: One a pair.
        model: Which model was asked.

    Returns:
        ``RAW_QA`` and ``QA_FAILURES``.
    """
    had, failed = [], []
    rows = pairs.select("image_id", "task_id").iter_rows()
    for (image, task), answer in zip(rows, answers, strict=True):
        if answer.value is None:
            failed.append((image, task, str(answer.outcome), answer.reason or "no reason given"))
            continue
        question, reply = answer.value["question"], answer.value["answer"]
        name = qa_id(image, task, question, reply)
        had.append((name, image, task, question, reply, model, STAGE.prompt_version))
    return (
        pl.DataFrame(had, schema=dict(RAW_QA.columns), orient="row"),
        pl.DataFrame(failed, schema=dict(QA_FAILURES.columns), orient="row"),
    )
