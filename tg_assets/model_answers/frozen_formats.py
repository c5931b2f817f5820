"""A benchmark's tasks in the formats that `datasets` and VLMEvalKit read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pybase64
import yaml

from tg_assets.tables import PLAN_COLUMNS

TASKS_PER_GROUP = 16
"""Rows of a Parquet row group: a video's frames are megabytes."""
_IMAGES = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))


def _dtype(kind: type[pl.DataType]) -> str:
    return "int64" if kind is pl.Int64 else "string"


_TEXTS = ("kind", "task_type", "question", "answer", "answer_letter")
_VALUES: Mapping[str, str] = {
    "generator": "string",
    "plan_index": "int64",
    "seed": "int64",
    **{column: _dtype(kind) for column, kind in PLAN_COLUMNS.items()},
    **dict.fromkeys(_TEXTS, "string"),
}


class HuggingFace:
    """Writes tasks as Parquet, with their pictures inside.

    Args:
        file: The file.
    """

    def __init__(self, file: Path) -> None:
        features: dict[str, Any] = {"index": {"dtype": "int64", "_type": "Value"}}
        features["images"] = {"feature": {"_type": "Image"}, "_type": "Sequence"}
        features["options"] = {
            "feature": {"dtype": "string", "_type": "Value"},
            "_type": "Sequence",
        }
        features |= {name: {"dtype": kind, "_type": "Value"} for name, kind in _VALUES.items()}
        kinds = {"index": pa.int64(), "images": _IMAGES, "options": pa.list_(pa.string())}
        kinds |= {
            name: pa.int64() if kind == "int64" else pa.string() for name, kind in _VALUES.items()
        }
        told = json.dumps({"info": {"features": features}})
        self._schema = pa.schema(list(kinds.items()), metadata={"huggingface": told})
        self._writer = pq.ParquetWriter(file, self._schema)
        self._waiting: list[dict[str, Any]] = []

    @property
    def card_features(self) -> list[dict[str, Any]]:
        """The columns in the YAML of the data card."""
        return [
            {"name": "index", "dtype": "int64"},
            {"name": "images", "sequence": "image"},
            {"name": "options", "sequence": "string"},
            *({"name": name, "dtype": kind} for name, kind in _VALUES.items()),
        ]

    def add(self, number: int, row: Mapping[str, Any], pictures: Sequence[bytes]) -> None:
        """Add a task."""
        images = [
            {"bytes": picture, "path": name}
            for picture, name in zip(pictures, names(number, len(pictures)), strict=True)
        ]
        self._waiting.append({**row, "index": number, "images": images})
        if len(self._waiting) == TASKS_PER_GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, self._schema))
        self._waiting = []

    def __enter__(self) -> HuggingFace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write()
        self._writer.close()


class VlmEvalKit:
    """Writes tasks as the TSV of VLMEvalKit's multiple choice; of a video, every frame is an image.

    Tasks of the task space have at most four options.

    Args:
        file: The file.
    """

    _LETTERS = ("A", "B", "C", "D")
    _COLUMNS = (
        "index", "image", "image_path", "question", *_LETTERS, "answer", "category", "l2-category",
    )  # fmt: skip

    def __init__(self, file: Path) -> None:
        self._file: IO[str] = file.open("w", encoding="utf-8", newline="\n")
        self._file.write("\t".join(self._COLUMNS) + "\n")

    def add(self, number: int, row: Mapping[str, Any], pictures: Sequence[bytes]) -> None:
        """Add a task."""
        encoded = [pybase64.b64encode(picture).decode() for picture in pictures]
        paths = names(number, len(pictures))
        several = len(pictures) > 1
        empty = [""] * (len(self._LETTERS) - len(row["options"]))
        cells = [
            str(number),
            # what stands in brackets is a list to VLMEvalKit; base64 and names need no escapes
            f"[{', '.join(repr(one) for one in encoded)}]" if several else encoded[0],
            f"[{', '.join(map(repr, paths))}]" if several else paths[0],
            row["question"],
            *row["options"],
            *empty,
            row["answer_letter"],
            row["generator"],
            row["kind"],
        ]
        self._file.write("\t".join(map(_cell, cells)) + "\n")

    def __enter__(self) -> VlmEvalKit:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _cell(text: str) -> str:
    """Return a text as a cell; what would end it is quoted, as pandas reads it."""
    if any(mark in text for mark in '\t\n\r"'):
        return '"' + text.replace('"', '""') + '"'
    return text


def names(number: int, pictures: int) -> list[str]:
    """Return the names of a task's pictures."""
    if pictures == 1:
        return [f"{number:04}.png"]
    return [f"{number:04}-{frame:02}.png" for frame in range(pictures)]


_CARD = """\
# A benchmark of TaskGalaxy, {hash}

{total} multiple-choice tasks about drawn pictures and short videos (16 frames each), with known
answers, stratified over {count} generators of the task space. The hash is of all tasks, in order,
and of their pictures' bytes: another hash is another benchmark.

```python
from datasets import load_dataset
tasks = load_dataset("FOLDER", split="test")   # images, question, options, answer, answer_letter
```

VLMEvalKit: copy `vlmevalkit/TaskGalaxy_{hash}.tsv` to `$LMUData` and evaluate the data set
`TaskGalaxy_{hash}`; a video's frames are its images.

| generator | tasks |
| --- | --- |
{rows}

Made with seed {seed} from the library of version `{library}`. Plans that were drawn and have no
instance, and were replaced by the next: {without}.
"""


def card(said: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> str:
    """Return the data card.

    Args:
        said: What ``benchmark.json`` holds.
        features: The columns.
    """
    head = {
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": "test", "path": "data/test.parquet"}],
            }
        ],
        "dataset_info": {"features": list(features)},
        "tags": ["visual-question-answering", "synthetic"],
    }
    tasks = said["tasks"]
    without = "; ".join(f"{n} because {why}" for why, n in said["without_instance"].items())
    text = _CARD.format(
        hash=said["hash"],
        total=sum(tasks.values()),
        count=len(tasks),
        rows="\n".join(f"| {name} | {count} |" for name, count in tasks.items()),
        seed=said["seed"],
        library=said["library"],
        without=without or "none",
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n\n{text}"
