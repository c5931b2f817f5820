"""The paths of task types, by their ids."""

from __future__ import annotations

import polars as pl

from tg_assets.tables_io import TableStore


def task_paths(tables: TableStore) -> pl.DataFrame:
    """Return task_id and path of every task type of every batch.

    An id is a hash of its path, so this is the same whatever batches there are: no gate is needed.
    """
    frames = [
        tables.read("task_tree", batch).select("task_id", "path")
        for batch in tables.partitions("task_tree")
    ]
    empty = pl.DataFrame(schema={"task_id": pl.String, "path": pl.String})
    return pl.concat([empty, *frames]).unique("task_id")
