"""Containers of pictures for the tests, made with the libraries their users make them with."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_zip(path: Path, files: Mapping[str, bytes], stored: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: Mapping[str, bytes], kind: int = tarfile.PAX_FORMAT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=kind) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_table(
    path: Path,
    images: Mapping[str, bytes | None],
    row_group_size: int = 3,
    licenses: list[str | None] | None = None,
) -> Path:
    """Write a table as `datasets` does: a struct of bytes and path, in small row groups."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [None if c is None else {"bytes": c, "path": name} for name, c in images.items()]
    columns = {"image": pa.array(rows, kind), "label": pa.array(range(len(rows)))}
    if licenses is not None:
        columns["license"] = pa.array(licenses, pa.string())
    pq.write_table(pa.table(columns), path, row_group_size=row_group_size)
    return path
