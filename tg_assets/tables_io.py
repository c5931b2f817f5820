"""Reads and writes the tables: Parquet files on a `UPath` root, whole or not at all.

A file says in its own footer what it holds (a hash of its rows) and what it was made from (a
fingerprint of its inputs), so that what is up to date is decided by the files, whoever wrote them.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from tg_assets.ids import ID_CHARS, digest
from tg_assets.tables import TABLES, Table, TableError
from tg_assets.vector_columns import is_packed, packed, unpacked

STAMP_KEY = "taskgalaxy"
_ROOM = "?" * ID_CHARS
"""Stands where a version comes."""


class TableMissing(FileNotFoundError):  # noqa: N818 - a state, not a fault
    """A table's partition was never written; the message says which and where it was looked for."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file says about itself.

    Attributes:
        version: Hash of the rows: equal rows, equal version.
        inputs: Fingerprint of everything the rows were made from.
        facts: Small numbers worth keeping beside them, such as how many requests failed.
    """

    version: str
    inputs: str
    facts: Mapping[str, Any]


class TableStore:
    """All tables under one root.

    Args:
        root: Local folder or ``s3://`` prefix.
    """

    def __init__(self, root: str) -> None:
        # Others write to a bucket, too: a listing that was remembered would hide what they wrote.
        options: dict[str, Any] = {"use_listings_cache": False} if "://" in root else {}
        self.root: UPath = UPath(root, **options)

    def path(self, table: str, *partition: str) -> UPath:
        """Return where a partition of a table lies; no partition for unpartitioned tables."""
        *folders, name = partition or ("all",)
        return self.root.joinpath("tables", table, *folders, f"{name}.parquet")

    def write(
        self,
        table: str,
        frame: pl.DataFrame,
        *partition: str,
        inputs: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Stamp:
        """Enforce the schema and write the partition; readers see the old file or the new one.

        Returns:
            The stamp that the file now carries.

        Raises:
            TableError: The frame is not the table.
        """
        rows = packed(TABLES[table].enforce(frame)).rechunk()
        content, version = _stamped(rows, inputs, facts or {})
        write_whole(self.path(table, *partition), content)
        return Stamp(version, inputs, dict(facts or {}))

    def read(self, table: str, *partition: str) -> pl.DataFrame:
        """Read a partition.

        Raises:
            TableMissing: It was never written.
            TableError: The file is not the table (an older schema, a foreign or damaged file).
        """
        path = self.path(table, *partition)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise TableMissing(
                f"table {table}, partition {'|'.join(partition) or 'all'}: {path} does not exist; "
                "materialize it first"
            ) from None
        try:
            frame = unpacked(pl.read_parquet(io.BytesIO(content)))
        except pl.exceptions.PolarsError as error:
            raise _damaged(path, error) from error
        return _as_table(TABLES[table], frame, path)

    def stamp(self, table: str, *partition: str) -> Stamp | None:
        """Return what a partition's file says about itself, null when there is no file."""
        footer = self._footer(table, *partition)
        if footer is None:
            return None
        text = (footer.metadata or {}).get(STAMP_KEY.encode())
        if text is None:
            return None
        said = orjson.loads(text)
        return Stamp(said["version"], said["inputs"], said["facts"])

    def rows(self, table: str, *partition: str) -> int | None:
        """Return how many rows a partition has, null when there is no file; reads the footer."""
        footer = self._footer(table, *partition)
        return None if footer is None else int(footer.num_rows)

    def _footer(self, table: str, *partition: str) -> pq.FileMetaData | None:
        path = self.path(table, *partition)
        try:
            with path.open("rb") as file:
                return pq.read_metadata(file)
        except FileNotFoundError:
            return None
        except pa.ArrowException as error:
            raise _damaged(path, error) from error

    def partitions(self, table: str) -> list[str]:
        """Return the keys of a table's partitions that exist, in order (one dimension only)."""
        folder = self.root / "tables" / table
        if not folder.is_dir():
            return []
        names = (file.name for file in folder.iterdir())
        return sorted(
            name.removesuffix(".parquet")
            for name in names
            if name.endswith(".parquet") and not name.startswith(".")
        )


def _stamped(rows: pl.DataFrame, inputs: str, facts: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a Parquet file with its stamp, and the version in it.

    The version is a hash of the rows as they lie in the file, before its footer. The footer is
    written with room for it and completed afterwards, so that rows are compressed once.
    """
    text = orjson.dumps(
        {"version": _ROOM, "inputs": inputs, "facts": facts}, option=orjson.OPT_SORT_KEYS
    ).decode()
    file = io.BytesIO()
    if is_packed(rows):
        rows.write_parquet(file, compression="uncompressed", metadata={STAMP_KEY: text})
    else:
        rows.write_parquet(
            file, compression="zstd", compression_level=1, metadata={STAMP_KEY: text}
        )
    content = file.getbuffer()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    schema = repr(sorted(rows.schema.items()))
    version = digest("rows", schema, bytes(content[:footer]))
    before, room, after = bytes(content[footer:]).partition(_ROOM.encode())
    if not room or _ROOM.encode() in after:
        raise TableError("the stamp's place in a Parquet footer was not found: is Polars newer?")
    return b"".join([content[:footer], before, version.encode(), after]), version


def _damaged(path: UPath, error: Exception) -> TableError:
    return TableError(
        f"{path} cannot be read as Parquet: {error}; put it back from a copy, or delete it and run "
        "again what makes it"
    )


def _as_table(table: Table, frame: pl.DataFrame, path: UPath) -> pl.DataFrame:
    try:
        return table.enforce(frame)
    except TableError as error:
        raise TableError(f"{path}: {error}") from None


def write_whole(path: UPath, content: bytes) -> None:
    """Write a file so that no reader and no crash ever meets half of it.

    On a local disk: a temporary name, fsync, rename. Object stores put objects whole by themselves.
    """
    if path.protocol not in ("", "file"):
        path.fs.pipe_file(path.path, content)  # a file object that fails would put what it has
        return
    with moved_into_place(path) as temporary, open(str(temporary), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def moved_into_place(path: UPath) -> Iterator[UPath]:
    """Give a temporary name beside `path`; what was written there takes the name on success."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(str(temporary), str(path))
    finally:
        if temporary.exists():
            temporary.unlink()
