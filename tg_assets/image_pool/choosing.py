"""Which of a shard's images enter the pool, beside what looks the same: the earliest is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tg_assets.image_pool.excluded import ExcludedImages
from tg_assets.image_pool.near_duplicates import Hashes, find_twins
from tg_assets.image_pool.registering import Registered
from tg_assets.tables import IMAGE_POOL, REJECTED_IMAGES
from tg_assets.tables_io import TableStore
from tg_assets.withdrawals.respected import WITHDRAWN

NEAR_DUPLICATE, EXCLUDED = "near_duplicate", "excluded"
"""The reasons of images that are left out for what they look like; they are good files."""


def without_withdrawn(found: Registered, withdrawn: Set[str]) -> Registered:
    """Leave withdrawn images out: rejected, each with its own id as twin_image_id."""
    gone = found.pool.filter(pl.col("image_id").is_in(pl.Series(sorted(withdrawn)).implode()))
    if gone.is_empty():
        return found
    rows = gone.select(
        "uri",
        "source",
        reason=pl.lit(WITHDRAWN),
        detail=pl.lit("the list of withdrawals names it"),
        twin_image_id="image_id",
    )
    return Registered(
        pool=found.pool.join(gone, on="image_id", how="anti"),
        rejected=REJECTED_IMAGES.enforce(pl.concat([found.rejected, rows])),
    )


def earlier_shards(shard: str, shards: Iterable[str]) -> list[str]:
    """Return the shards that are numbered before one, in order."""
    return sorted((key for key in shards if _number(key) < _number(shard)), key=_number)


class EarlierPools:
    """The images of earlier shards, a shard at a time; only their hashes stay in memory.

    Args:
        tables: Where they lie.
        shards: Which; those that were never materialized are passed over.
    """

    def __init__(self, tables: TableStore, shards: Sequence[str]) -> None:
        self._tables = tables
        stamps = [(key, tables.stamp("image_pool", key)) for key in shards]
        self._versions = [(key, stamp.version) for key, stamp in stamps if stamp is not None]

    def hashes(self) -> list[Hashes]:
        """Return the hashes of each shard, in the order of their rows."""
        return [_hashes(self._tables.root, key, version) for key, version in self._versions]

    def rows(self, numbers: NDArray[np.int64]) -> dict[int, dict[str, Any]]:
        """Return the rows of images by their numbers in :meth:`hashes`, each with its shard."""
        starts = list(accumulate((len(part) for part in self.hashes()), initial=0))
        found: dict[int, dict[str, Any]] = {}
        for (key, _), start, end in zip(self._versions, starts, starts[1:], strict=False):
            inside = numbers[(numbers >= start) & (numbers < end)]
            if len(inside):
                frame = self._tables.read("image_pool", key)
                for number in inside:
                    found[int(number)] = {**frame.row(int(number) - start, named=True), "in": key}
        return found


def without_twins(
    found: Registered, order: Sequence[str], earlier: EarlierPools, max_distance: int
) -> Registered:
    """Leave out the images that look like an earlier one.

    Args:
        found: The shard's images.
        order: Their uris in order of arrival.
        earlier: The pools of earlier shards.
        max_distance: Most bits in which the hashes of twins differ.

    Returns:
        The images that are kept; the others are rejected, each with the id of its twin.
    """
    pool = _in_order(found.pool, order)
    twins = find_twins(_values(pool), earlier.hashes(), max_distance)
    before = earlier.rows(twins.earlier[twins.earlier >= 0])
    rows = list(pool.iter_rows(named=True))

    def twin(number: int) -> tuple[str, str]:
        other = int(twins.earlier[number])
        row = before[other] if other >= 0 else rows[int(twins.within[number])]
        where = f", in shard {row['in']}" if other >= 0 else ""
        return f"it looks like {row['uri']}{where}", row["image_id"]

    return _left_out(found, pool, twins.distance, NEAR_DUPLICATE, twin)


def without_excluded(found: Registered, excluded: ExcludedImages, max_distance: int) -> Registered:
    """Leave out the images that are, or look like, one of a set that must not be trained on."""
    known = {name: n for n, name in enumerate(excluded.image_ids) if name is not None}
    pool = found.pool
    # Each alone, so that images of the shard are not compared with each other.
    twins = find_twins(_values(pool), [excluded.hashes], max_distance)
    same = np.array([known.get(name, -1) for name in pool["image_id"]], np.int64)
    number = np.where(same >= 0, same, twins.earlier)
    distance = np.where(same >= 0, 0, np.where(twins.earlier >= 0, twins.distance, -1))

    def twin(at: int) -> tuple[str, None]:
        return f"it looks like {excluded.names[int(number[at])]} of images.excluded", None

    return _left_out(found, pool, distance, EXCLUDED, twin)


def _left_out(
    found: Registered,
    pool: pl.DataFrame,
    distance: NDArray[np.int64],
    reason: str,
    twin: Callable[[int], tuple[str, str | None]],
) -> Registered:
    rejected = []
    for number in np.flatnonzero(distance >= 0):
        row = pool.row(int(number), named=True)
        like, name = twin(int(number))
        bits = f"{distance[number]} of 64 bits of their hashes differ"
        rejected.append((row["uri"], row["source"], reason, f"{like}: {bits}", name))
    frame = pl.DataFrame(rejected, schema=dict(REJECTED_IMAGES.columns), orient="row")
    return Registered(
        pool=IMAGE_POOL.enforce(pool.filter(pl.Series(distance < 0))),
        rejected=REJECTED_IMAGES.enforce(pl.concat([found.rejected, frame])),
    )


def _in_order(pool: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    position = pl.DataFrame({"uri": order}).with_row_index("at").unique("uri", keep="first")
    return pool.join(position, on="uri", how="left").sort("at").drop("at")


def _values(pool: pl.DataFrame) -> Hashes:
    return pool["perceptual_hash"].to_numpy()


@lru_cache(maxsize=4096)  # 32 KB each for shards of 4,000 images
def _hashes(root: Any, shard: str, version: str) -> Hashes:
    """Return the hashes of a version of a shard, read once for all that come after it."""
    return _values(TableStore(str(root)).read("image_pool", shard))


def _number(shard: str) -> int:
    return int(shard.split("-")[0])
