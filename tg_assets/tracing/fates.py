"""The other direction: what became of an image or a task type, and where anything of it is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from resources.galaxy import Galaxy
from tg_assets import ids
from tg_assets.tables import TABLES
from tg_assets.tables_io import TableStore
from tg_assets.tracing.finding import row, rows
from tg_assets.tracing.samples import image_row, task_row, why
from tg_assets.withdrawals.respected import left_out_of

RECORDS = frozenset({"withdrawals", "rejected_images"})
"""Tables that say what was withdrawn or refused; they name an image and are no use of it."""


def trace_image(galaxy: Galaxy, image: str, shard: str | None) -> dict[str, Any]:
    """Return what became of an image: its pairs with each one's fate, and where it is left."""
    tables = galaxy.tables
    shard = shard or _shard_that_left_out(tables, image)
    paths = _paths(tables)
    pairs = rows(tables, "candidate_pairs", shard, image_id=image) if shard else []
    return {
        "image": image_row(tables, shard, image),
        "withdrawn": _withdrawal(tables, "image", image),
        "rejected": _rejected(tables, shard, image),
        "pairs": [
            {"path": paths.get(pair["task_id"]), "rank": pair["rank"], "score": pair["score"]}
            | fate(galaxy, shard or "", image, pair["task_id"])
            for pair in pairs
        ],
        "left_in": list(left_in(galaxy, image)),
    }


def trace_task_type(galaxy: Galaxy, task: str) -> dict[str, Any]:
    """Return what became of a task type: rows of every stage, and why it was refused if it was."""
    tables = galaxy.tables
    counts = {
        "candidate_pairs": _count(tables, "candidate_pairs", task),
        "filtered_pairs": _count(tables, "filtered_pairs", task),
        "kept by the filter": _count(
            tables, "filtered_pairs", task, pl.col("kept").fill_null(False)
        ),
        "raw_qa": _count(tables, "raw_qa", task),
        "qa_failures": _count(tables, "qa_failures", task),
        "enough votes": _count(
            tables, "scored_qa", task, pl.col("score") >= galaxy.settings.dataset.min_score
        ),
        "balanced_dataset": len(rows(tables, "balanced_dataset", task_id=task)),
    }
    return {
        "task_type": task_row(tables, task),
        "withdrawn": _withdrawal(tables, "task_type", task),
        "rejected": list(_refusals(tables, task)),
        "rows": counts,
        "samples": [one["sample_id"] for one in rows(tables, "balanced_dataset", task_id=task)],
    }


def fate(galaxy: Galaxy, shard: str, image: str, task: str) -> dict[str, Any]:
    """Return how far a candidate pair came, and why no further."""
    tables, pair = galaxy.tables, {"image_id": image, "task_id": task}
    filtered = row(tables, "filtered_pairs", shard, **pair)
    if filtered is None:
        return {"came_to": "candidate_pairs", "because": "the filter was not asked yet"}
    if not filtered["kept"]:
        because = filtered["reason"] or "the filter: not suitable for the image"
        return {"came_to": "filtered_pairs", "because": because}
    scored = row(tables, "scored_qa", shard, **pair)
    if scored is None:
        failed = row(tables, "qa_failures", shard, **pair)
        because = f"no question: {failed['reason']}" if failed else "not judged yet"
        return {"came_to": "filtered_pairs", "because": because}
    verdict = why(galaxy, scored)
    return {
        "came_to": "balanced_dataset" if verdict["in_dataset"] else "scored_qa",
        "because": verdict["because"],
        "sample_id": ids.sample_id(scored["qa_id"]),
    }


def left_in(galaxy: Galaxy, image: str) -> Iterator[str]:
    """Yield where an image is left: tables with a row of it, files that are it or embed it.

    Every file is looked into; nothing is taken from what tables say about each other.
    """
    root = galaxy.tables.root
    for name, table in sorted(TABLES.items()):
        if "image_id" not in table.columns or name in RECORDS:
            continue
        for file in sorted((root / "tables" / name).rglob("*.parquet")):
            if image in pl.read_parquet(file.read_bytes(), columns=["image_id"])["image_id"]:
                yield f"table {name}: {file}"
    for file in sorted((root / "images").rglob(f"{image}*")):
        yield f"picture that was drawn: {file}"
    yield from _exports(galaxy, image)


def _exports(galaxy: Galaxy, image: str) -> Iterator[str]:
    from tg_assets.balanced_dataset.assets import dataset_folder

    folder = dataset_folder(galaxy.settings)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if _is_in(file, image):
            yield f"export: {file}"


def _is_in(file: Path, image: str) -> bool:
    if image in file.name:
        return True
    if file.suffix == ".parquet":
        parquet = pq.ParquetFile(file)
        if "image_id" not in parquet.schema_arrow.names:
            return False
        return image in parquet.read(columns=["image_id"]).column("image_id").to_pylist()
    return file.suffix in (".json", ".jsonl", ".html", ".md") and image in file.read_text("utf-8")


def _withdrawal(tables: TableStore, kind: str, name: str) -> dict[str, Any] | None:
    found = row(tables, "withdrawals", kind=kind, id=name)
    return None if found is None else {"reason": found["reason"]}


def _shard_that_left_out(tables: TableStore, image: str) -> str | None:
    for table in ("image_pool", "scenes"):
        for shard in tables.partitions(table):
            stamp = tables.stamp(table, shard)
            if stamp is not None and image in left_out_of(stamp):
                return shard
    return None


def _rejected(tables: TableStore, shard: str | None, image: str) -> list[dict[str, Any]]:
    if shard is None:
        return []
    found = rows(tables, "rejected_images", shard, twin_image_id=image)
    return [{name: one[name] for name in ("uri", "reason", "detail")} for one in found]


def _refusals(tables: TableStore, task: str) -> Iterator[dict[str, Any]]:
    from tg_assets.task_tree.labels import join_path, normalise_path

    for batch in tables.partitions("rejected_task_types"):
        for one in tables.read("rejected_task_types", batch).iter_rows(named=True):
            said = f"{one['parent']}~{one['label']}" if one["parent"] else one["label"]
            if ids.task_id(join_path(normalise_path(said))) == task:
                yield {"batch": batch, **one}


def _paths(tables: TableStore) -> dict[str, str]:
    from tg_assets.withdrawals.assets import whole_tree

    return dict(whole_tree(tables).select("task_id", "path").iter_rows())


def _count(tables: TableStore, table: str, task: str, condition: pl.Expr | None = None) -> int:
    total = 0
    for shard in tables.partitions(table):
        frame = tables.read(table, shard).filter(pl.col("task_id") == task)
        total += (frame if condition is None else frame.filter(condition)).height
    return total
