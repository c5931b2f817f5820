"""The licence that an image has now: its shard's, unless its source says another since.

A shard never changes, and the licence that it was registered under is part of it. What a source
says today (the settings, a list, a table) is compared with that whenever the sources are listed;
the differences are a small table, which the dataset reads. So another licence runs nothing again
but the dataset.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from tg_assets.tables import CHANGED_LICENCES
from tg_assets.tables_io import TableStore


def write_changed(tables: TableStore, found: Mapping[tuple[str, str], str]) -> None:
    """Keep what a look at the sources found; what it did not come by stays as it was.

    Args:
        tables: Where it goes.
        found: (source, uri) -> the licence now, "" when it is the one of the shard; "" as uri for
            all pictures that are drawn for a source.
    """
    before = changed(tables)
    rows = {(source, uri): license for source, uri, license in before.iter_rows()}
    rows |= found
    frame = CHANGED_LICENCES.enforce(
        pl.DataFrame(
            [(*key, license) for key, license in rows.items() if license],
            schema=dict(CHANGED_LICENCES.columns),
            orient="row",
        )
    )
    if not frame.equals(before):
        tables.write("changed_licences", frame)


def changed(tables: TableStore) -> pl.DataFrame:
    """Return ``CHANGED_LICENCES``, empty when no licence ever changed."""
    if tables.stamp("changed_licences") is None:
        return CHANGED_LICENCES.empty()
    return tables.read("changed_licences")


def as_of_now(pool: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Return images with the licences they have now.

    Args:
        pool: Rows with uri, source and license, such as ``IMAGE_POOL``.
        changes: ``CHANGED_LICENCES``.
    """
    if changes.is_empty():
        return pool
    of_files = changes.filter(pl.col("uri") != "").rename({"license": "_of_file"})
    of_sources = changes.filter(pl.col("uri") == "").select("source", _of_source="license")
    joined = pool.join(of_files, on=["source", "uri"], how="left", maintain_order="left").join(
        of_sources, on="source", how="left", maintain_order="left"
    )
    now = pl.coalesce("_of_file", "_of_source", "license")
    return joined.with_columns(license=now).select(pool.columns)
