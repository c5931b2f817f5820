"""Rates that finished shards were measured at; where none is, limits of the settings.

A range is what a new lot of images may differ by: three standard errors of the mean over images,
those of the measured lot and of the new one, and at least as wide as the shards differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from tg_assets.forecasting.spans import Span
from tg_assets.settings import Checks
from tg_assets.tables_io import TableStore

STANDARD_ERRORS = 3.0
UNMEASURED_KEPT = 0.5
"""Share of pairs that the filter keeps where nothing was measured; the paper gives no number."""

RateOf = Callable[[int], Span]
"""Takes how many images a rate is wanted for; gives the rate."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What is known about the stages' yields.

    Attributes:
        kept: Share of pairs that the filter keeps.
        asked: Share of images of which the filter keeps something.
        had: Share of kept pairs for which a question is had.
        images: Share of files that become images of the pool.
        said: Where they are from, a line each.
    """

    kept: RateOf
    asked: RateOf
    had: RateOf
    images: RateOf
    said: Sequence[str]


def measure(tables: TableStore, shards: Sequence[str], checks: Checks) -> Rates:
    """Measure the rates of the shards whose tables are there."""
    # a pair without a verdict says nothing of how many are kept: it is asked again
    kept_pair = pl.col("kept").drop_nulls()
    kept = _per_image(tables, shards, "filtered_pairs", kept_pair.mean())
    asked = _per_image(tables, shards, "filtered_pairs", _any_kept(kept_pair))
    had = [*_had(tables, shards)]
    pool = [*_pool(tables, shards)]
    return Rates(
        kept=_rate(kept, Span(checks.min_kept_pairs, UNMEASURED_KEPT, 1.0)),
        asked=_rate(asked, Span(checks.min_kept_pairs, 1.0, 1.0)),
        had=_rate(had, Span(1 - checks.max_failed_requests, 1.0, 1.0)),
        images=_rate(pool, Span(1 - checks.max_rejected_images, 1.0, 1.0)),
        said=[
            _said("share of pairs the filter keeps", kept, "0.5, from checks.min_kept_pairs to 1"),
            _said("share of kept pairs with a question", had, "1, less checks.max_failed_requests"),
            _said("share of files that are images", pool, "1, less checks.max_rejected_images"),
        ],
    )


def _any_kept(kept_pair: pl.Expr) -> pl.Expr:
    return pl.when(kept_pair.len() > 0).then(kept_pair.any().cast(pl.Float64))


@dataclass(frozen=True, slots=True)
class _Lot:
    """What one shard measured: a mean over so many images, and how they differ."""

    images: int
    mean: float
    variance: float


def _per_image(tables: TableStore, shards: Sequence[str], table: str, share: pl.Expr) -> list[_Lot]:
    lots = []
    for shard in shards:
        if tables.rows(table, shard):
            frame = tables.read(table, shard)
            shares = frame.group_by("image_id").agg(share.alias("x"))["x"].drop_nulls()
            if len(shares):
                lots.append(_lot(shares))
    return lots


def _lot(shares: pl.Series) -> _Lot:
    variance = shares.var() if len(shares) > 1 else 0.0
    return _Lot(len(shares), float(shares.mean() or 0.0), float(variance or 0.0))  # type: ignore[arg-type]


def _had(tables: TableStore, shards: Sequence[str]) -> Sequence[_Lot]:
    lots = []
    for shard in shards:
        if tables.rows("raw_qa", shard) is None or tables.rows("qa_failures", shard) is None:
            continue
        had = tables.read("raw_qa", shard).select("image_id", x=pl.lit(1.0))
        failed = tables.read("qa_failures", shard).select("image_id", x=pl.lit(0.0))
        both = pl.concat([had, failed])
        if both.height:
            lots.append(_lot(both.group_by("image_id").agg(pl.col("x").mean())["x"]))
    return lots


def _pool(tables: TableStore, shards: Sequence[str]) -> Sequence[_Lot]:
    lots = []
    for shard in shards:
        images, files = tables.rows("image_pool", shard), tables.rows("shard_files", shard)
        if images is not None and files:
            share = min(1.0, images / files)
            lots.append(_Lot(files, share, share * (1 - share)))
    return lots


def _rate(lots: Sequence[_Lot], unmeasured: Span) -> RateOf:
    measured = sum(lot.images for lot in lots)
    if not measured:
        return lambda _: unmeasured
    mean = sum(lot.mean * lot.images for lot in lots) / measured
    unseen = 1 / (measured + 2)  # what never differed may (the rule of succession)
    within = sum(lot.variance * lot.images for lot in lots) / measured
    within = max(within, unseen * (1 - unseen))
    between = sum((lot.mean - mean) ** 2 * lot.images for lot in lots) / measured
    low, high = min(lot.mean for lot in lots), max(lot.mean for lot in lots)

    def rate(images: int) -> Span:
        both_lots = 1 / measured + 1 / max(1, images)
        error = STANDARD_ERRORS * math.sqrt((within + between) * both_lots)
        return Span(min(low, mean - error), mean, max(high, mean + error)).within(0.0, 1.0)

    return rate


def _said(what: str, lots: Sequence[_Lot], otherwise: str) -> str:
    measured = sum(lot.images for lot in lots)
    if not measured:
        return f"{what}: {otherwise} (nothing measured yet)"
    mean = sum(lot.mean * lot.images for lot in lots) / measured
    return f"{what}: {mean:.3f}, measured on {measured:,} in {len(lots)} shards"
