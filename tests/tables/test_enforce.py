"""What a table promises: columns, types, nulls, keys, order."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.tables import REJECTED_IMAGES, SCORED_QA, TABLES, Table, TableError

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pl.String: st.text(max_size=8),
    pl.Int8: st.integers(0, 1),
    pl.Int32: st.integers(-(2**31), 2**31 - 1),
    pl.Int64: st.integers(-(2**63), 2**63 - 1),
    pl.UInt64: st.integers(0, 2**64 - 1),
    pl.Float16: st.floats(width=16, allow_nan=False),
    pl.Float32: st.floats(width=32, allow_nan=False),
    pl.Float64: st.floats(allow_nan=False),
    pl.Boolean: st.booleans(),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Draw values of a column's type."""
    if isinstance(kind, pl.List):
        return st.lists(values_of(kind.inner), max_size=3)
    if isinstance(kind, pl.Struct):
        return st.fixed_dictionaries({field.name: values_of(field.dtype) for field in kind.fields})
    return VALUES[type(kind) if isinstance(kind, pl.DataType) else kind]


@st.composite
def frames(draw: st.DrawFn) -> tuple[Table, pl.DataFrame]:
    """Draw a table and rows that it accepts, in any order of rows and columns."""
    table = TABLES[draw(st.sampled_from(sorted(TABLES)))]
    row = st.fixed_dictionaries(
        {
            name: st.none() | values_of(kind) if name in table.nullable else values_of(kind)
            for name, kind in table.columns.items()
        }
    )
    rows = draw(
        st.lists(row, max_size=6, unique_by=lambda row: tuple(row[key] for key in table.key))
    )
    frame = pl.DataFrame(rows, schema=dict(table.columns), orient="row")
    return table, frame.select(draw(st.permutations(frame.columns)))


@given(frames())
@settings(max_examples=150, deadline=None)
def test_what_is_accepted_is_sorted_complete_and_stays_so(
    drawn: tuple[Table, pl.DataFrame],
) -> None:
    table, frame = drawn
    once = table.enforce(frame)
    assert once.schema == dict(table.columns)
    assert once.height == frame.height
    assert once.equals(once.sort(table.key))
    assert table.enforce(once).equals(once)


@given(frames(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_rows_does_not_matter(drawn: tuple[Table, pl.DataFrame], dice: Any) -> None:
    table, frame = drawn
    order = list(range(frame.height))
    dice.shuffle(order)
    assert table.enforce(frame[order]).equals(table.enforce(frame))


@given(frames())
@settings(max_examples=60, deadline=None)
def test_a_row_twice_is_refused(drawn: tuple[Table, pl.DataFrame]) -> None:
    table, frame = drawn
    if frame.is_empty():
        return
    with pytest.raises(TableError, match=f"{table.name}: 2 rows share a key"):
        table.enforce(pl.concat([frame, frame.head(1)]))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_column_too_few_or_too_many_is_refused_by_name(name: str) -> None:
    table = TABLES[name]
    first = next(iter(table.columns))
    with pytest.raises(TableError, match=rf"{name}: missing columns \['{first}'\]"):
        table.enforce(table.empty().drop(first))
    with pytest.raises(TableError, match=r"unknown columns \['extra'\]"):
        table.enforce(table.empty().with_columns(extra=pl.lit(1)))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_keys_are_columns_that_are_never_null(name: str) -> None:
    table = TABLES[name]
    assert set(table.key) <= set(table.columns)
    assert table.nullable <= set(table.columns)
    assert not table.nullable.intersection(table.key)
    assert table.enforce(table.empty()).is_empty()


def rejected(**columns: list[Any]) -> pl.DataFrame:
    usual = {
        "uri": ["a", "b", "c"],
        "source": ["s"] * 3,
        "reason": ["truncated"] * 3,
        "detail": [None, "d", None],
        "twin_image_id": [None] * 3,
    }
    return pl.DataFrame({**usual, **columns})


def test_a_null_is_refused_with_its_row() -> None:
    with pytest.raises(TableError) as caught:
        REJECTED_IMAGES.enforce(rejected(source=["s", None, "s"]))
    assert "1 nulls in column 'source'" in str(caught.value)
    assert "'uri': 'b'" in str(caught.value)
    assert REJECTED_IMAGES.enforce(rejected()).height == 3


def test_a_value_of_another_type_is_refused() -> None:
    row = {name: ["x"] for name in SCORED_QA.columns} | {"votes": [[]], "score": ["two"]}
    with pytest.raises(TableError, match="scored_qa: a value has the wrong type"):
        SCORED_QA.enforce(pl.DataFrame(row))


@pytest.mark.parametrize("score", [[2**40], [1.5], [1.0], [True], ["1"]])
def test_a_number_that_a_cast_would_change_is_refused(score: list[Any]) -> None:
    row = {name: ["x"] for name in SCORED_QA.columns} | {"votes": [[]], "score": score}
    with pytest.raises(TableError, match="scored_qa: a value has the wrong type"):
        SCORED_QA.enforce(pl.DataFrame(row))


def test_a_number_is_no_text() -> None:
    with pytest.raises(TableError, match="column 'source' holds Int64, it is to hold String"):
        REJECTED_IMAGES.enforce(rejected(source=[1, 2, 3]))
