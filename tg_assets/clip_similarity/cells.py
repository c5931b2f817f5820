"""One cell of the matrix: a shard's images against a batch's task types."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Set

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tg_assets.clip_similarity.top_k import BadVector, Prepared, Vectors, prepare
from tg_assets.tables import CLIP_SIMILARITY, TableError


class Batch:
    """The task types of a batch, prepared once for all the shards they are compared with.

    Args:
        tasks: ``TASK_EMBEDDINGS``; rows without an embedding are left out.
        device: ``cpu``, or torch's name of a GPU.

    Raises:
        TableError: A task type's vector has no similarity; the message names it.
    """

    def __init__(self, tasks: pl.DataFrame, device: str = "cpu") -> None:
        tasks = tasks.filter(pl.col("embedding").is_not_null())
        self.ids = tasks["task_id"]
        self.prepared: Prepared | None = None
        if tasks.height:
            try:
                self.prepared = prepare(_matrix(tasks), self.ids.to_list(), device)
            except BadVector as error:
                raise _named("task_embeddings", "task type", self.ids, error) from error

    def best(self, images: pl.DataFrame, keep: int) -> pl.DataFrame:
        """Return each image's best task types of the batch.

        Args:
            images: ``IMAGE_EMBEDDINGS``; rows without an embedding are left out.
            keep: How many task types to keep per image.

        Returns:
            ``CLIP_SIMILARITY``, rank 1 first.

        Raises:
            TableError: An image's vector has no similarity; the message names it.
        """
        images = images.filter(pl.col("embedding").is_not_null())
        if images.is_empty() or self.prepared is None:
            return CLIP_SIMILARITY.empty()
        try:
            best = self.prepared.top_k(_matrix(images), keep)
        except BadVector as error:
            raise _named("image_embeddings", "image", images["image_id"], error) from error
        n, k = best.indices.shape
        return CLIP_SIMILARITY.enforce(
            pl.DataFrame(
                {
                    "image_id": images["image_id"].gather(np.repeat(np.arange(n), k)),
                    "task_id": self.ids.gather(best.indices.ravel()),
                    "score": best.scores.ravel(),
                    "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), n),
                }
            )
        )

    def best_without(self, images: pl.DataFrame, keep: int, withdrawn: Set[str]) -> pl.DataFrame:
        """Return each image's best task types that are not withdrawn: see `best`.

        As many more are looked for as are withdrawn, so a batch that was prepared serves as it is.
        """
        gone = self.ids.is_in(pl.Series(sorted(withdrawn), dtype=pl.String).implode())
        found = self.best(images, keep + int(gone.sum()))
        lost = pl.col("task_id").is_in(self.ids.filter(gone).implode())
        rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("image_id")
        return found.filter(~lost).with_columns(rank=rank).filter(pl.col("rank") <= keep)


def best_of_cell(images: pl.DataFrame, tasks: pl.DataFrame, keep: int) -> pl.DataFrame:
    """Return each image's best task types of a batch that is used once: see `Batch`."""
    return Batch(tasks).best(images, keep)


class Batches:
    """The batches that were used last, by the version of their rows.

    A pass compares every shard with the same batches; reading and preparing 19,227 task types
    takes as long as comparing a thousand images with them.

    Args:
        limit: How many are kept; one of 19,227 task types at 768 dimensions takes 90 MB.
    """

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Batch] = OrderedDict()

    def get(self, version: str, read: Callable[[], pl.DataFrame]) -> Batch:
        """Return the batch whose rows have this version, read and prepared when it is not kept."""
        if version not in self._kept:
            self._kept[version] = Batch(read())
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        self._kept.move_to_end(version)
        return self._kept[version]


def _matrix(frame: pl.DataFrame) -> Vectors:
    """Return a column of lists or arrays of float16 or float32 as a matrix, without copying it."""
    column = frame["embedding"].rechunk()
    if isinstance(column.dtype, pl.Array):
        column = column.arr.to_list()
    dimensions = column.list.len().unique().sort().to_list()
    if len(dimensions) > 1:
        raise TableError(
            f"vectors of {dimensions} dimensions stand in one table: they come from different "
            "encoders; embed again"
        )
    lists = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    flat: NDArray[np.float32] = lists.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(frame.height, -1)


def _named(table: str, kind: str, ids: pl.Series, error: BadVector) -> TableError:
    return TableError(
        f"{table}: the vector of {kind} {ids[error.row]} {error.wrong}; delete the partition's "
        "file and embed it again"
    )
