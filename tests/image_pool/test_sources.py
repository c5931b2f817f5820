from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from tg_assets.image_pool import folders
from tg_assets.image_pool.sources import (
    FolderError,
    ListError,
    Refused,
    SourceFile,
    list_file_list,
    list_folder,
    list_rendered,
)


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def uris(found: Iterator[SourceFile | Refused]) -> list[str]:
    return [item.uri for item in found if isinstance(item, SourceFile)]


def names(root: Path) -> list[str]:
    return [os.path.relpath(uri, root) for uri in uris(list_folder(str(root), "s", "l"))]


def refused(root: Path) -> list[tuple[str, str]]:
    found = list_folder(str(root), "s", "l")
    return [
        (os.path.relpath(item.uri, root), item.reason)
        for item in found
        if isinstance(item, Refused)
    ]


def test_a_folder_is_listed_by_path_with_the_folders_in_it(tmp_path: Path) -> None:
    for name in ("b.JPG", "a/z.png", "a/b/c.tiff", "a.webp", "notes.txt", "x.jpg/y.gif", ".jpg~"):
        touch(tmp_path / name)
    assert names(tmp_path) == ["a/b/c.tiff", "a/z.png", "a.webp", "b.JPG", "x.jpg/y.gif"]
    assert refused(tmp_path) == []
    first = next(list_folder(str(tmp_path), "holiday", "CC0-1.0"))
    assert first == SourceFile(str(tmp_path / "a/b/c.tiff"), "holiday", "CC0-1.0")


def test_all_suffixes_count_in_any_case(tmp_path: Path) -> None:
    for i, suffix in enumerate((*folders.IMAGE_SUFFIXES, ".JPEG", ".Png")):
        touch(tmp_path / f"{i}{suffix}")
    assert len(names(tmp_path)) == 10


def test_unicode_names_are_kept_as_they_are(tmp_path: Path) -> None:
    written = ["cafe\u0301.jpg", "caf\u00e9.jpg", "图片.png", "a b%20c#d?e::f.jpg"]
    for name in written:
        touch(tmp_path / name)
    assert sorted(names(tmp_path)) == sorted(written)


def test_names_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    for name in (b"caf\xe9.jpg", b"notes\xff.txt", b"good.jpg"):
        with open(root + b"/" + name, "wb"):
            pass
    os.mkdir(root + b"/d\xe9")
    assert names(tmp_path) == ["good.jpg"]
    assert refused(tmp_path) == [("caf\\xe9.jpg", "not_utf8"), ("d\\xe9", "not_utf8")]
    for item in list_folder(str(tmp_path), "s", "l"):
        item.uri.encode("utf-8")


def test_links_are_followed(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere/deep/c.jpg")
    touch(tmp_path / "single.png")
    root = tmp_path / "root"
    root.mkdir()
    (root / "more").symlink_to(tmp_path / "elsewhere")
    (root / "one.png").symlink_to(tmp_path / "single.png")
    assert names(root) == ["more/deep/c.jpg", "one.png"]


def test_link_loops_end(tmp_path: Path) -> None:
    touch(tmp_path / "a/b/x.jpg")
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to(tmp_path)
    (tmp_path / "knot.jpg").symlink_to(tmp_path / "knot.jpg")
    assert names(tmp_path) == ["a/b/x.jpg"]
    assert refused(tmp_path) == [
        ("a/b/up", "already_listed"),
        ("knot.jpg", "dangling_link"),
        ("self", "already_listed"),
    ]


def test_a_loop_through_the_outside_ends(tmp_path: Path) -> None:
    touch(tmp_path / "root/x.jpg")
    touch(tmp_path / "other/y.jpg")
    (tmp_path / "root/parent").symlink_to(tmp_path)
    assert names(tmp_path / "root") == ["parent/other/y.jpg", "x.jpg"]
    assert refused(tmp_path / "root") == [("parent/root", "already_listed")]


def test_a_link_added_later_renames_no_picture(tmp_path: Path) -> None:
    touch(tmp_path / "z/x.jpg")
    before = names(tmp_path)
    (tmp_path / "a").symlink_to(tmp_path / "z")
    assert names(tmp_path) == before == ["z/x.jpg"]


def test_odd_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    touch(tmp_path / "good.jpg")
    assert names(tmp_path) == ["good.jpg"]
    assert refused(tmp_path) == [("gone.jpg", "dangling_link"), ("pipe.jpg", "not_a_file")]


def test_a_folder_that_cannot_be_read_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "closed/a.jpg")
    touch(tmp_path / "open/b.jpg")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", guarded)
    assert names(tmp_path) == ["open/b.jpg"]
    assert refused(tmp_path) == [("closed", "unreadable")]


def test_folders_deeper_than_the_call_stack(tmp_path: Path) -> None:
    deep = "d/" * 150 + "x.jpg"  # the limit comes down instead: what pytest has to delete is less
    touch(tmp_path / deep)
    found = list_folder(str(tmp_path), "s", "l")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        assert uris(found) == [str(tmp_path / deep)]
    finally:
        sys.setrecursionlimit(limit)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    touch(tmp_path / "file.jpg")
    with pytest.raises(FolderError, match="nowhere does not exist"):
        list_folder(str(tmp_path / "nowhere"), "s", "l")
    with pytest.raises(FolderError, match=r"file\.jpg is a file"):
        list_folder(str(tmp_path / "file.jpg"), "s", "l")
    with pytest.raises(FolderError, match="memory://no-bucket/prefix"):
        list_folder("memory://no-bucket/prefix", "s", "l")


def test_relative_folders_and_file_urls_become_plain_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "in/x.jpg")
    monkeypatch.chdir(tmp_path)
    assert uris(list_folder("in", "s", "l")) == [str(tmp_path / "in/x.jpg")]
    assert uris(list_folder(f"file://{tmp_path}/in", "s", "l")) == [str(tmp_path / "in/x.jpg")]


def test_a_storage_is_listed_and_its_uris_can_be_opened() -> None:
    root = UPath("memory://test-sources/pictures")
    for name in ("b.jpg", "a/c.png", "a b#é.gif", "notes.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    found = uris(list_folder(str(root), "s", "l"))
    assert [UPath(uri).read_bytes().decode() for uri in found] == ["a/c.png", "a b#é.gif", "b.jpg"]
    (root / "later.jpg").write_bytes(b"")
    assert len(uris(list_folder(str(root) + "/", "s", "l"))) == 4


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    pl.DataFrame(rows).write_csv(path)


def write_jsonl(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")


def write_parquet(path: Path, rows: list[dict[str, str]]) -> None:
    pl.DataFrame(rows).write_parquet(path)


WRITERS: dict[str, Callable[[Path, list[dict[str, str]]], None]] = {
    "list.csv": write_csv,
    "list.jsonl": write_jsonl,
    "list.PARQUET": write_parquet,
}


@pytest.mark.parametrize(("name", "write"), WRITERS.items(), ids=WRITERS)
def test_file_lists(
    tmp_path: Path, name: str, write: Callable[[Path, list[dict[str, str]]], None]
) -> None:
    rows = [
        {"uri": "sub/é, b.jpg", "license": "CC0-1.0", "other": "1"},
        {"uri": "s3://bucket/c.jpg", "license": "", "other": "2"},
        {"uri": "./sub/é, b.jpg", "license": "", "other": "3"},
        {"uri": "/abs/d.jpg", "license": "CC-BY-4.0", "other": "4"},
        {"uri": "../up.jpg", "license": "", "other": "5"},
        {"uri": "rendered:grid/4", "license": "", "other": "6"},
    ]
    write(tmp_path / name, rows)
    assert list(list_file_list(str(tmp_path / name), "src", "MIT")) == [
        SourceFile(f"{tmp_path}/sub/é, b.jpg", "src", "CC0-1.0"),
        SourceFile("s3://bucket/c.jpg", "src", "MIT"),
        SourceFile("/abs/d.jpg", "src", "CC-BY-4.0"),
        SourceFile(f"{tmp_path}/../up.jpg", "src", "MIT"),
        SourceFile("rendered:grid/4", "src", "MIT"),
    ]


@pytest.mark.parametrize(("name", "write"), WRITERS.items(), ids=WRITERS)
def test_a_row_without_uri_is_named(
    tmp_path: Path, name: str, write: Callable[[Path, list[dict[str, str]]], None]
) -> None:
    write(tmp_path / name, [{"uri": "a.jpg", "x": "1"}, {"uri": " ", "x": "2"}])
    with pytest.raises(ListError, match=rf"{name}: (row|line) 2.* has no uri"):
        list(list_file_list(str(tmp_path / name), "s", "l"))
    write(tmp_path / name, [{"url": "a.jpg"}])
    with pytest.raises(ListError, match=rf"{name}: .*uri"):
        list(list_file_list(str(tmp_path / name), "s", "l"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "no column 'uri'"),
        ("a.csv", b"uri\nb.jpg\n\xff\xfe.jpg\n", "not UTF-8"),
        ("a.jsonl", b'{"uri": "b.jpg"}\n{"uri": \n', "line 2 is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1 is not a JSON object"),
        ("a.jsonl", b'{"uri": 7}\n', "line 1 has no uri"),
        ("a.jsonl", b'{"uri": "x", "license": 7}\n', "line 1: license is 7"),
        ("a.parquet", b"PAR1 or not", "damaged"),
        ("a.txt", b"b.jpg\n", r"ends in one of \.csv"),
        ("missing/a.csv", None, "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ListError, match=message) as caught:
        list(list_file_list(str(tmp_path / name), "s", "l"))
    assert name in str(caught.value)


def test_a_csv_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("\ufeffuri\r\nx.jpg\r\n".encode())
    assert uris(list_file_list(str(tmp_path / "a.csv"), "s", "l")) == [f"{tmp_path}/x.jpg"]


def test_a_uri_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"uri": "\\ud800.jpg"}\n{"uri": "b.jpg"}\n')
    bad, good = list_file_list(str(tmp_path / "a.jsonl"), "s", "l")
    assert isinstance(bad, Refused)
    assert bad.reason == "not_utf8"
    bad.uri.encode("utf-8")
    assert isinstance(good, SourceFile)


def test_a_list_in_a_storage_resolves_against_its_folder() -> None:
    path = UPath("memory://test-lists/here/list.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("uri\nsub/x.jpg\n")
    assert uris(list_file_list(str(path), "s", "l")) == ["memory://test-lists/here/sub/x.jpg"]


@given(
    families=st.lists(st.sampled_from("abcdef"), min_size=1, unique=True),
    count=st.integers(0, 40),
    seed=st.integers(0, 99),
)
def test_rendered_lists_extend(families: list[str], count: int, seed: int) -> None:
    few = [file.uri for file in list_rendered("s", "CC0-1.0", families, count, seed)]
    more = [file.uri for file in list_rendered("s", "CC0-1.0", families, count + 10, seed)]
    assert more[:count] == few
    assert len(set(more)) == count + 10
    taken = [uri.removeprefix("rendered:").split("/")[0] for uri in more]
    assert taken == [families[i % len(families)] for i in range(count + 10)]
    assert all(0 <= int(uri.rpartition("/")[2]) < 1 << 63 for uri in more)


def test_rendered_pictures_of_a_family_do_not_depend_on_the_others() -> None:
    alone = {file.uri for file in list_rendered("s", "l", ["sprites"], 5, seed=1)}
    both = {file.uri for file in list_rendered("s", "l", ["camera", "sprites"], 10, seed=1)}
    assert alone < both
    assert alone.isdisjoint(file.uri for file in list_rendered("s", "l", ["sprites"], 5, seed=2))


@pytest.mark.parametrize(
    ("families", "count"), [([], 1), (["a", "a"], 1), (["a/b"], 1), (["a"], -1)]
)
def test_rendered_lists_of_nothing_are_errors(families: list[str], count: int) -> None:
    with pytest.raises(ValueError, match="source 's'"):
        list_rendered("s", "l", families, count, 0)
