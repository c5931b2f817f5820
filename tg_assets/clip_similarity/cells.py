"""One cell of the matrix: a shard's images against a batch's task types."""

from __future__ import annotations

import numpy as np
import polars as pl

from tg_assets.clip_similarity.top_k import top_k
from tg_assets.tables import CLIP_SIMILARITY


def best_of_cell(images: pl.DataFrame, tasks: pl.DataFrame, keep: int) -> pl.DataFrame:
    """Return each image's best task types of a batch.

    Args:
        images: ``IMAGE_EMBEDDINGS``; rows without an embedding are left out.
        tasks: ``TASK_EMBEDDINGS``; likewise.
        keep: How many task types to keep per image.

    Returns:
        ``CLIP_SIMILARITY``, rank 1 first.
    """
    images = images.filter(pl.col("embedding").is_not_null())
    tasks = tasks.filter(pl.col("embedding").is_not_null())
    if images.is_empty() or tasks.is_empty():
        return CLIP_SIMILARITY.empty()
    ids = tasks["task_id"].to_list()
    best = top_k(_matrix(images), _matrix(tasks), ids, keep)
    n, k = best.indices.shape
    return CLIP_SIMILARITY.enforce(
        pl.DataFrame(
            {
                "image_id": np.repeat(images["image_id"].to_numpy(), k),
                "task_id": tasks["task_id"].gather(best.indices.ravel()),
                "score": best.scores.ravel(),
                "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), n),
            }
        )
    )


def _matrix(frame: pl.DataFrame) -> np.ndarray:
    flat = frame["embedding"].explode(empty_as_null=False).to_numpy()
    return np.ascontiguousarray(flat.reshape(frame.height, -1), dtype=np.float32)
