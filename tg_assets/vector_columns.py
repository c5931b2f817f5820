"""Columns of vectors as they lie in a Parquet file: the bytes of each vector, unparted.

Parquet stores the elements of lists one by one, with a level each: a shard's embeddings then take
twenty times as long to read, and ten times as long to write, as the bytes they consist of. So a
column of lists of floats is written as one of bytes whose name says what they are, such as
``embedding:float16`` (little-endian, one number a dimension), and is a column of lists again when
the table is read. Both ways only pass buffers on.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

_NUMBERS = {"float16": pa.float16(), "float32": pa.float32()}


def packed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its columns of vectors as columns of bytes."""
    return pl.DataFrame([_to_bytes(column) for column in frame.get_columns()])


def unpacked(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame as it was before `packed`; one that never was is returned as it is."""
    return pl.DataFrame([_to_lists(column) for column in frame.get_columns()])


def is_packed(frame: pl.DataFrame) -> bool:
    """Whether a column holds the bytes of vectors, which no compression makes smaller."""
    return any(_named(name) for name in frame.columns)


def _named(name: str) -> tuple[str, pa.DataType] | None:
    """Return the name of the column of lists that a column of bytes stands for, and its numbers."""
    plain, _, kind = name.rpartition(":")
    return (plain, _NUMBERS[kind]) if kind in _NUMBERS else None


def _to_bytes(column: pl.Series) -> pl.Series:
    if column.dtype not in (pl.List(pl.Float16), pl.List(pl.Float32)):
        return column
    lists = column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    numbers = lists.flatten()  # what lists hold, without what may lie beneath nulls
    if numbers.null_count:
        return column
    width = numbers.type.bit_width // 8
    ends = np.cumsum(column.list.len().fill_null(0).to_numpy(), dtype=np.int64) * width
    offsets = pa.py_buffer(np.concatenate([np.zeros(1, np.int64), ends]))
    content = pa.py_buffer(np.ascontiguousarray(numbers.to_numpy()))
    valid = pa.array(column.is_not_null().to_numpy()).buffers()[1]
    array = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(column), [valid, offsets, content]
    )
    return pl.Series(f"{column.name}:{numbers.type.to_pandas_dtype().__name__}", array)


def _to_lists(column: pl.Series) -> pl.Series:
    named = _named(column.name)
    if named is None or column.dtype != pl.Binary:
        return column
    name, numbers = named
    width = numbers.bit_width // 8
    content = column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, values = content.buffers()
    ends = np.frombuffer(offsets, np.int64)[content.offset :][: len(column) + 1] // width
    flat = pa.Array.from_buffers(numbers, int(ends[-1]), [None, values])
    missing = pa.array(column.is_null().to_numpy())
    return pl.Series(name, pa.LargeListArray.from_arrays(pa.array(ends), flat, mask=missing))
