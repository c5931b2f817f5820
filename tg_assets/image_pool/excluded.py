"""Images that must not be in the training data, such as a benchmark's: their hashes.

They are a folder, a file list, or a table of hashes: a Parquet file with a column perceptual_hash
and, where it is known, image_id. The table image_pool of another galaxy is such a table.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from upath import UPath

from tg_assets.ids import digest, image_id
from tg_assets.image_pool.decoding import BadImage, inspect
from tg_assets.image_pool.listed import Refused
from tg_assets.image_pool.reading import ImageUnreadable, read_bytes
from tg_assets.image_pool.sources import list_file_list, list_folder
from tg_assets.image_pool.storages import is_file, look, opened
from tg_assets.tables_io import write_whole

_FORMAT = "1"
_SCHEMA = {"uri": pl.String, "image_id": pl.String, "perceptual_hash": pl.UInt64}


class ExcludedError(ValueError):
    """The set of excluded images cannot be used; the message names what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ExcludedImages:
    """The set.

    Attributes:
        names: What to call each: its uri, or its row in the table.
        image_ids: Their ids, null where the table gives none.
        hashes: Their perceptual hashes.
    """

    names: list[str]
    image_ids: list[str | None]
    hashes: NDArray[np.uint64]


def state_of(path: str) -> str:
    """Return a digest of what the set is made of, without decoding anything.

    Raises:
        ExcludedError: The set cannot be listed.
    """
    if _is_table(path):
        return digest("excluded", _FORMAT, _content(path))
    return digest("excluded", _FORMAT, *(f"{uri} {look(uri)}" for uri in _uris(path)))


def excluded_images(path: str, kept: UPath) -> ExcludedImages:
    """Return the set; images are decoded once, and their hashes kept.

    Args:
        path: The folder, file list or table.
        kept: The folder in which hashes are kept.

    Raises:
        ExcludedError: An image of the set cannot be read, or the table is none of hashes.
    """
    if _is_table(path):
        return _of_frame(pl.read_parquet(io.BytesIO(_content(path))))
    file = kept / f"excluded-{state_of(path)}.parquet"
    if not file.exists():
        frame = pl.DataFrame(list(_hashed(path)), schema=_SCHEMA, orient="row")
        content = io.BytesIO()
        frame.write_parquet(content)
        write_whole(file, content.getvalue())
    return _of_frame(pl.read_parquet(io.BytesIO(file.read_bytes())))


def _of_frame(frame: pl.DataFrame) -> ExcludedImages:
    count = frame.height
    names = frame["uri"].to_list() if "uri" in frame.columns else [f"row {n}" for n in range(count)]
    known = frame["image_id"].to_list() if "image_id" in frame.columns else [None] * count
    return ExcludedImages(names, known, frame["perceptual_hash"].to_numpy().astype(np.uint64))


def _is_table(path: str) -> bool:
    if not path.lower().endswith(".parquet") or not is_file(path):
        return False
    with opened(path) as file:
        schema = pl.read_parquet_schema(file)
    if "perceptual_hash" not in schema:
        return False  # a file list
    if schema["perceptual_hash"] not in (pl.UInt64, pl.Int64):
        raise ExcludedError(
            f"images.excluded.path: {path}: perceptual_hash is {schema['perceptual_hash']}, it "
            "holds 64-bit whole numbers"
        )
    return True


def _content(path: str) -> bytes:
    with opened(path) as file:
        return file.read()


def _uris(path: str) -> Iterator[str]:
    found = list_file_list(path, "", "") if is_file(path) else list_folder(path, "", "")
    none = True
    for entry in found:
        if isinstance(entry, Refused):
            raise ExcludedError(f"images.excluded.path: {entry.uri}: {entry.detail}")
        none = False
        yield entry.uri
    if none:
        raise ExcludedError(f"images.excluded.path: {path} holds no images, so it excludes none")


def _hashed(path: str) -> Iterator[tuple[str, str, int]]:
    for uri in _uris(path):
        try:
            content = read_bytes(uri)
            yield uri, image_id(content), inspect(content).perceptual_hash
        except (ImageUnreadable, BadImage) as bad:
            raise ExcludedError(
                f"images.excluded.path: {uri}: {bad.detail}; what cannot be looked at cannot be "
                "kept out: mend the file or take it out of the set"
            ) from bad
