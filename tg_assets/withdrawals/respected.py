"""Whether a shard's tables hold what was withdrawn since, or left out what was given back.

What is withdrawn goes where it comes in: an image is in no `scenes` and no `image_pool`, and so in
nothing that is made of them; a file that is drawn is deleted. A shard is made again only when it
holds such an image: its file says which images it left out, in the fact `withdrawn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import polars as pl

from tg_assets.tables_io import Stamp, TableStore

WITHDRAWN = "withdrawn"
"""The fact of a table that lists the images it left out, and the reason for which it did."""

RESPECTING = ("scenes", "image_pool", "decoded_images")
"""The tables that leave withdrawn images out; all others are made of them."""


def withdrawn_images(tables: TableStore) -> frozenset[str]:
    """Return the ids of the images that are withdrawn; none before the list was first read."""
    return _withdrawn(tables, "image")


def withdrawn_types(tables: TableStore) -> frozenset[str]:
    """Return the ids of the task types that are withdrawn."""
    return _withdrawn(tables, "task_type")


def _withdrawn(tables: TableStore, kind: str) -> frozenset[str]:
    stamp = tables.stamp("withdrawals")
    return frozenset() if stamp is None else _listed(str(tables.root), stamp.version)[kind]


@lru_cache(maxsize=8)
def _listed(root: str, _: str) -> Mapping[str, frozenset[str]]:
    rows = TableStore(root).read("withdrawals")
    return {
        kind: frozenset(rows.filter(pl.col("kind") == kind)["id"])
        for kind in ("image", "task_type")
    }


def respects_withdrawals(
    tables: TableStore, asset: str, partition: tuple[str, ...], stamp: Stamp
) -> bool:
    """Whether a partition holds no withdrawn image and left out none that is not."""
    if asset not in RESPECTING:
        return True
    withdrawn, left_out = withdrawn_images(tables), left_out_of(stamp)
    if not left_out <= withdrawn:
        return False
    more = withdrawn - left_out
    return not more or more.isdisjoint(images_of(tables, asset, partition[0], stamp))


def left_out_of(stamp: Stamp) -> frozenset[str]:
    """Return the images that a partition left out because they were withdrawn."""
    return frozenset(stamp.facts.get(WITHDRAWN, ()))


def images_of(tables: TableStore, asset: str, shard: str, stamp: Stamp) -> frozenset[str]:
    """Return the ids of the images that a shard's table holds; read once for each version."""
    return _held(str(tables.root), asset, shard, stamp.version)


@lru_cache(maxsize=4096)
def _held(root: str, asset: str, shard: str, _: str) -> frozenset[str]:
    return frozenset(TableStore(root).read(asset, shard)["image_id"])
