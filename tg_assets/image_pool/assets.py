"""The asset `image_pool`."""

from __future__ import annotations

from typing import Any

import dagster as dg
import polars as pl

from resources import progress
from tg_assets.artifact import Made, Work, artifact
from tg_assets.image_pool.locations import is_rendered
from tg_assets.image_pool.reading import read_registered
from tg_assets.image_pool.registering import Registered, register, registered_row
from tg_assets.showing import some, thumbnails
from tg_assets.tables import IMAGE_POOL, REJECTED_IMAGES


@artifact("images")
def image_pool(work: Work) -> Made:
    """The images of a shard, each decoded once; what cannot be used is quarantined beside it."""
    (shard,) = work.keys
    files = work.tables.read("shard_files", shard)
    photos = files.filter(~pl.col("uri").map_elements(is_rendered, pl.Boolean))
    found = register(
        photos,
        on_progress=lambda done: progress.report(f"image_pool {shard}", done, files.height),
    )
    drawn = _drawn(work)
    pool = pl.concat([found.pool, drawn.pool])
    formats = pool.group_by("format").len().sort("format")
    reasons = found.rejected.group_by("reason").len().sort("reason")
    return Made(
        pool,
        metadata={f"{name} (images)": count for name, count in formats.iter_rows()}
        | {f"{reason} (rejected)": count for reason, count in reasons.iter_rows()}
        | {"examples": _examples(pool)},
        facts={"files": files.height, "rejected": found.rejected.height},
        beside={"rejected_images": found.rejected},
        preview=pool.drop("perceptual_hash"),
    )


def _examples(pool: pl.DataFrame) -> dg.MetadataValue[Any]:
    shown = some(pool, "image_id").with_columns(
        size=pl.format("{} x {}", "width", "height"), title=pl.col("uri").str.split("/").list.last()
    )
    columns = ("uri", "image_id", "title", "format", "size")
    return thumbnails(shown.select(columns).iter_rows(), ("file", "format", "size"))


def _drawn(work: Work) -> Registered:
    """Return the rows of the pictures that the project drew itself."""
    rows = []
    for scene in work.read("scenes").iter_rows(named=True):
        content = read_registered(scene["uri"], scene["image_id"])
        rows.append(registered_row(scene["uri"], scene["source"], scene["license"], content))
    pool = pl.DataFrame(rows, schema=dict(IMAGE_POOL.columns))
    return Registered(pool=pool, rejected=REJECTED_IMAGES.empty())
