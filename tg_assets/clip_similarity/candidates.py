"""The best task types of each image over all batches, from the best of each batch."""

from __future__ import annotations

from collections.abc import Iterable, Set

import polars as pl

from tg_assets.tables import CANDIDATE_PAIRS, CLIP_SIMILARITY


def merge(cells: Iterable[pl.DataFrame], k: int, withdrawn: Set[str]) -> pl.DataFrame:
    """Merge the batches' best task types into each image's k best, rank 1 first.

    The result is that over all task types at once as long as every cell holds, for each image,
    its k best that are not withdrawn, or all there are: see `short_images`.

    Args:
        cells: CLIP_SIMILARITY tables of different task batches; read one at a time.
        k: Task types per image.
        withdrawn: Ids of task types that are no longer used.

    Returns:
        CANDIDATE_PAIRS: by descending score, equal scores in the order of task ids.

    Raises:
        ValueError: Two cells hold the same task type for the same image.
    """
    best = CANDIDATE_PAIRS.empty()
    for cell in cells:
        rows = pl.concat([best, _kept(cell, withdrawn)])
        _refuse_twins(rows)
        best = _ranked(rows).filter(pl.col("rank") <= k)
    return CANDIDATE_PAIRS.enforce(best)


def short_images(
    cells: Iterable[pl.DataFrame], k: int, withdrawn: Set[str], n_remaining: int
) -> list[str]:
    """Return the images that withdrawals left with too few task types, sorted.

    Ask about one batch at a time: its cell (or cells), and how many of its task types remain. A
    batch in which an image has fewer than min(k, remaining) left must be matched again for that
    image, even where other batches fill its k, because what the cell left out may score higher.

    Args:
        cells: CLIP_SIMILARITY tables.
        k: Task types wanted per image.
        withdrawn: Ids of task types that are no longer used.
        n_remaining: Task types that the cells were chosen from and that are not withdrawn.
    """
    enough = min(k, n_remaining)
    counts = [
        cell.group_by("image_id").agg(
            (~pl.col("task_id").is_in(sorted(withdrawn))).sum().alias("n")
        )
        for cell in cells
    ]
    if not counts:
        return []
    totals = pl.concat(counts).group_by("image_id").agg(pl.col("n").sum())
    return totals.filter(pl.col("n") < enough)["image_id"].sort().to_list()


def _kept(cell: pl.DataFrame, withdrawn: Set[str]) -> pl.DataFrame:
    cell = CLIP_SIMILARITY.enforce(cell)
    return cell.filter(~pl.col("task_id").is_in(sorted(withdrawn)))


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.sort("image_id", "score", "task_id", descending=[False, True, False])
    return rows.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("image_id"))


def _refuse_twins(rows: pl.DataFrame) -> None:
    twins = rows.select("image_id", "task_id").is_duplicated()
    if twins.any():
        row = rows.row(int(twins.arg_max() or 0), named=True)
        raise ValueError(
            f"clip_similarity: task type {row['task_id']} stands in more than one cell of image "
            f"{row['image_id']}; a task type belongs to one batch, match the later batch again"
        )
