"""What a shard's matches look like: task types that match nothing or everything, and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

import polars as pl

from tg_assets.partitions import dimensions
from tg_assets.showing import preview, some, thumbnails
from tg_assets.tables import PATH_SEPARATOR
from tg_assets.tables_io import TableStore
from tg_assets.task_tree.paths import task_paths

HUB_SHARE = 0.5
"""A task type that is among the best of so many of a shard's images says little about any."""

_COLUMNS = 3


def matches_of_types(
    pairs: pl.DataFrame, tables: TableStore, batches: Iterable[str], withdrawn: Set[str]
) -> pl.DataFrame:
    """Count the images of each task type that could have been matched.

    Args:
        pairs: ``CANDIDATE_PAIRS`` of a shard.
        tables: For the task types.
        batches: The task batches that were matched.
        withdrawn: Ids of task types that are no longer used.

    Returns:
        task_id, path, images (how many of the shard have it among their best) and share (of the
        shard's images), most first. A task type without a vector could not match and is left out.
    """
    images = max(1, pairs["image_id"].n_unique())
    there = pl.concat(
        [
            pl.DataFrame(schema={"task_id": pl.String}),
            *(
                tables.read("task_embeddings", batch)
                .filter(pl.col("embedding").is_not_null())
                .select("task_id")
                for batch in sorted(set(batches))
            ),
        ]
    )
    return (
        there.filter(~pl.col("task_id").is_in(sorted(withdrawn)))
        .join(pairs.group_by("task_id").agg(images=pl.len()), on="task_id", how="left")
        .with_columns(pl.col("images").fill_null(0).cast(pl.Int64))
        .with_columns(share=pl.col("images") / images)
        .join(task_paths(tables), on="task_id", how="left")
        .select("task_id", "path", "images", "share")
        .sort("images", "path", descending=[True, False])
    )


def looked_at(
    pairs: pl.DataFrame,
    tables: TableStore,
    cells: Iterable[str | None],
    withdrawn: Set[str],
) -> dict[str, Any]:
    """Return what the UI shows of a shard's candidates.

    Args:
        pairs: ``CANDIDATE_PAIRS`` of the shard.
        tables: For task types and pictures.
        cells: Partitions of ``clip_similarity`` that went into them.
        withdrawn: Ids of task types that are no longer used.
    """
    keys = [dimensions(cell) for cell in cells]
    if pairs.is_empty() or not keys:
        return {}
    types = matches_of_types(pairs, tables, [batch for _, batch in keys], withdrawn)
    never = types.filter(pl.col("images") == 0)
    hubs = types.filter(pl.col("share") >= HUB_SHARE)
    return {
        "task types that match nothing": never.height,
        "some that match nothing": preview(some(never, "task_id").select("path")),
        f"task types that match {HUB_SHARE:.0%} of the images or more": hubs.height,
        "task types that match most": preview(types.select("path", "images", "share")),
        "images with their labels": thumbnails(
            _grid(pairs, tables, keys[0][0]), ("best", "next", "then")
        ),
    }


def labels_of(pairs: pl.DataFrame, tables: TableStore, image_id: str) -> pl.DataFrame:
    """Return an image's task types: rank, score, task_id, path; the best first."""
    return (
        pairs.filter(pl.col("image_id") == image_id)
        .join(task_paths(tables), on="task_id", how="left")
        .sort("rank")
        .select("rank", "score", "task_id", "path")
    )


def _grid(
    pairs: pl.DataFrame, tables: TableStore, shard: str
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield some images, each with its labels in three texts."""
    drawn = some(pairs.select("image_id").unique(), "image_id")
    pool = tables.read("image_pool", shard).join(drawn, on="image_id", how="semi")
    labels = pairs.join(drawn, on="image_id", how="semi").join(task_paths(tables), on="task_id")
    for image_id, uri in pool.select("image_id", "uri").iter_rows():
        best = labels.filter(pl.col("image_id") == image_id).sort("rank")
        told = [f"{score:.2f} {_leaf(path)}" for score, path in best.select("score", "path").rows()]
        first, second, third = (" · ".join(part) for part in _thirds(told))
        yield uri, image_id, first, second, third


def _thirds(labels: Sequence[str]) -> Iterator[Sequence[str]]:
    rows = -(-len(labels) // _COLUMNS)
    return (labels[start * rows : (start + 1) * rows] for start in range(_COLUMNS))


def _leaf(path: str) -> str:
    return path.rsplit(PATH_SEPARATOR, 1)[-1]
