"""What a pass leaves behind: the votes, what the dataset cost, and where everything lies."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from resources.galaxy import Galaxy
from tg_assets.tables_io import TableStore

OF_SHARDS = ("filtered_pairs", "raw_qa", "referee_scores")
OTHERS = ("task_tree", "cot_answers", "model_answers")
"""The assets that ask models: by shard, and not."""


def votes(tables: TableStore, shards: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return each referee's votes over all shards: how many 1, 0, and without a verdict."""
    counts: dict[str, dict[str, int]] = {}
    for shard in shards:
        if tables.stamp("scored_qa", shard) is None:
            continue
        ballots = tables.read("scored_qa", shard)["votes"].explode(empty_as_null=False)
        rows = ballots.struct.unnest().group_by("referee", "vote").len()
        for referee, vote, count in rows.sort("referee", "vote").iter_rows():
            of_referee = counts.setdefault(referee, {"1": 0, "0": 0, "none": 0})
            of_referee["none" if vote is None else str(vote)] += count
    return dict(sorted(counts.items()))


def unanswered(tables: TableStore, shards: Sequence[str]) -> dict[str, int]:
    """Return, by asset, the questions that have no answer and are asked again by the next pass."""
    counts: dict[str, int] = {}
    for asset in (*OF_SHARDS, *OTHERS):
        for keys in _partitions(tables, asset):
            stamp = tables.stamp(asset, *keys)
            count = int(stamp.facts.get("unanswered", 0)) if stamp else 0
            if count and (asset in OTHERS or keys[0] in shards):
                counts[asset] = counts.get(asset, 0) + count
    return counts


def _partitions(tables: TableStore, asset: str) -> list[tuple[str, ...]]:
    folder = tables.root / "tables" / asset
    if asset != "referee_scores":
        return [(key,) for key in tables.partitions(asset)]
    if not folder.is_dir():
        return []
    shards = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return [(shard, key) for shard in shards for key in tables.partitions(f"{asset}/{shard}")]


def dataset_cost(galaxy: Galaxy) -> float:
    """Return the dollars that the ledger says were paid in all, by this and earlier passes."""
    return float(galaxy.ledger.costs().select(pl.col("cost_usd").sum()).item())


def written(tables: TableStore) -> dict[str, str]:
    """Return where exports, card, report and tables lie; empty before anything was published."""
    if tables.stamp("published_dataset") is None:
        return {}
    paths = dict(tables.read("published_dataset").select("format", "path").iter_rows())
    if "huggingface" in paths:
        paths["card"] = f"{paths['huggingface']}/README.md"
    paths["tables"] = str(tables.root / "tables")
    return paths
