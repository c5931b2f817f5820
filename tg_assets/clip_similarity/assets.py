"""The assets from pictures and task types to candidate pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from resources.device import DeviceClock
from tg_assets.artifact import Made, Work, artifact
from tg_assets.clip_similarity.candidates import best_of_all
from tg_assets.clip_similarity.cells import Batch, Batches
from tg_assets.clip_similarity.embedding import embed_images, embed_labels
from tg_assets.clip_similarity.looking import looked_at
from tg_assets.clip_similarity.one_encoder import ENCODER, require_one_encoder
from tg_assets.partitions import dimensions
from tg_assets.pools import gpu_pool
from tg_assets.recipes import recipe
from tg_assets.showing import histogram
from tg_assets.tables import IMAGE_EMBEDDINGS

MADE_BY = "made by"
"""The fact of embeddings that says what determines an image's vector beside the image."""


@artifact("torch", pool=gpu_pool)
def task_embeddings(work: Work) -> Made:
    """The batch's task types as vectors of the text tower."""
    clock = DeviceClock()
    frame, shortened = embed_labels(work.read("task_tree"), work.galaxy.encoder, clock)
    shown = {"labels shortened to fit": shortened}
    return _embedded(work, frame, clock, shown)


@artifact("torch", pool=gpu_pool)
def image_embeddings(work: Work) -> Made:
    """The shard's images as vectors; an image that changed since is a row with that reason."""
    clock = DeviceClock()
    pool = work.read("image_pool")
    made_by = recipe(work.galaxy, work.asset, work.partition)
    known = _embedded_before(work, pool, made_by)
    encoder, decoders = work.galaxy.encoder, work.galaxy.picture_decoders
    what = f"embed {work.partition}"
    new = pool.join(known, on="image_id", how="anti")
    frame = pl.concat([known, embed_images(new, encoder, decoders, what, clock)])
    return _embedded(work, frame, clock, {"embedded before": known.height}, {MADE_BY: made_by})


def _embedded_before(work: Work, pool: pl.DataFrame, made_by: str) -> pl.DataFrame:
    """Return the vectors of the shard's images that the same encoder made before."""
    stamp = work.tables.stamp(work.asset, *work.keys)
    if stamp is None or stamp.facts.get(MADE_BY) != made_by:
        return IMAGE_EMBEDDINGS.empty()
    before = work.tables.read(work.asset, *work.keys)
    return before.filter(pl.col("reason").is_null()).join(pool, on="image_id", how="semi")


def _embedded(
    work: Work,
    frame: pl.DataFrame,
    clock: DeviceClock,
    shown: dict[str, Any],
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Made:
    encoder = work.galaxy.encoder
    missing = frame["embedding"].null_count()
    metadata = shown | {"without embedding": missing, "encoder": encoder.describe()}
    if (busy := clock.busy_share()) is not None:
        metadata["share of time the device was busy"] = busy
    return Made(
        frame,
        metadata=metadata,
        facts={"missing": missing, ENCODER: encoder.fingerprint(), **facts},
    )


@artifact("polars")
def clip_similarity(work: Work) -> Made:
    """The cell's best task types of each image: the top of the matrix, never the whole of it."""
    require_one_encoder(work.tables, *work.keys)
    batch = _batch(work, work.keys[1])
    frame = batch.best(work.read("image_embeddings"), work.settings.match.keep_per_batch)
    return Made(frame, metadata=_scores(frame))


@artifact("polars")
def candidate_pairs(work: Work) -> Made:
    """The best task types of each image over all batches, without withdrawn ones."""
    withdrawn = work.read("withdrawals")
    tasks = set(withdrawn.filter(pl.col("kind") == "task_type")["id"])
    images = withdrawn.filter(pl.col("kind") == "image")["id"]
    compared = 0

    def again(batch: str, short: list[str]) -> pl.DataFrame:
        nonlocal compared
        compared += len(short)
        return _compared_again(work, batch, short, tasks)

    frame = best_of_all(
        lambda: _cells(work),
        {
            batch: work.tables.rows("task_embeddings", batch) or 0
            for batch in work.registered.batches
        },
        work.settings.match.top_k,
        tasks,
        again,
    )
    if images.len():
        frame = frame.filter(~pl.col("image_id").is_in(images.implode()))
    shown = {"withdrawn": withdrawn.height, "images compared again": compared}
    seen = looked_at(frame, work.tables, work.inputs.open["clip_similarity"], tasks)
    return Made(frame, metadata=_scores(frame) | shown | seen)


_BATCHES = Batches()


def _batch(work: Work, key: str) -> Batch:
    """Return the task types of a batch, prepared once a process."""
    stamp = work.tables.stamp("task_embeddings", key)
    return _BATCHES.get(
        stamp.version if stamp else "", lambda: work.tables.read("task_embeddings", key)
    )


def _cells(work: Work) -> Iterator[tuple[str, pl.DataFrame]]:
    for key, cell in work.read_each("clip_similarity"):
        yield dimensions(key)[1], cell


def _compared_again(work: Work, batch: str, short: list[str], withdrawn: set[str]) -> pl.DataFrame:
    images = work.tables.read("image_embeddings", *work.keys)
    images = images.filter(pl.col("image_id").is_in(pl.Series(short).implode()))
    return _batch(work, batch).best_without(images, work.settings.match.top_k, withdrawn)


def _scores(frame: pl.DataFrame) -> dict[str, Any]:
    if frame.is_empty():
        return {}
    scores = frame["score"].to_numpy()
    return {
        "score (median)": float(np.median(scores)),
        "score (lowest)": float(scores.min()),
        "images": float(frame["image_id"].n_unique()),
        "task types": float(frame["task_id"].n_unique()),
        "scores": histogram("Scores", scores.tolist()),
    }
