"""Files: whole or not at all, the same bytes for the same rows, stamped with what made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.tables import TABLES, TableError
from tg_assets.tables_io import TableMissing, TableStore

SHARD = "00000-mine"


def seeds(*paths: str) -> pl.DataFrame:
    return pl.DataFrame({"path": list(paths)}, schema={"path": pl.String})


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TableStore:
    """A store in a folder, and one at a URL."""
    return TableStore(str(tmp_path) if request.param == "local" else f"memory://{uuid.uuid4().hex}")


def test_what_was_written_is_read(store: TableStore) -> None:
    stamp = store.write("seed_paths", seeds("b", "a~ü"), "0000", inputs="in", facts={"files": 3})
    assert store.read("seed_paths", "0000")["path"].to_list() == ["a~ü", "b"]
    assert store.stamp("seed_paths", "0000") == stamp
    assert (stamp.inputs, stamp.facts) == ("in", {"files": 3})
    assert store.rows("seed_paths", "0000") == 2


def test_what_was_never_written_is_missing_by_name(store: TableStore) -> None:
    assert store.stamp("seed_paths", "0000") is None
    assert store.rows("seed_paths", "0000") is None
    assert store.partitions("seed_paths") == []
    with pytest.raises(
        TableMissing, match=r"table clip_similarity, partition s\|b: .*s/b\.parquet"
    ):
        store.read("clip_similarity", "s", "b")


def test_partitions_are_listed_in_order(store: TableStore) -> None:
    for key in ("0002", "0000", "0001"):
        store.write("seed_paths", seeds("a"), key)
    assert store.partitions("seed_paths") == ["0000", "0001", "0002"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_goes_to_a_file_and_back_without_rows(name: str, store: TableStore) -> None:
    table = TABLES[name]
    store.write(name, table.empty(), "a")
    assert store.read(name, "a").schema == dict(table.columns)


@given(st.sets(st.text(max_size=12), max_size=20), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_equal_rows_have_equal_bytes_in_any_order(paths: set[str], dice: object) -> None:
    ordered = sorted(paths)
    shuffled = list(ordered)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    home = TableStore(f"memory://{uuid.uuid4().hex}")
    first = home.write("seed_paths", seeds(*ordered), "0000", inputs="same")
    second = home.write("seed_paths", seeds(*shuffled), "0001", inputs="same")
    assert first == second
    assert (
        home.path("seed_paths", "0000").read_bytes() == home.path("seed_paths", "0001").read_bytes()
    )


def test_the_version_says_the_rows_and_nothing_else(store: TableStore) -> None:
    versions = [
        store.write("seed_paths", rows, "0000", inputs=inputs, facts=facts).version
        for rows, inputs, facts in (
            (seeds("a"), "x", {}),
            (seeds("a"), "y", {"files": 1}),
            (seeds("b"), "x", {}),
        )
    ]
    assert versions[0] == versions[1] != versions[2]


def test_the_same_rows_make_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    code = textwrap.dedent(
        """
        import sys, polars as pl
        from tg_assets.tables_io import TableStore
        rows = [{"uri": f"u{n}", "source": "s", "reason": "r", "detail": None,
                 "twin_image_id": None} for n in {f"{n}" for n in range(500)}]
        TableStore(sys.argv[1]).write("rejected_images", pl.DataFrame(rows), "a", facts={"n": 1})
        """
    )
    contents = set()
    for number in ("1", "2"):
        home = tmp_path / number
        environment = {**os.environ, "PYTHONHASHSEED": number}
        command = [sys.executable, "-c", code, str(home)]
        subprocess.run(command, check=True, env=environment, timeout=60)
        contents.add(TableStore(str(home)).path("rejected_images", "a").read_bytes())
    assert len(contents) == 1


def test_an_older_schema_is_refused_with_its_path(store: TableStore) -> None:
    path = store.path("seed_paths", "0000")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pl.DataFrame({"name": ["a"]}).write_parquet(file)
    with pytest.raises(TableError) as caught:
        store.read("seed_paths", "0000")
    assert str(caught.value).startswith(f"{path}: seed_paths: missing columns ['path']")
    assert store.stamp("seed_paths", "0000") is None


@pytest.mark.parametrize("content", [b"", b"no parquet", b"PAR1 cut off"])
def test_a_file_that_is_no_parquet_is_refused_with_its_path(
    store: TableStore, content: bytes
) -> None:
    path = store.path("seed_paths", "0000")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    for look in (store.read, store.rows, store.stamp):
        with pytest.raises(TableError, match=r"0000\.parquet cannot be read as Parquet"):
            look("seed_paths", "0000")


def test_a_table_that_is_refused_leaves_the_old_file(store: TableStore) -> None:
    store.write("seed_paths", seeds("a"), "0000")
    with pytest.raises(TableError):
        store.write("seed_paths", seeds("a", "a"), "0000")
    assert store.read("seed_paths", "0000")["path"].to_list() == ["a"]


def test_a_killed_writer_leaves_the_old_file_and_no_partition(tmp_path: Path) -> None:
    store = TableStore(str(tmp_path))
    store.write("seed_paths", seeds("old"), "0000")
    code = textwrap.dedent(
        """
        import os, signal, sys, polars as pl
        from tg_assets import tables_io
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        store = tables_io.TableStore(sys.argv[1])
        for key in ("0001", "0000"):
            store.write("seed_paths", pl.DataFrame({"path": ["new"]}), key)
        """
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60)
        assert done.returncode == -signal.SIGKILL
    left = [file.name for file in store.path("seed_paths", "0000").parent.iterdir()]
    assert any(name.endswith(".tmp") for name in left)
    assert store.partitions("seed_paths") == ["0000"]
    assert store.read("seed_paths", "0000")["path"].to_list() == ["old"]


def test_foreign_files_are_no_partitions(tmp_path: Path) -> None:
    store = TableStore(str(tmp_path))
    store.write("seed_paths", seeds("a"), "0000")
    folder = Path(str(store.path("seed_paths", "0000").parent))
    for name in (".0001.parquet", "._0000.parquet", "0002.parquet.tmp", "notes.txt"):
        (folder / name).write_bytes(b"foreign")
    assert store.partitions("seed_paths") == ["0000"]


def test_a_writer_leaves_nothing_beside_its_file(tmp_path: Path) -> None:
    store = TableStore(str(tmp_path))
    store.write("seed_paths", seeds("a"), "0000")
    assert [file.name for file in store.path("seed_paths", "0000").parent.iterdir()] == [
        "0000.parquet"
    ]
