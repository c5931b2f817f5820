"""A galaxy's matching tables with synthetic embeddings, made by the project's own functions.

What `benchmarks.incremental` and `benchmarks.paper_scale` measure: comparing shards with batches
and merging, each table read and written by the project's store as the assets do.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tg_assets.clip_similarity.candidates import best_of_all
from tg_assets.clip_similarity.cells import Batch, Batches
from tg_assets.clip_similarity.top_k import prepare
from tg_assets.tables import IMAGE_EMBEDDINGS, TASK_EMBEDDINGS
from tg_assets.tables_io import TableStore

TOP_K, KEEP = 10, 16  # the settings' defaults


def vectors(count: int, dimension: int, seed: int) -> NDArray[np.float16]:
    """Vectors of length 1 around 64 centers, as embeddings are: clustered, not uniform."""
    dice = np.random.default_rng(seed)
    centers = np.random.default_rng(0).normal(size=(64, dimension)).astype(np.float32)
    rows = dice.standard_normal((count, dimension), dtype=np.float32)
    rows += centers[dice.integers(0, 64, count)]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16)


def ids(kind: str, seed: int, count: int) -> list[str]:
    """Identifiers that look like the project's."""
    return [
        hashlib.blake2b(f"{kind} {seed} {row}".encode(), digest_size=16).hexdigest()
        for row in range(count)
    ]


@dataclass
class Matched:
    """Tables of images, task types and their matches.

    Attributes:
        tables: The store.
        dimension: Of the embeddings.
        batches: Keys of the task batches there are.
        seconds: Time spent, by what for.
    """

    tables: TableStore
    dimension: int
    batches: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    kept: Batches = field(default_factory=Batches)

    def add_images(self, shard: str, count: int, seed: int) -> None:
        """Write the embeddings of a shard."""
        frame = _embeddings("image_id", ids("image", seed, count), count, self.dimension, seed)
        frame = frame.with_columns(reason=pl.lit(None, pl.String))
        with self.timed("write embeddings"):
            self.tables.write("image_embeddings", _typed(frame, IMAGE_EMBEDDINGS), shard)

    def add_tasks(self, batch: str, count: int, seed: int) -> None:
        """Write the embeddings of a batch."""
        frame = _embeddings("task_id", ids("task", seed, count), count, self.dimension, seed)
        frame = frame.with_columns(text=pl.lit("a task type"), reason=pl.lit(None, pl.String))
        self.tables.write("task_embeddings", _typed(frame, TASK_EMBEDDINGS), batch)
        self.batches.append(batch)

    def warm_up(self) -> None:
        """Load what a process loads once, so that it is not counted."""
        rows = vectors(2000, self.dimension, 0)
        prepared = prepare(rows[:1000], ids("task", 0, 1000))
        prepared.top_k(rows, KEEP)
        self.taken()

    def compare(self, shards: Sequence[str], batches: Sequence[str]) -> None:
        """Do what the asset `clip_similarity` does for each cell."""
        for shard in shards:
            for batch in batches:
                with self.timed("read task types"):
                    tasks = self._batch(batch)
                with self.timed("read embeddings"):
                    images = self.tables.read("image_embeddings", shard)
                with self.timed("compare"):
                    cell = tasks.best(images, KEEP)
                with self.timed("write cells"):
                    self.tables.write("clip_similarity", cell, shard, batch)

    def merge(self, shards: Sequence[str], withdrawn: frozenset[str] = frozenset()) -> int:
        """Do what the asset `candidate_pairs` does for each shard; return images compared again."""
        sizes = {batch: self.tables.rows("task_embeddings", batch) or 0 for batch in self.batches}
        compared = 0
        for shard in shards:

            def cells(shard: str = shard) -> Iterator[tuple[str, pl.DataFrame]]:
                for batch in self.batches:
                    with self.timed("read cells"):
                        cell = self.tables.read("clip_similarity", shard, batch)
                    yield batch, cell

            def again(batch: str, short: list[str], shard: str = shard) -> pl.DataFrame:
                nonlocal compared
                compared += len(short)
                return self._again(shard, batch, short, withdrawn)

            with self.timed("merge and read cells"):
                pairs = best_of_all(cells, sizes, TOP_K, withdrawn, again)
            with self.timed("write candidate pairs"):
                self.tables.write("candidate_pairs", pairs, shard)
        return compared

    def _again(
        self, shard: str, batch: str, short: list[str], withdrawn: frozenset[str]
    ) -> pl.DataFrame:
        images = self.tables.read("image_embeddings", shard)
        images = images.filter(pl.col("image_id").is_in(pl.Series(short).implode()))
        return self._batch(batch).best_without(images, TOP_K, withdrawn)

    def _batch(self, batch: str) -> Batch:
        stamp = self.tables.stamp("task_embeddings", batch)
        assert stamp
        return self.kept.get(stamp.version, lambda: self.tables.read("task_embeddings", batch))

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the time of the block to what it was spent for."""
        started = time.perf_counter()
        yield
        self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - started

    def taken(self) -> dict[str, float]:
        """Return the time spent since the last call, by what for, and forget it."""
        seconds, self.seconds = self.seconds, {}
        merging = seconds.pop("merge and read cells", 0.0) - seconds.get("read cells", 0.0)
        if merging > 0:
            seconds["merge"] = merging
        return {what: round(spent, 3) for what, spent in seconds.items()}


def _embeddings(key: str, names: list[str], count: int, dimension: int, seed: int) -> pl.DataFrame:
    rows = pl.Series("embedding", vectors(count, dimension, seed))
    return pl.DataFrame({key: names, "embedding": rows.arr.to_list()})


def _typed(frame: pl.DataFrame, table: Any) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in table.columns.items())


@contextmanager
def spent() -> Iterator[dict[str, float]]:
    """Yield a dictionary that holds, after the block, its time and its processor time."""
    cost: dict[str, float] = {}
    started, used = time.perf_counter(), time.process_time()
    yield cost
    cost["seconds"] = round(time.perf_counter() - started, 3)
    cost["cpu_s"] = round(time.process_time() - used, 3)


def peak_gib() -> float:
    """Return the most memory this process has had at once, in GiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def shard_keys(count: int, size: int, first: int = 0) -> list[tuple[str, int]]:
    """Return keys and sizes of the shards that so many images fill."""
    return [
        (f"{first + number:05d}-synthetic", min(size, count - start))
        for number, start in enumerate(range(0, count, size))
    ]


def store(folder: str | Path) -> TableStore:
    """Return an empty store."""
    return TableStore(str(folder))
