"""The dataset as Hugging Face reads it: Parquet shards beside a data card.

No image byte is written twice for the sake of a subset: samples that belong to the same subsets
lie in the same files, and a configuration is a list of files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tg_assets.balanced_dataset.card import DEFAULT_CONFIG, CardConfig, render_card
from tg_assets.balanced_dataset.conversations import conversation
from tg_assets.balanced_dataset.export_llava import Exported, Progress
from tg_assets.balanced_dataset.facts import DatasetFacts, DroppedFacts, subset_facts
from tg_assets.balanced_dataset.huggingface_schema import Columns, columns_of
from tg_assets.balanced_dataset.image_files import (
    DecodeImage,
    ImageFile,
    ReadImage,
    left_out_frame,
    read_images,
    refuse_empty,
)
from tg_assets.balanced_dataset.parquet_shards import Shard, ShardWriter
from tg_assets.balanced_dataset.staging import replaced_folder
from tg_assets.balanced_dataset.subsets import Selected, Subset, check_names, select
from tg_assets.tables import PATH_SEPARATOR

FOLDER = "huggingface"
CARD_FILE = "README.md"
DATA_FOLDER = "data"
STAGE = "export_huggingface"

SHARD_BYTES = 300_000_000

_Group = tuple[tuple[str, ...], pl.DataFrame]  # names of subsets, and the samples in just those


def export_huggingface(
    samples: pl.DataFrame,
    out: Path,
    read_image: ReadImage,
    decode: DecodeImage,
    facts: DatasetFacts,
    *,
    subsets: Sequence[Subset] = (),
    shard_bytes: int = SHARD_BYTES,
    progress: Progress | None = None,
) -> Exported:
    """Write ``<out>/huggingface``: ``data/train-*.parquet`` and the card ``README.md``.

    ``datasets.load_dataset(folder)`` loads all of it, ``load_dataset(folder, "<subset>")`` a
    subset.

    Args:
        samples: ``BALANCED_DATASET``, with the column ``cot_answer`` when there are step-by-step
            answers.
        out: The folder of all exports.
        read_image: Returns an image's bytes; called from several threads.
        decode: Decodes formats that trainers do not read; called from several threads.
        facts: What the card states; subsets and images left out are added to it here.
        subsets: The subsets to publish.
        shard_bytes: Image bytes after which a file ends.
        progress: Told after every image.

    Returns:
        The folder, its rows and what was left out.

    Raises:
        SubsetError: Two subsets share a name.
        ExportError: Not one image can be read; an earlier export stays as it is.
    """
    check_names(subsets)
    target = Path(out) / FOLDER
    chosen = {subset.name: select(samples, subset) for subset in subsets}
    with replaced_folder(target) as folder:
        (folder / DATA_FOLDER).mkdir()
        columns = columns_of(samples)
        writer = ShardWriter(folder / DATA_FOLDER, shard_bytes, columns.schema)
        groups = _groups(samples, chosen)
        missing = _write_groups(groups, writer, columns, read_image, decode, progress)
        shards = writer.finish()
        left_out = left_out_frame(missing, samples)
        rows = sum(shard.rows for shard in shards)
        refuse_empty(rows, samples, left_out, str(target))
        published = samples.join(left_out.select("image_id"), on="image_id", how="anti")
        facts = _with_export(facts, published, chosen, left_out)
        card = render_card(facts, published, _configs(shards, chosen, columns))
        (folder / CARD_FILE).write_text(card, encoding="utf-8", newline="\n")
    return Exported(target, rows, left_out)


def _write_groups(
    groups: Sequence[_Group],
    writer: ShardWriter,
    columns: Columns,
    read_image: ReadImage,
    decode: DecodeImage,
    progress: Progress | None,
) -> list[ImageFile]:
    """Write every group to files of its own; return the images that cannot be had."""
    missing: list[ImageFile] = []
    total = sum(rows["image_id"].n_unique() for _, rows in groups)
    done = 0
    for names, group in groups:
        writer.start_group(names)
        for file, rows in _with_images(group, read_image, decode):
            if file.reason is None:
                writer.write(file, [_row(row, columns) for row in rows.iter_rows(named=True)])
            else:
                missing.append(file)
            done += 1
            if progress is not None:
                progress(done, total)
    return missing


def _groups(samples: pl.DataFrame, chosen: Mapping[str, Selected]) -> list[_Group]:
    """Split the samples by the subsets they belong to, those in most subsets first.

    Within a group the rows of an image stand together, so that it is read and stored once. Its id
    is a hash, so the order is as good as a shuffle.
    """
    if not chosen:
        return [((), samples.sort("image_id", "sample_id"))]
    inside = samples.select(
        pl.col("sample_id").is_in(selected.samples["sample_id"].to_list()).alias(name)
        for name, selected in chosen.items()
    )
    groups: list[_Group] = []
    for key in inside.unique().sort(inside.columns, descending=True).iter_rows():
        memberships = dict(zip(inside.columns, key, strict=True))
        same = inside.select(
            pl.all_horizontal(pl.col(name) == member for name, member in memberships.items())
        ).to_series()
        names = tuple(name for name, member in memberships.items() if member)
        groups.append((names, samples.filter(same).sort("image_id", "sample_id")))
    return groups


def _with_images(
    group: pl.DataFrame, read_image: ReadImage, decode: DecodeImage
) -> Iterator[tuple[ImageFile, pl.DataFrame]]:
    """Yield every image of a group once, with its rows."""
    parts = group.group_by("image_id", "uri", maintain_order=True).len()
    files = read_images(parts.select("image_id", "uri").iter_rows(), read_image, decode)
    start = 0
    for file, length in zip(files, parts["len"].to_list(), strict=True):
        yield file, group.slice(start, length)
        start += length


def _row(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    return {
        **{name: row[name] for name in columns.features if name in row},
        "conversations": conversation(row["question"], row["answer"]),
        "task_type": row["path"],
        "task_levels": row["path"].split(PATH_SEPARATOR),
    }


def _configs(shards: Sequence[Shard], subsets: Iterable[str], columns: Columns) -> list[CardConfig]:
    """Return the configurations; a subset without a single sample has no file, so it has none."""
    of_subsets = [
        _config(name, [shard for shard in shards if name in shard.subsets], columns)
        for name in subsets
    ]
    whole = _config(DEFAULT_CONFIG, shards, columns)
    return [whole, *(config for config in of_subsets if config.rows)]


def _config(name: str, shards: Sequence[Shard], columns: Columns) -> CardConfig:
    return CardConfig(
        name,
        tuple(f"{DATA_FOLDER}/{shard.name}" for shard in shards),
        sum(shard.rows for shard in shards),
        sum(shard.n_bytes for shard in shards),
        columns.card_features,
    )


def _with_export(
    facts: DatasetFacts,
    published: pl.DataFrame,
    chosen: Mapping[str, Selected],
    left_out: pl.DataFrame,
) -> DatasetFacts:
    """Add to the facts what only the export knows."""
    counts = left_out.group_by("reason").agg(pl.col("samples").sum()).sort("reason")
    dropped = [
        DroppedFacts(STAGE, f"image {reason}", int(count)) for reason, count in counts.iter_rows()
    ]
    described = [
        subset_facts(
            name,
            selected.samples.join(published.select("sample_id"), on="sample_id", how="semi"),
            selected.note,
        )
        for name, selected in chosen.items()
    ]
    return dataclasses.replace(
        facts, dropped=(*facts.dropped, *dropped), subsets=tuple(described) or facts.subsets
    )
