"""What the filter is asked about an image: a question for each of its candidate task types."""

from __future__ import annotations

import polars as pl

from resources.chat.messages import ImageRef
from resources.chat.stages import Question


def candidates(pairs: pl.DataFrame, pool: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    """Return the candidate pairs with all that is said about them, in the order they are asked.

    Args:
        pairs: ``CANDIDATE_PAIRS`` of a shard.
        pool: ``IMAGE_POOL`` of the shard.
        paths: task_id and path of task types.

    Returns:
        The pairs' columns, uri and path.
    """
    return (
        pairs.join(pool.select("image_id", "uri"), on="image_id")
        .join(paths, on="task_id")
        .sort("image_id", "rank")
    )


def questions(rows: pl.DataFrame) -> list[Question]:
    """Return one question a row; those about one image follow each other."""
    return [
        Question({"path": path}, ImageRef(image, uri))
        for image, uri, path in rows.select("image_id", "uri", "path").iter_rows()
    ]
