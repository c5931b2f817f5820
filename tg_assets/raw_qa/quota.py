"""Which task types are full before a shard: earlier shards hold all the samples they may have.

Earlier-numbered shards are read directly, as Dagster refuses a partition that depends on earlier
ones of its own dimension. What is full depends on their files alone, never on which run came first:
a shard that was asked before they were scored is made again, and then leaves out the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import polars as pl

from tg_assets import ids
from tg_assets.balanced_dataset.balancing import one_per_question
from tg_assets.image_pool.choosing import earlier_shards
from tg_assets.tables import QA_SKIPPED
from tg_assets.tables_io import TableStore
from tg_assets.withdrawals.respected import withdrawn_images, withdrawn_types

FULL = "task type full"
"""The reason of pairs that are not asked about."""

_QUESTION = ("image_id", "question")
_COUNTED = {"image_id": pl.String, "question": pl.String, "task_id": pl.String}


def full_types(tables: TableStore, shard: str, min_score: int, max_per_type: int) -> frozenset[str]:
    """Return the ids of the task types that are full before a shard.

    What counts is what balancing would take: enough votes, one sample of a question about an image,
    nothing that is withdrawn. Known answers do not count, so that a type is never full too early.

    Args:
        tables: Where the earlier shards' ``SCORED_QA`` lie; those that have none yet hold nothing.
        shard: The shard.
        min_score: Votes a sample needs.
        max_per_type: Samples a type may have.
    """
    withdrawn = withdrawn_images(tables) | withdrawn_types(tables)
    counting = _counting(str(tables.root), withdrawn, min_score, max_per_type)
    stamps = (
        (key, tables.stamp("scored_qa", key))
        for key in earlier_shards(shard, tables.partitions("scored_qa"))
    )
    return counting.after([(key, stamp.version) for key, stamp in stamps if stamp is not None])


def without_full(pairs: pl.DataFrame, full: frozenset[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split pairs into those that are asked about, and ``QA_SKIPPED``."""
    is_full = pl.col("task_id").is_in(list(full))
    skipped = pairs.filter(is_full).select("image_id", "task_id", reason=pl.lit(FULL))
    return pairs.filter(~is_full), QA_SKIPPED.enforce(skipped)


@lru_cache(maxsize=4)
def _counting(root: str, withdrawn: frozenset[str], min_score: int, cap: int) -> _Counting:
    return _Counting(TableStore(root), withdrawn, min_score, cap)


@dataclass
class _Counting:
    """Counts shard after shard, and goes on from where it was when the next one is asked for.

    Only questions of types that are not full are held: at most the cap of each.
    """

    tables: TableStore
    withdrawn: frozenset[str]
    min_score: int
    cap: int
    read: list[tuple[str, str]] = field(default_factory=list)
    counted: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_COUNTED))
    full: frozenset[str] = frozenset()

    def after(self, shards: Sequence[tuple[str, str]]) -> frozenset[str]:
        """Return what is full after shards, given with the versions of their files."""
        if list(shards[: len(self.read)]) != self.read:
            self.read, self.full = [], frozenset()
            self.counted = self.counted.clear()
        for shard in shards[len(self.read) :]:
            self._add(shard[0])
            self.read.append(shard)
        return self.full

    def _add(self, shard: str) -> None:
        rows = self.tables.read("scored_qa", shard).filter(
            (pl.col("score") >= self.min_score)
            & ~pl.col("image_id").is_in(list(self.withdrawn))
            & ~pl.col("task_id").is_in(list(self.withdrawn))
        )
        names = [ids.sample_id(qa) for qa in rows["qa_id"]]
        rows = rows.with_columns(sample_id=pl.Series(names, dtype=pl.String))
        new = one_per_question(rows).select(*_COUNTED)
        new = new.join(self.counted, on=_QUESTION, how="anti")  # a picture that lies in two shards
        counted = pl.concat([self.counted, new])
        sizes = counted.group_by("task_id").len()
        self.full |= frozenset(sizes.filter(pl.col("len") >= self.cap)["task_id"])
        self.counted = counted.filter(~pl.col("task_id").is_in(list(self.full)))
