"""What goes into a stage and what comes out: rows of its main input, and rows of its own.

An asset may read several tables; the main one is that whose rows it goes through one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import polars as pl

from tg_assets.image_pool.locations import RENDERED_PREFIX
from tg_assets.partitions import EDGES, Registered, dimensions
from tg_assets.tables_io import TableStore

MAIN_INPUT: Mapping[str, str] = MappingProxyType(
    {
        "task_embeddings": "task_tree",
        "image_embeddings": "image_pool",
        "ground_truth_qa": "image_pool",
        "clip_similarity": "image_embeddings",
        "candidate_pairs": "clip_similarity",
        "filtered_pairs": "candidate_pairs",
        "referee_scores": "raw_qa",
        "scored_qa": "raw_qa",
        "referee_calibration": "ground_truth_qa",
        "balanced_dataset": "scored_qa",
        "cot_answers": "balanced_dataset",
        "published_dataset": "balanced_dataset",
        "model_answers": "evaluation_tasks",
        "model_performance": "model_answers",
    }
)
"""The upstream asset whose rows an asset goes through. The others are below."""


def rows_in(tables: TableStore, asset: str, partition: str | None, registered: Registered) -> int:
    """Return how many rows of its main input a partition of an asset goes through.

    Images are counted once for each task batch that they are matched to, and questions once for
    each referee; what a gate keeps out counts too.
    """
    if asset in _OTHERS:
        return _OTHERS[asset](tables, dimensions(partition))
    upstream = MAIN_INPUT[asset]
    (edge,) = (edge for edge in EDGES[asset] if edge.upstream == upstream)
    keys = edge.partitions(dimensions(partition), registered)
    return sum(tables.rows(upstream, *dimensions(key)) or 0 for key in keys)


def rows_out(tables: TableStore, asset: str, partition: str | None, min_score: int) -> int:
    """Return how many rows of a partition go on.

    Of the filter's pairs those that were kept, of scored questions those with enough votes, of
    step-by-step answers those that were had, of what is published the samples; of everything else
    all rows.
    """
    keys = dimensions(partition)
    rows = tables.rows(asset, *keys) or 0
    if not rows or asset not in ("filtered_pairs", "scored_qa", "cot_answers", "published_dataset"):
        return rows
    frame = tables.read(asset, *keys)
    if asset == "cot_answers":
        return frame.height - frame["cot_answer"].null_count()
    if asset == "filtered_pairs":
        return frame.filter(pl.col("kept")).height
    if asset == "scored_qa":
        return frame.filter(pl.col("score") >= min_score).height
    return int(frame["rows"].to_numpy().max())  # a row a format


def _seed_paths(tables: TableStore, keys: tuple[str, ...]) -> int:
    return tables.rows("seed_paths", *keys) or 0


def _withdrawals(tables: TableStore, keys: tuple[str, ...]) -> int:
    return tables.rows("withdrawals", *keys) or 0  # the list itself, an entry a row


def _pictures_to_draw(tables: TableStore, keys: tuple[str, ...]) -> int:
    if not tables.rows("shard_files", *keys):
        return 0
    uris = tables.read("shard_files", *keys)["uri"]
    return int(uris.str.starts_with(RENDERED_PREFIX).sum())


def _files(tables: TableStore, keys: tuple[str, ...]) -> int:
    return tables.rows("shard_files", *keys) or 0


def _kept_pairs(tables: TableStore, keys: tuple[str, ...]) -> int:
    if not tables.rows("filtered_pairs", *keys):
        return 0
    return tables.read("filtered_pairs", *keys).filter(pl.col("kept")).height


_OTHERS: Mapping[str, Callable[[TableStore, tuple[str, ...]], int]] = MappingProxyType(
    {
        "task_tree": _seed_paths,
        "withdrawals": _withdrawals,
        "scenes": _pictures_to_draw,
        "task_space": lambda *_: 0,
        "evaluation_tasks": lambda *_: 0,
        "image_pool": _files,
        "raw_qa": _kept_pairs,
    }
)
