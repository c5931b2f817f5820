"""Pictures in Parquet tables, as Hugging Face keeps them: ``parquet://<file>!<column>!<row>``.

The column holds the bytes, or a struct of bytes and path. Only the row group that holds the row
is read, in windows of a few rows, of which the last ones are kept: reading a table in order
decodes each row once, and memory does not grow with the row group.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tg_assets.image_pool.kept_open import KeptOpen
from tg_assets.image_pool.listed import Member, Problem
from tg_assets.image_pool.locations import Inside, escaped, is_utf8, printable, unescaped
from tg_assets.image_pool.storages import opened, speaking_of
from tg_assets.image_pool.unreadable import ImageUnreadable, too_large

WINDOW_ROWS = 16
KEPT_BYTES = 64 * 1024 * 1024
"""Most bytes of decoded windows kept for each open table."""


def members(
    url: str, column: str | None = None, license_column: str | None = None
) -> Iterator[Member | Problem]:
    """Yield a table's rows, a picture each: told from the footer, without reading a row.

    Args:
        url: The table.
        column: The column of the pictures; null finds it.
        license_column: The column of their licences, which is read.
    """
    try:
        with opened(url) as file, speaking_of(url):
            table = pq.ParquetFile(file)
            name = _column(table.schema_arrow, column)
            missing = [c for c in (license_column,) if c and c not in table.schema_arrow.names]
            if name is None or missing:
                yield Problem(printable(url), "no_images", _advice(table, column, missing))
                return
            yield from _rows(url, table, name, license_column)
    except (pa.ArrowException, OSError) as error:
        if not _is_arrows(error):
            raise
        yield Problem(
            printable(url),
            "unreadable",
            f"no whole Parquet file ({_first_line(error)}): it may be written still, or only half "
            "written; write it again",
        )


def read(there: Inside, limit: int) -> bytes:
    """Return the bytes in a row."""
    column, separator, row = there.place.rpartition("!")
    if not separator or not row.isdecimal():
        detail = "names no row of a table; such uris end in !<column>!<row>"
        raise ImageUnreadable(there.uri, "unreadable", detail)
    try:
        with speaking_of(there.container):
            content = _TABLES.get(there.container).value(unescaped(column), int(row))
    except (pa.ArrowException, OSError) as error:
        if not _is_arrows(error):
            raise
        detail = f"damaged in the table: {_first_line(error)}"
        raise ImageUnreadable(there.uri, "unreadable", detail) from error
    except LookupError as error:
        raise ImageUnreadable(there.uri, "unreadable", str(error.args[0])) from None
    if content is None:
        raise ImageUnreadable(there.uri, "unreadable", "the row holds no picture (null)")
    if len(content) > limit:
        raise too_large(there.uri, limit, len(content))
    return bytes(content)


class _Table:
    """A table that is kept open, with the windows that were read last."""

    def __init__(self, url: str) -> None:
        self._held = ExitStack()
        file = self._held.enter_context(opened(url))
        self._table = pq.ParquetFile(file)
        self._lock = threading.Lock()
        metadata = self._table.metadata
        counts = (metadata.row_group(n).num_rows for n in range(metadata.num_row_groups))
        self._starts = list(accumulate(counts, initial=0))
        self._windows: OrderedDict[tuple[str, int, int], pa.Array] = OrderedDict()
        self._kept_bytes = 0
        self._cursor: tuple[str, int, int, Iterator[pa.RecordBatch]] | None = None

    def __del__(self) -> None:
        self._held.close()

    def value(self, column: str, row: int) -> bytes | None:
        """Return what a row holds; null where it holds nothing.

        Raises:
            LookupError: The table has no such row or column.
        """
        if row >= self._starts[-1]:
            raise LookupError(f"the table has {self._starts[-1]:,} rows, none of number {row}")
        group = bisect_right(self._starts, row) - 1
        window, place = divmod(row - self._starts[group], WINDOW_ROWS)
        with self._lock:
            values = self._window(column, group, window)
        found: bytes | None = values[place].as_py()
        return found

    def _window(self, column: str, group: int, window: int) -> pa.Array:
        kept = self._windows.get((column, group, window))
        if kept is not None:
            self._windows.move_to_end((column, group, window))
            return kept
        at, batches = self._batches(column, group, window)
        self._cursor = None  # where an error leaves it, nothing says
        rows = self._starts[group + 1] - self._starts[group]
        for number in range(at, window + 1):
            batch = next(batches, None)
            count = min(WINDOW_ROWS, rows - number * WINDOW_ROWS)
            if batch is None or batch.num_rows != count:
                raise LookupError(f"row group {group} does not hold the rows that the footer says")
            values = _bytes_of(batch.column(0))
            self._keep((column, group, number), values)
        self._cursor = (column, group, window + 1, batches)
        return values

    def _batches(
        self, column: str, group: int, window: int
    ) -> tuple[int, Iterator[pa.RecordBatch]]:
        """Return the number of the next window, and the windows from it on."""
        if self._cursor is not None:
            name, there, at, batches = self._cursor
            if (name, there) == (column, group) and at <= window:
                return at, batches
        leaf = _leaf(self._table.schema_arrow, column)
        if leaf is None:
            raise LookupError(f"the table has no column of pictures {column!r}")
        return 0, self._table.iter_batches(
            WINDOW_ROWS, row_groups=[group], columns=[leaf], use_threads=False
        )

    def _keep(self, key: tuple[str, int, int], values: pa.Array) -> None:
        if key in self._windows:
            return
        self._windows[key] = values
        self._kept_bytes += values.nbytes
        while self._kept_bytes > KEPT_BYTES and len(self._windows) > 1:
            self._kept_bytes -= self._windows.popitem(last=False)[1].nbytes


_TABLES: KeptOpen[_Table] = KeptOpen(_Table, most=4)


def _rows(
    url: str, table: pq.ParquetFile, column: str, license_column: str | None
) -> Iterator[Member | Problem]:
    start = Inside("parquet", url, escaped(column)).uri
    if not is_utf8(start):
        yield Problem(printable(url), "not_utf8", "the name is not UTF-8")
    elif license_column is None:
        yield from (Member(_row_uri(start, row)) for row in range(table.metadata.num_rows))
    else:
        row = 0
        for batch in table.iter_batches(65536, columns=[license_column], use_threads=False):
            for value in batch.column(0).to_pylist():
                yield Member(_row_uri(start, row), str(value) if value else None)
                row += 1


def _row_uri(start: str, row: int) -> str:
    return f"{start}!{row:08d}"  # so that uris sort as rows lie, which is how they are read fast


def _leaf(schema: pa.Schema, name: str) -> str | None:
    """Return the name, as Parquet has it, of the bytes of a column of pictures, or None."""
    if name not in schema.names:
        return None
    kind = schema.field(name).type
    if _is_binary(kind):
        return name
    if pa.types.is_struct(kind):
        names = [kind.field(n).name for n in range(kind.num_fields)]
        if "bytes" in names and _is_binary(kind.field(names.index("bytes")).type):
            return f"{name}.bytes"
    return None


def _column(schema: pa.Schema, wanted: str | None) -> str | None:
    if wanted is not None:
        return wanted if _leaf(schema, wanted) else None
    found = [name for name in schema.names if _leaf(schema, name)]
    if "image" in found:
        return "image"
    return found[0] if len(found) == 1 else None


def _advice(table: pq.ParquetFile, wanted: str | None, missing: list[str]) -> str:
    columns = ", ".join(f"{field.name}: {field.type}" for field in table.schema_arrow)
    if missing:
        return f"there is no license_column {missing[0]!r}; the table has {columns}"
    what = f"{wanted!r} is no column of pictures" if wanted else "which column holds pictures?"
    return (
        f"{what} They are binary, or a struct of bytes and path; name one as the source's "
        f"`column`. The table has {columns}"
    )


def _bytes_of(values: pa.Array) -> pa.Array:
    if not pa.types.is_struct(values.type):
        return values
    return pc.struct_field(values, "bytes")  # null where the struct is


def _is_binary(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_arrows(error: Exception) -> bool:
    """Tell whether the table is at fault: Arrow says so by its own types, or a bare OSError."""
    return isinstance(error, pa.ArrowException) or (type(error) is OSError and error.errno is None)


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0]
