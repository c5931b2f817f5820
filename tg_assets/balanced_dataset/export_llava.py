"""The dataset as LLaVA's trainer reads it: one JSON array beside a folder of images."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from tg_assets.balanced_dataset.conversations import conversation
from tg_assets.balanced_dataset.image_files import (
    DecodeImage,
    ImageFile,
    ReadImage,
    left_out_frame,
    read_images,
    refuse_empty,
)
from tg_assets.balanced_dataset.staging import replaced_folder

FOLDER = "llava"
JSON_FILE = "dataset.json"
COT_FILE = "dataset_cot.json"
"""The samples that have one, with their step-by-step answer instead of the short one."""
IMAGE_FOLDER = "images"

Progress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: The folder.
        rows: Samples in it.
        left_out: ``LEFT_OUT_SCHEMA``: the images that are not in it, with the reason.
        cot_rows: Samples that a file of its own holds with their step-by-step answers.
    """

    path: Path
    rows: int
    left_out: pl.DataFrame
    cot_rows: int = 0


def export_llava(
    samples: pl.DataFrame,
    out: Path,
    read_image: ReadImage,
    decode: DecodeImage,
    progress: Progress | None = None,
) -> Exported:
    """Write ``<out>/llava/dataset.json`` and ``<out>/llava/images``.

    Where samples have a step-by-step answer, ``dataset_cot.json`` stands beside, over the same
    images.

    Args:
        samples: ``BALANCED_DATASET``, with the column ``cot_answer`` when there are any.
        out: The folder of all exports.
        read_image: Returns an image's bytes; called from several threads.
        decode: Decodes formats that trainers do not read; called from several threads.
        progress: Told after every image.

    Returns:
        The folder, its rows and what was left out.

    Raises:
        ExportError: Not one image can be read; an earlier export stays as it is.
    """
    target = Path(out) / FOLDER
    with replaced_folder(target) as folder:
        extensions, missing = _write_images(samples, folder, read_image, decode, progress)
        left_out = left_out_frame(missing, samples)
        rows = _write_rows(samples, extensions, folder / JSON_FILE)
        reasoned = with_cot_answers(samples)
        cot_rows = 0 if reasoned is None else _write_rows(reasoned, extensions, folder / COT_FILE)
        refuse_empty(rows, samples, left_out, str(target))
    return Exported(target, rows, left_out, cot_rows)


def with_cot_answers(samples: pl.DataFrame) -> pl.DataFrame | None:
    """Return the samples that have a step-by-step answer, with it as their answer.

    Null where none was wanted.
    """
    if "cot_answer" not in samples.columns:
        return None
    return samples.filter(pl.col("cot_answer").is_not_null()).with_columns(answer="cot_answer")


def _write_images(
    samples: pl.DataFrame,
    folder: Path,
    read_image: ReadImage,
    decode: DecodeImage,
    progress: Progress | None,
) -> tuple[dict[str, str], list[ImageFile]]:
    """Write every image once; return the extension of each, and those that are missing."""
    images = samples.select("image_id", "uri").unique("image_id", keep="first").sort("image_id")
    (folder / IMAGE_FOLDER).mkdir()
    extensions: dict[str, str] = {}
    missing: list[ImageFile] = []
    for done, file in enumerate(read_images(images.iter_rows(), read_image, decode), 1):
        if file.reason is None:
            name = f"{file.image_id}{file.extension}"
            (folder / IMAGE_FOLDER / name).write_bytes(file.content)
            extensions[file.image_id] = file.extension
        else:
            missing.append(file)
        if progress is not None:
            progress(done, images.height)
    return extensions, missing


def _write_rows(samples: pl.DataFrame, extensions: Mapping[str, str], path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        return _write_array(samples, extensions, file)


def _write_array(samples: pl.DataFrame, extensions: Mapping[str, str], file: TextIO) -> int:
    """Write the array row by row, so that no second copy of the dataset stands in memory."""
    rows = 0
    file.write("[")
    for row in samples.sort("sample_id").iter_rows(named=True):
        extension = extensions.get(row["image_id"])
        if extension is None:
            continue
        file.write(",\n" if rows else "\n")
        json.dump(_llava_row(row, extension), file, ensure_ascii=False)
        rows += 1
    file.write("\n]\n")
    return rows


def _llava_row(row: Mapping[str, Any], extension: str) -> dict[str, Any]:
    return {
        "id": row["sample_id"],
        "image": f"{IMAGE_FOLDER}/{row['image_id']}{extension}",
        "conversations": conversation(row["question"], row["answer"]),
        "task_type": row["path"],
        "source": row["source"],
        "license": row["license"],
    }
