from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from upath import UPath

from tg_assets import ids
from tg_assets.image_pool.reading import (
    ImageChanged,
    ImageUnreadable,
    read_bytes,
    read_registered,
)


def test_paths_and_urls_are_read(tmp_path: Path) -> None:
    name = "a b%20c#d?é::f.jpg"
    (tmp_path / name).write_bytes(b"here")
    assert read_bytes(str(tmp_path / name)) == b"here"
    assert read_bytes(f"file://{tmp_path}/{name}") == b"here"
    UPath("memory://test-reading/x.jpg").write_bytes(b"there")
    assert read_bytes("memory://test-reading/x.jpg") == b"there"


def test_what_is_no_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    for name in ("folder.jpg", "pipe.jpg", "dangling.jpg", "loop.jpg", "gone.jpg", "n\0.jpg"):
        uri = str(tmp_path / name)
        with pytest.raises(ImageUnreadable) as caught:
            read_bytes(uri)
        assert caught.value.reason == "unreadable"
        assert caught.value.detail
        assert uri in str(caught.value)
    for uri in ("memory://test-reading/gone.jpg", "rendered:grid/1"):
        with pytest.raises(ImageUnreadable, match=uri):
            read_bytes(uri)


def test_files_have_a_limit(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(bytes(100))
    UPath("memory://test-reading/big.jpg").write_bytes(bytes(100))
    for uri in (str(tmp_path / "x.jpg"), "memory://test-reading/big.jpg"):
        assert len(read_bytes(uri, limit=100)) == 100
        with pytest.raises(ImageUnreadable, match="limit of 99 bytes") as caught:
            read_bytes(uri, limit=99)
        assert caught.value.reason == "too_large"


def test_a_machine_that_is_short_of_something_is_not_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(path: str, flags: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files", path)

    monkeypatch.setattr("os.open", no_more)
    with pytest.raises(OSError, match="Too many open files"):
        read_bytes(str(tmp_path / "x.jpg"))


def test_a_storage_that_fails_is_not_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    path = UPath("memory://test-reading/flaky.jpg")
    path.write_bytes(b"x")

    def broken(*args: object, **kwargs: object) -> None:
        raise ConnectionResetError("the storage went away")

    monkeypatch.setattr(type(path.fs), "cat_file", broken)
    with pytest.raises(ConnectionResetError):
        read_bytes(str(path))


def test_a_registered_file_is_the_one_that_was_registered(tmp_path: Path) -> None:
    file = tmp_path / "x.jpg"
    file.write_bytes(b"first")
    image = ids.image_id(b"first")
    assert read_registered(str(file), image) == b"first"
    file.write_bytes(b"second")
    with pytest.raises(ImageChanged, match="changed after it was registered") as caught:
        read_registered(str(file), image)
    assert str(file) in str(caught.value)
    assert "Put the old file back" in str(caught.value)
    assert caught.value.found_id == ids.image_id(b"second")
    file.unlink()
    with pytest.raises(ImageUnreadable):
        read_registered(str(file), image)
