"""The asset `withdrawals`."""

from __future__ import annotations

import polars as pl

from tg_assets.artifact import Made, Work, artifact
from tg_assets.tables import TASK_TREE
from tg_assets.tables_io import TableStore
from tg_assets.withdrawals.listed import read_withdrawals, with_branches


@artifact("table")
def withdrawals(work: Work) -> Made:
    """Images and task types that nothing downstream uses any more."""
    listed = read_withdrawals(work.settings.withdrawals)
    frame = with_branches(listed, whole_tree(work.tables))
    return Made(frame, metadata={"listed": listed.height})


def whole_tree(tables: TableStore) -> pl.DataFrame:
    """Return the task types of all batches that were grown."""
    batches = [tables.read("task_tree", batch) for batch in tables.partitions("task_tree")]
    return pl.concat([TASK_TREE.empty(), *batches])
