"""The list of withdrawals: what it may say, and what is said about a list that cannot be used."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.ids import task_id
from tg_assets.tables import TASK_TREE
from tg_assets.withdrawals.listed import (
    BRANCH,
    WithdrawalsError,
    listed_content,
    read_withdrawals,
    with_branches,
)

IMAGE = "0123456789abcdef" * 2


def read(folder: Path, content: str | bytes) -> list[tuple[str, str, str | None]]:
    file = folder / "withdrawn.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_withdrawals(str(file)).iter_rows())


def test_without_a_file_nothing_is_withdrawn() -> None:
    assert read_withdrawals(None).is_empty()


def test_a_header_alone_withdraws_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "kind,id,reason\n") == []


def test_task_types_are_named_by_path_or_id_and_images_by_id(tmp_path: Path) -> None:
    by_path = read(tmp_path, f"kind,id,reason\ntask_type,ocr~bill ocr,bad\nimage,{IMAGE},\n")
    assert set(by_path) == {("task_type", task_id("ocr~bill ocr"), "bad"), ("image", IMAGE, None)}
    by_id = read(tmp_path, f"kind,id\ntask_type,{task_id('ocr~bill ocr')}\n")
    assert by_id == [("task_type", task_id("ocr~bill ocr"), None)]


@pytest.mark.parametrize("written", ["OCR~Bill OCR", " ocr ~ bill  ocr ", "ocr\u223cbill ocr"])
def test_a_path_may_be_written_as_people_write_it(tmp_path: Path, written: str) -> None:
    ((_, name, _),) = read(tmp_path, f"kind,id\ntask_type,{written}\n")
    assert name == task_id("ocr~bill ocr")


def test_a_list_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    text = '\ufeffid,kind,seen by,reason\r\n"ocr~a, b",task_type,me,"two\nlines"\r\n'
    assert read(tmp_path, text) == [("task_type", task_id("ocr~a, b"), "two\nlines")]


def test_what_is_listed_twice_counts_once_with_the_first_reason(tmp_path: Path) -> None:
    lines = "".join(f"task_type,ocr,reason {n}\n" for n in range(50))
    assert read(tmp_path, f"kind,id,reason\n{lines}") == [("task_type", task_id("ocr"), "reason 0")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; write the header kind,id,reason"),
        ("ids\nx\n", r"needs the columns kind and id, it has \['ids'\]"),
        ("kind,id\nimage,photo.jpg\n", "row 1: 'photo.jpg' is no image_id"),
        (
            "kind,id\npicture,x\n",
            "row 1: kind is 'picture', it is one of image, task_type, t",
        ),
        ("kind,id\ntask_type,ocr\ntask_type,\n", "row 2: there is no id"),
        ("kind,id\ntask_type,~ 2 ~\n", "row 1: '~ 2 ~' is no path of a task type"),
        ("kind,id\n,ocr\n", "row 1: kind is ''"),
        ("kind,id\ntask_type,a,b,c\n", "is not a CSV file"),
        (b"kind,id\ntask_type,caf\xe9\n", "is not a CSV file"),
    ],
)
def test_an_unusable_list_is_refused_with_its_name(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(WithdrawalsError, match=message) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "withdrawn.csv"))


def test_a_list_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(WithdrawalsError, match=r"gone\.csv: the list of withdrawals cannot be"):
        listed_content(str(tmp_path / "gone.csv"))


@given(st.binary(max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_list_or_refused(content: bytes) -> None:
    file = Path(f"/tmp/tg-withdrawals-{hash(content)}.csv")
    file.write_bytes(content)
    try:
        read_withdrawals(str(file))
    except WithdrawalsError:
        pass
    finally:
        file.unlink()


def test_a_branch_takes_what_is_below_it_along_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "withdrawn.csv"
    file.write_text("kind,id,reason\ntask_branch,ocr,rights\ntask_type,ocr~bill,own\n")
    paths = ["ocr", "ocr~bill", "ocr~bill~total", "ocr2", "counting~ocr"]
    rows = [(task_id(path), path, 1, None, "seed", None, None) for path in paths]
    tree = pl.DataFrame(rows, schema=dict(TASK_TREE.columns), orient="row")
    withdrawn = with_branches(read_withdrawals(str(file)), tree).filter(pl.col("kind") != BRANCH)
    assert dict(withdrawn.select("id", "reason").iter_rows()) == {
        task_id("ocr"): "rights",
        task_id("ocr~bill"): "own",
        task_id("ocr~bill~total"): "below ocr: rights",
    }
