"""Writing every form in which the dataset is published."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
from upath import UPath

from tg_assets.balanced_dataset.export_huggingface import export_huggingface
from tg_assets.balanced_dataset.export_llava import COT_FILE, Exported, export_llava
from tg_assets.balanced_dataset.facts import DatasetFacts
from tg_assets.balanced_dataset.report import render_report
from tg_assets.balanced_dataset.subsets import Subset
from tg_assets.image_pool.decoding import decode
from tg_assets.image_pool.reading import read_registered
from tg_assets.settings import Dataset
from tg_assets.tables import IMAGES_LEFT_OUT, PUBLISHED_DATASET
from tg_assets.tables_io import write_whole

THUMBNAIL_SIDE = 224
REPORT = "report.html"


def publish(
    samples: pl.DataFrame,
    tree: pl.DataFrame,
    facts: DatasetFacts,
    folder: Path,
    dataset: Dataset,
    progress: Callable[[int, int], None],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write the exports that the settings name, and the report.

    Args:
        samples: ``BALANCED_DATASET``, with the column ``cot_answer`` when there are step-by-step
            answers.
        tree: ``TASK_TREE`` over all batches.
        facts: What card and report state.
        folder: Where everything goes; each export replaces its earlier self as a whole.
        dataset: The settings.
        progress: Called with images written and images in all.

    Returns:
        ``PUBLISHED_DATASET`` and ``IMAGES_LEFT_OUT``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subsets = [
        Subset(name, subset.task_types, subset.images, subset.max_per_type)
        for name, subset in sorted(dataset.subsets.items())
    ]
    written: dict[str, Exported] = {}
    if "llava" in dataset.exports:
        written["llava"] = export_llava(samples, folder, read_registered, decode, progress)
    if "huggingface" in dataset.exports:
        written["huggingface"] = export_huggingface(
            samples, folder, read_registered, decode, facts, subsets=subsets, progress=progress
        )
    missing = [
        export.left_out.select(pl.lit(name).alias("format"), "image_id", "uri", "reason", "detail")
        for name, export in written.items()
    ]
    left_out = pl.concat([IMAGES_LEFT_OUT.empty(), *missing]).unique(["format", "image_id"])
    samples = samples.join(left_out, on="image_id", how="anti")
    report = folder / REPORT
    pictures = dict(samples.select("image_id", "uri").iter_rows())
    page = render_report(facts, samples, tree, lambda name: _small(pictures[name], name))
    write_whole(UPath(report), page.encode())
    rows = [
        (name, str(export.path), export.rows, export.left_out["image_id"].n_unique())
        for name, export in written.items()
    ]
    if "llava" in written and "cot_answer" in samples.columns:
        reasoned = written["llava"]
        rows.append(("llava_cot", str(reasoned.path / COT_FILE), reasoned.cot_rows, 0))
    rows.append(("report", str(report), samples.height, 0))
    published = pl.DataFrame(rows, schema=dict(PUBLISHED_DATASET.columns), orient="row")
    return published, left_out


def _small(uri: str, image_id: str) -> bytes:
    picture = decode(read_registered(uri, image_id))
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=80)
    return encoded.getvalue()
