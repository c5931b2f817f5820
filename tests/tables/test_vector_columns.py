"""Vectors lie in files as bytes, and come back as they were."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_assets.tables_io import TableStore
from tg_assets.vector_columns import packed, unpacked

vectors = st.none() | st.lists(st.floats(width=16, allow_nan=False), max_size=4)


@given(st.lists(vectors, max_size=6), st.sampled_from([pl.Float16, pl.Float32]), st.integers(0, 3))
def test_vectors_come_back_as_they_were(rows: list[Any], kind: Any, skipped: int) -> None:
    column = pl.Series("embedding", rows, dtype=pl.List(kind))
    frame = pl.DataFrame([pl.Series("id", range(len(rows))), column])[skipped:]
    file = io.BytesIO()
    packed(frame).write_parquet(file)
    there = pl.read_parquet(file)
    assert there.schema["embedding:float16" if kind == pl.Float16 else "embedding:float32"] == (
        pl.Binary
    )
    assert unpacked(there).equals(frame)
    assert unpacked(there).schema == frame.schema


def test_bytes_are_those_of_the_vector() -> None:
    frame = pl.DataFrame({"v": pl.Series([[1.0, -2.0]], dtype=pl.List(pl.Float16))})
    content = packed(frame)["v:float16"][0]
    assert np.frombuffer(content, "<f2").tolist() == [1.0, -2.0]


def test_lists_with_gaps_and_other_columns_are_left_alone() -> None:
    frame = pl.DataFrame(
        {
            "gap": pl.Series([[1.0, None]], dtype=pl.List(pl.Float32)),
            "whole": pl.Series([[1]], dtype=pl.List(pl.Int8)),
            "a:float16": ["text"],
        }
    )
    assert unpacked(packed(frame)).equals(frame)


@pytest.mark.parametrize("null", [False, True])
def test_a_table_with_vectors_is_stored_and_read(tmp_path: Path, null: bool) -> None:
    from tg_assets.tables import IMAGE_EMBEDDINGS

    frame = IMAGE_EMBEDDINGS.enforce(
        pl.DataFrame(
            {"image_id": ["a", "b"], "embedding": [[0.5, 1.0], None], "reason": [None, "gone"]}
        )[: 2 if null else 1].cast({"embedding": IMAGE_EMBEDDINGS.columns["embedding"]})
    )
    store = TableStore(str(tmp_path))
    store.write("image_embeddings", frame, "s")
    assert store.read("image_embeddings", "s").equals(frame)
    file = pl.read_parquet(store.path("image_embeddings", "s").read_bytes())
    assert any(name.startswith("embedding:") for name in file.columns)
