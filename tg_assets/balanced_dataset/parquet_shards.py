"""Parquet files of a few hundred megabytes, written with a flat memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tg_assets.balanced_dataset.huggingface_schema import leaf_columns
from tg_assets.balanced_dataset.image_files import ImageFile

_ROW_GROUP_ROWS = 100
_ROW_GROUP_BYTES = 64_000_000


@dataclass(frozen=True)
class Shard:
    """A finished file.

    Attributes:
        name: Its file name.
        subsets: The subsets that its samples belong to, all of them to each.
        rows: Its rows.
        n_bytes: Its size.
    """

    name: str
    subsets: tuple[str, ...]
    rows: int
    n_bytes: int


class ShardWriter:
    """Writes rows to Parquet files that end after so many bytes; holds one row group at most."""

    def __init__(self, folder: Path, shard_bytes: int, schema: pa.Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._shard_bytes = shard_bytes
        self._names: tuple[str, ...] = ()
        self._shards: list[Shard] = []
        self._writer: pq.ParquetWriter | None = None
        self._rows: list[dict[str, Any]] = []
        self._held = 0
        self._shard_rows = 0
        self._shard_size = 0

    def start_group(self, names: tuple[str, ...]) -> None:
        """Begin a new file: the rows that follow belong to these subsets."""
        self._close()
        self._names = names

    def write(self, file: ImageFile, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add the rows of an image; each lacks only the column ``image``."""
        image = {"bytes": file.content, "path": f"{file.image_id}{file.extension}"}
        self._held += len(file.content)
        self._shard_size += len(file.content)
        for row in rows:
            self._rows.append({**row, "image": image})
            if len(self._rows) >= _ROW_GROUP_ROWS:
                self._flush()
        if self._held >= _ROW_GROUP_BYTES:
            self._flush()
        if self._shard_size >= self._shard_bytes:
            self._close()

    def finish(self) -> list[Shard]:
        """Close the last file and give all of them their final names."""
        self._close()
        if not self._shards:  # a dataset without samples still has its columns
            self._open()
            self._close()
        final: list[Shard] = []
        for shard in self._shards:
            name = f"train-{len(final):05d}-of-{len(self._shards):05d}.parquet"
            (self._folder / shard.name).rename(self._folder / name)
            final.append(dataclasses.replace(shard, name=name))
        return final

    def _flush(self) -> None:
        if not self._rows:
            return
        writer = self._writer or self._open()
        writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._shard_rows += len(self._rows)
        self._rows = []
        self._held = 0

    def _open(self) -> pq.ParquetWriter:
        self._writer = pq.ParquetWriter(
            self._folder / self._partial_name(),
            self._schema,
            compression=_compression(self._schema),
            # With these an image with several questions is stored once, not once for each.
            use_dictionary=True,
            dictionary_pagesize_limit=4 * _ROW_GROUP_BYTES,
            write_page_index=True,
        )
        return self._writer

    def _close(self) -> None:
        self._flush()
        if self._writer is None:
            return
        self._writer.close()
        name = self._partial_name()
        size = (self._folder / name).stat().st_size
        self._shards.append(Shard(name, self._names, self._shard_rows, size))
        self._writer = None
        self._shard_rows = 0
        self._shard_size = 0

    def _partial_name(self) -> str:
        return f"partial-{len(self._shards):05d}"


def _compression(schema: pa.Schema) -> dict[str, str]:
    """Return how each column is compressed.

    Image files are compressed already; left alone, equal ones in two versions stay equal bytes.
    """
    return {path: "NONE" if path == "image.bytes" else "ZSTD" for path in leaf_columns(schema)}
