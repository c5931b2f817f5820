"""The best task types of each image over all batches, from the best of each batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set

import polars as pl

from tg_assets.tables import CANDIDATE_PAIRS, CLIP_SIMILARITY

Cells = Callable[[], Iterable[tuple[str, pl.DataFrame]]]
"""Gives the cells of a shard with their batches, one at a time, as often as it is called."""


def best_of_all(
    cells: Cells,
    sizes: Mapping[str, int],
    k: int,
    withdrawn: Set[str],
    again: Callable[[str, list[str]], pl.DataFrame],
) -> pl.DataFrame:
    """Return each image's k best over all task types that are not withdrawn.

    What a cell left out is no better than the last that it kept. So the merged cells are the best
    of everything unless, after withdrawals, an image's last candidate is worse than what some cell
    kept last; only then, and only for that image, the batch is compared again.

    Args:
        cells: The shard's ``CLIP_SIMILARITY`` tables by batch.
        sizes: How many task types each batch has, withdrawn or not.
        k: Task types per image.
        withdrawn: Ids of task types that are no longer used.
        again: Gives the cell of a batch for some images, over what is not withdrawn.

    Returns:
        ``CANDIDATE_PAIRS``.
    """
    merged = merge((cell for _, cell in cells()), k, withdrawn)
    if not withdrawn:
        return merged
    short = {
        batch: images
        for batch, cell in cells()
        if (images := short_images(cell, merged, k, sizes[batch]))
    }
    if not short:
        return merged
    affected = pl.Series(sorted(set().union(*short.values())))

    def repaired() -> Iterator[pl.DataFrame]:
        for batch, cell in cells():
            cell = cell.filter(pl.col("image_id").is_in(affected.implode()))
            if batch in short:
                cell = cell.filter(~pl.col("image_id").is_in(pl.Series(short[batch]).implode()))
                cell = pl.concat([cell, again(batch, short[batch])])
            yield cell

    rest = merged.filter(~pl.col("image_id").is_in(affected.implode()))
    return CANDIDATE_PAIRS.enforce(pl.concat([rest, merge(repaired(), k, withdrawn)]))


def merge(cells: Iterable[pl.DataFrame], k: int, withdrawn: Set[str]) -> pl.DataFrame:
    """Merge the batches' best task types into each image's k best, rank 1 first.

    A cell's rows that score below an image's k best so far are dropped unseen, so a small new
    batch costs little however large the others are. After withdrawals the result may lack what
    cells left out: see `best_of_all`.

    Args:
        cells: ``CLIP_SIMILARITY`` tables of different task batches; read one at a time.
        k: Task types per image.
        withdrawn: Ids of task types that are no longer used.

    Returns:
        ``CANDIDATE_PAIRS``: by descending score, equal scores in the order of task ids.

    Raises:
        ValueError: Two cells hold the same task type for the same image.
    """
    best = CANDIDATE_PAIRS.empty()
    for cell in cells:
        rows = CLIP_SIMILARITY.enforce(cell)
        if withdrawn:
            used = ~pl.col("task_id").is_in(pl.Series(sorted(withdrawn)).implode())
            rows = _ranked(rows.filter(used))
        best = _with(best, rows, k)
    return CANDIDATE_PAIRS.enforce(best)


def short_images(cell: pl.DataFrame, merged: pl.DataFrame, k: int, n_types: int) -> list[str]:
    """Return the images whose best may include a task type that the cell left out, sorted.

    Args:
        cell: A ``CLIP_SIMILARITY`` table, with what was withdrawn since.
        merged: ``CANDIDATE_PAIRS`` of the shard, without.
        k: Task types wanted per image.
        n_types: Task types that the cell was chosen from.
    """
    last = cell.group_by("image_id").agg(
        kept=pl.len(), score=pl.col("score").last(), task_id=pl.col("task_id").last()
    )
    full = merged.filter(pl.col("rank") == k).select("image_id", worst="score", worst_id="task_id")
    safe = (pl.col("worst") > pl.col("score")) | (
        # what was left out at the same score has a greater id than the last that was kept
        (pl.col("worst") == pl.col("score")) & (pl.col("worst_id") <= pl.col("task_id"))
    )
    return (
        last.filter(pl.col("kept") < n_types)
        .join(full, on="image_id", how="left")
        .filter(~safe.fill_null(False))["image_id"]
        .sort()
        .to_list()
    )


def _with(best: pl.DataFrame, rows: pl.DataFrame, k: int) -> pl.DataFrame:
    """Return the k best of each image of what was best so far and a cell's rows, both ranked."""
    if best.is_empty():
        return rows.filter(pl.col("rank") <= k)
    floors = best.filter(pl.col("rank") == k).select("image_id", floor="score")
    rows = (
        rows.join(floors, on="image_id", how="left")
        .filter(pl.col("floor").is_null() | (pl.col("score") >= pl.col("floor")))
        .drop("floor")
    )
    changed = best["image_id"].is_in(rows["image_id"].unique().implode())
    rows = pl.concat([best.filter(changed), rows])
    _refuse_twins(rows)
    rows = rows.sort("image_id", "score", "task_id", descending=[False, True, False])
    rows = _ranked(rows).filter(pl.col("rank") <= k)
    return best.filter(~changed).merge_sorted(rows, "image_id")


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    """Number each image's rows as they stand."""
    return rows.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("image_id"))


def _refuse_twins(rows: pl.DataFrame) -> None:
    twins = rows.select("image_id", "task_id").is_duplicated()
    if twins.any():
        row = rows.row(int(twins.arg_max() or 0), named=True)
        raise ValueError(
            f"clip_similarity: task type {row['task_id']} stands in more than one cell of image "
            f"{row['image_id']}; a task type belongs to one batch, match the later batch again"
        )
