"""What the UI shows of tasks and answers: small pictures with what was asked, right and said."""

from __future__ import annotations

from typing import Any

import dagster as dg
import polars as pl

from tg_assets.model_answers.tasks import first_pictures
from tg_assets.showing import some, thumbnails

KEY = ("generator", "plan_index", "seed")


def without_answer() -> pl.Expr:
    """Return what is true of rows of ``MODEL_ANSWERS`` whose reply names none or several."""
    return pl.col("how").is_not_null() & pl.col("said").is_null()


def task_examples(tasks: pl.DataFrame) -> dg.MetadataValue[Any]:
    """Return a few tasks: question, options, and the right one."""
    shown = some(_named(tasks), "task")
    texts = shown.select(
        "generator",
        pl.col("question") + " " + pl.col("options").list.join(" / "),
        right=pl.col("options").list.get(pl.col("right")),
    ).rows()
    pictures = first_pictures(shown)
    rows = [(*picture, *text) for picture, text in zip(pictures, texts, strict=True)]
    return thumbnails(rows, ("generator", "question", "right"))


def answered_examples(answers: pl.DataFrame, tasks: pl.DataFrame) -> dg.MetadataValue[Any]:
    """Return a few answers, the wrong ones first: question, right, said."""
    frames = tasks.select(*KEY, "frames")
    first = _named(answers).filter(pl.col("permutation") == 0).join(frames, on=KEY)
    wrong = some(first.filter(~pl.col("correct").fill_null(False)), "task", 6)
    right = some(first.filter(pl.col("correct")), "task", 8 - wrong.height)
    shown = pl.concat([wrong, right])
    texts = shown.select(
        "question",
        right=pl.col("options").list.get(pl.col("right")),
        said=pl.coalesce(pl.col("options").list.get(pl.col("said")), "reply", pl.lit("(no reply)")),
    ).rows()
    pictures = first_pictures(shown)
    rows = [(*picture, *text) for picture, text in zip(pictures, texts, strict=True)]
    return thumbnails(rows, ("question", "right", "said"))


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(task=pl.concat_str(KEY, separator=" "))
