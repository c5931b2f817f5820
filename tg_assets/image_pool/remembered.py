"""The listings of containers that were read whole, so that one is listed once and not at each look.

Sources are looked at again and again, also by a sensor, and to list a tar of a gigabyte in a
bucket means reading it. A container counts as unchanged while its size and its ETag or time do.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
from upath import UPath

from tg_assets.ids import digest
from tg_assets.image_pool.containers import members
from tg_assets.image_pool.listed import Member, Problem
from tg_assets.image_pool.locations import ContainerKind
from tg_assets.image_pool.storages import look
from tg_assets.tables_io import write_whole

_FORMAT = "1"
_SCHEMA = {"uri": pl.String, "license": pl.String, "reason": pl.String, "detail": pl.String}


class Remembered:
    """Listings of containers, kept in a folder.

    Args:
        folder: Where they lie; null keeps none.
    """

    def __init__(self, folder: UPath | None) -> None:
        self._folder = folder

    def members(self, kind: ContainerKind, url: str) -> Iterator[Member | Problem]:
        """Yield a container's pictures, as :func:`containers.members` does.

        A listing that is not read to its end is not kept: the next one begins anew.
        """
        path = self._path(kind, url)
        if path is None:
            yield from members(kind, url)
        elif path.exists():
            for uri, license, reason, detail in pl.read_parquet(path.read_bytes()).iter_rows():
                yield Member(uri, license) if reason is None else Problem(uri, reason, detail)
        else:
            rows: list[tuple[str, str | None, str | None, str | None]] = []
            for entry in members(kind, url):
                rows.append(_row(entry))
                yield entry
            kept = io.BytesIO()
            pl.DataFrame(rows, schema=_SCHEMA, orient="row").write_parquet(kept)
            write_whole(path, kept.getvalue())

    def _path(self, kind: ContainerKind, url: str) -> UPath | None:
        if self._folder is None:
            return None
        try:
            size, state = look(url)
        except (FileNotFoundError, PermissionError):
            return None  # listing it says so
        return self._folder / f"{digest('listing', _FORMAT, kind, url, size, state)}.parquet"


def _row(entry: Member | Problem) -> tuple[str, str | None, str | None, str | None]:
    if isinstance(entry, Member):
        return entry.uri, entry.license, None, None
    return entry.uri, None, entry.reason, entry.detail
