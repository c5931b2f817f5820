"""The rows of a file list: CSV, JSONL or Parquet with a uri each, perhaps a licence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

import polars as pl

from tg_assets.image_pool.storages import StorageError, opened

_Found = tuple[str, Mapping[str, Any]]  # where in the list, and what stands there

Row = tuple[str, str | None]
"""A uri as it is written in the list, and the licence, None where the list gives none."""


class ListError(ValueError):
    """A file list that cannot be used; the message names the file and, where it can, the row."""


def rows_of(path: str) -> Iterator[Row]:
    """Read a file list as a stream.

    Args:
        path: A local path or a URL; ends in .csv, .jsonl, .ndjson or .parquet.

    Raises:
        ListError: The ending is unknown, at once; the list cannot be read or a row has no uri,
            when the row is reached.
    """
    reader = next((r for end, r in _READERS.items() if path.lower().endswith(end)), None)
    if reader is None:
        raise ListError(f"{path}: a file list ends in one of {', '.join(_READERS)}")
    return _rows(path, reader)


def _rows(path: str, reader: Callable[[str, BinaryIO], Iterator[_Found]]) -> Iterator[Row]:
    where = "the beginning"
    try:
        with opened(path) as file:
            for where, row in reader(path, file):
                yield _checked(path, where, row)
    except StorageError:
        raise
    except OSError as error:
        raise ListError(f"{path}: the file list cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise ListError(f"{path}: not UTF-8 after {where}: {error}") from error
    except (csv.Error, pl.exceptions.PolarsError) as error:
        raise ListError(f"{path}: damaged after {where}: {error}") from error


def _checked(path: str, where: str, row: Mapping[str, Any]) -> Row:
    uri, license = row.get("uri"), row.get("license")
    if not isinstance(uri, str) or not uri.strip():
        raise ListError(f"{path}: {where} has no uri ({uri!r}); give it one or delete the row")
    if license is not None and not isinstance(license, str):
        raise ListError(f"{path}: {where}: license is {license!r}, it has to be text")
    return uri.strip(), (license or "").strip() or None


def _require_uri(path: str, columns: list[str]) -> None:
    if "uri" not in columns:
        raise ListError(f"{path}: there is no column 'uri' among its columns {columns}; add one")


def _csv(path: str, file: BinaryIO) -> Iterator[_Found]:
    rows = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
    _require_uri(path, list(rows.fieldnames or []))
    for number, row in enumerate(rows, start=1):
        yield f"row {number} (line {rows.line_num})", row


def _jsonl(path: str, file: BinaryIO) -> Iterator[_Found]:
    for number, line in enumerate(io.TextIOWrapper(file, "utf-8-sig"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ListError(f"{path}: line {number} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ListError(f"{path}: line {number} is not a JSON object with a 'uri'")
        yield f"line {number}", row


def _parquet(path: str, file: BinaryIO) -> Iterator[_Found]:
    columns = list(pl.read_parquet_schema(file))
    _require_uri(path, columns)
    file.seek(0)
    wanted: list[str] = [name for name in ("uri", "license") if name in columns]
    rows = pl.read_parquet(file, columns=wanted).iter_rows(named=True)
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row


_READERS: Mapping[str, Callable[[str, BinaryIO], Iterator[_Found]]] = MappingProxyType(
    {".csv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}
)
