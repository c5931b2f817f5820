"""The asset `image_pool`."""

from __future__ import annotations

from typing import Any

import dagster as dg
import polars as pl

from resources import progress
from tg_assets.artifact import Made, Work, artifact
from tg_assets.image_pool.choosing import (
    EarlierPools,
    earlier_shards,
    without_excluded,
    without_twins,
    without_withdrawn,
)
from tg_assets.image_pool.excluded import excluded_images
from tg_assets.image_pool.locations import LOCAL, is_rendered, scheme
from tg_assets.image_pool.reading import read_registered
from tg_assets.image_pool.registering import Registered, register, registered_row
from tg_assets.recipes import decoding_recipe
from tg_assets.showing import some, thumbnails
from tg_assets.tables import IMAGE_POOL, REJECTED_IMAGES
from tg_assets.withdrawals.respected import (
    WITHDRAWN,
    respects_withdrawals,
    withdrawn_images,
)

REMOTE_WORKERS = 8
"""Threads that read from a storage, most of which wait for it."""


@artifact("images")
def image_pool(work: Work) -> Made:
    """The images of a shard, each decoded once; what cannot be used is quarantined beside it."""
    (shard,) = work.keys
    files = work.tables.read("shard_files", shard)
    photos = files.filter(~pl.col("uri").map_elements(is_rendered, pl.Boolean))
    found = _chosen(work, shard, photos)
    drawn = _drawn(work)
    found = without_withdrawn(found, withdrawn_images(work.tables))
    pool = pl.concat([found.pool, drawn.pool])
    facts: dict[str, Any] = {"files": files.height, "rejected": found.rejected.height}
    facts |= _left_out(found, drawn)
    formats = pool.group_by("format").len().sort("format")
    reasons = found.rejected.group_by("reason").len().sort("reason")
    return Made(
        pool,
        metadata={f"{name} (images)": count for name, count in formats.iter_rows()}
        | {f"{reason} (rejected)": count for reason, count in reasons.iter_rows()}
        | {"examples": _examples(pool)},
        facts=facts,
        beside={"rejected_images": found.rejected},
        preview=pool.drop("perceptual_hash"),
    )


def _left_out(*found: Registered) -> dict[str, list[str]]:
    rejected = pl.concat(part.rejected for part in found)
    ids = rejected.filter(pl.col("reason") == WITHDRAWN)["twin_image_id"].unique().sort()
    return {WITHDRAWN: ids.to_list()} if len(ids) else {}


def _examples(pool: pl.DataFrame) -> dg.MetadataValue[Any]:
    shown = some(pool, "image_id").with_columns(
        size=pl.format("{} x {}", "width", "height"), title=pl.col("uri").str.split("/").list.last()
    )
    columns = ("uri", "image_id", "title", "format", "size")
    return thumbnails(shown.select(columns).iter_rows(), ("file", "format", "size"))


def _chosen(work: Work, shard: str, photos: pl.DataFrame) -> Registered:
    """Return the photos that enter the pool; pictures of the project's own always do."""
    images = work.settings.images
    if photos.is_empty() or (images.excluded is None and images.near_duplicates is None):
        return _decoded(work, shard, photos)
    found = _decoded_once(work, shard, photos)
    if images.excluded is not None:
        excluded = excluded_images(images.excluded.path, work.tables.root / "listings")
        found = without_excluded(found, excluded, images.excluded.max_distance)
    if images.near_duplicates is not None:
        before = earlier_shards(shard, work.tables.partitions("shard_files"))
        earlier = EarlierPools(work.tables, before)
        limit = images.near_duplicates.max_distance
        found = without_twins(found, photos["uri"].to_list(), earlier, limit)
    return found


def _decoded(work: Work, shard: str, photos: pl.DataFrame) -> Registered:
    return register(
        photos,
        workers=2 if all(scheme(uri) == LOCAL for uri in photos["uri"]) else REMOTE_WORKERS,
        on_progress=lambda done: progress.report(f"image_pool {shard}", done, photos.height),
        images=work.settings.images,
    )


def _decoded_once(work: Work, shard: str, photos: pl.DataFrame) -> Registered:
    """Return the shard's photos from the tables, if they were decoded under the same settings."""
    wanted = decoding_recipe(work.galaxy, shard)
    stamps = [work.tables.stamp(table, shard) for table in ("decoded_images", "undecoded_files")]
    withdrawn = withdrawn_images(work.tables)
    if all(
        stamp is not None
        and stamp.inputs == wanted
        and respects_withdrawals(work.tables, table, (shard,), stamp)
        for table, stamp in zip(("decoded_images", "undecoded_files"), stamps, strict=True)
    ):
        pool, rejected = (
            work.tables.read(table, shard) for table in ("decoded_images", "undecoded_files")
        )
        return Registered(pool=pool, rejected=rejected)
    found = without_withdrawn(_decoded(work, shard, photos), withdrawn)
    facts = _left_out(found)
    work.tables.write("decoded_images", found.pool, shard, inputs=wanted, facts=facts)
    work.tables.write("undecoded_files", found.rejected, shard, inputs=wanted)
    return found


def _drawn(work: Work) -> Registered:
    """Return the rows of the pictures that the project drew itself."""
    rows = []
    for scene in work.read("scenes").iter_rows(named=True):
        content = read_registered(scene["uri"], scene["image_id"])
        rows.append(registered_row(scene["uri"], scene["source"], scene["license"], content))
    pool = pl.DataFrame(rows, schema=dict(IMAGE_POOL.columns))
    return Registered(pool=pool, rejected=REJECTED_IMAGES.empty())
