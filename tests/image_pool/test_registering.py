from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import polars as pl
import pytest
from pool_pictures import corners, encoded, photo, png_claiming

from tg_assets import ids, tables
from tg_assets.image_pool import registering
from tg_assets.image_pool.reading import ImageChanged, read_bytes, read_registered
from tg_assets.image_pool.registering import register, registered_row


def shard(uris: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "position": range(len(uris)),
            "uri": uris,
            "source": ["s"] * len(uris),
            "license": ["CC0-1.0"] * len(uris),
        },
        schema=dict(tables.SHARD_FILES.columns),
    )


def written(folder: Path, files: dict[str, bytes]) -> pl.DataFrame:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return shard([str(folder / name) for name in files])


def reasons(rejected: pl.DataFrame) -> dict[str, str]:
    return {
        os.path.basename(uri): reason for uri, reason in rejected.select("uri", "reason").rows()
    }


def test_a_good_file_becomes_a_row(tmp_path: Path) -> None:
    content = encoded(corners(), "WEBP")
    result = register(written(tmp_path, {"x.jpg": content}))
    assert result.rejected.height == 0
    row = result.pool.row(0, named=True)
    assert row == registered_row(str(tmp_path / "x.jpg"), "s", "CC0-1.0", content)
    assert row["image_id"] == ids.image_id(content)
    assert (row["width"], row["height"], row["format"]) == (64, 48, "WEBP")
    assert tables.IMAGE_POOL.enforce(result.pool).equals(result.pool)


def test_bad_files_are_rejected_and_stop_nothing(tmp_path: Path) -> None:
    good = encoded(photo(), "JPEG")
    files = written(
        tmp_path,
        {
            "empty.jpg": b"",
            "text.jpg": b"not a picture at all",
            "cut.jpg": good[: len(good) // 2],
            "cut.png": encoded(photo(), "PNG")[:-300],
            "bomb.png": png_claiming(60_000, 60_000),
            "icon.png": encoded(corners(), "ICO"),
            "good.jpg": good,
        },
    )
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "link.jpg").symlink_to("nowhere")
    odd = shard([str(tmp_path / name) for name in ("pipe.jpg", "folder.jpg", "link.jpg")])
    files = pl.concat([files, odd.with_columns(pl.col("position") + files.height)])
    result = register(files)
    assert [os.path.basename(uri) for uri in result.pool["uri"]] == ["good.jpg"]
    assert reasons(result.rejected) == {
        "empty.jpg": "empty_file",
        "text.jpg": "not_an_image",
        "cut.jpg": "truncated",
        "cut.png": "truncated",
        "bomb.png": "too_large",
        "icon.png": "unsupported",
        "pipe.jpg": "unreadable",
        "folder.jpg": "unreadable",
        "link.jpg": "unreadable",
    }
    assert result.rejected["detail"].null_count() == 0
    assert tables.REJECTED_IMAGES.enforce(result.rejected).equals(result.rejected)


def test_exact_duplicates_merge_to_the_first_by_position(tmp_path: Path) -> None:
    content = encoded(corners(), "PNG")
    files = written(tmp_path, {"c.png": content, "a.png": content, "b.png": content})
    result = register(files.reverse())
    assert result.pool["uri"].to_list() == [str(tmp_path / "c.png")]
    assert reasons(result.rejected) == {"a.png": "duplicate", "b.png": "duplicate"}
    assert set(result.rejected["twin_image_id"]) == {ids.image_id(content)}
    assert all(str(tmp_path / "c.png") in detail for detail in result.rejected["detail"])


def test_a_uri_that_stands_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(encoded(corners(), "PNG"))
    uris = [str(tmp_path / "x.png"), str(tmp_path / "gone.png")] * 3
    result = register(shard(uris))
    assert (result.pool.height, result.rejected.height) == (1, 1)


def test_the_result_does_not_depend_on_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [encoded(photo(i % 7, 40, 30), "JPEG") for i in range(20)]
    files = written(tmp_path, {f"{i:02}.jpg": content for i, content in enumerate(contents)})
    alone = register(files, workers=1)
    read = read_bytes

    def slower(uri: str) -> bytes:
        time.sleep(0.01 * (int(os.path.basename(uri)[:2]) % 3 == 0))
        return read(uri)

    monkeypatch.setattr(registering, "read_bytes", slower)
    together = register(files, workers=8)
    assert together.pool.equals(alone.pool)
    assert together.rejected.equals(alone.rejected)
    assert alone.pool.height == 7


def test_progress_is_told_from_the_calling_thread(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    files = written(tmp_path, {f"{i}.jpg": b"" for i in range(30)})
    register(files, on_progress=lambda done: told.append((done, threading.get_ident())))
    assert told == [(done, threading.get_ident()) for done in range(1, 31)]


def test_the_workers_do_not_run_far_ahead_of_a_slow_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_file_may_end = threading.Event()
    started: list[str] = []

    def watched(uri: str) -> bytes:
        started.append(uri)
        if uri.endswith("/0.jpg"):
            slow_file_may_end.wait(5)
        return b""

    monkeypatch.setattr(registering, "read_bytes", watched)
    files = shard([f"/{i}.jpg" for i in range(200)])
    ahead: list[int] = []

    def end_slow_file() -> None:
        ahead.append(len(started))
        slow_file_may_end.set()

    threading.Timer(0.2, end_slow_file).start()
    assert register(files, workers=2).rejected.height == 200
    assert ahead[0] <= 16


def test_a_programming_error_surfaces_and_stops_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def broken(uri: str) -> bytes:
        calls.append(uri)
        raise TypeError("a programming error")

    monkeypatch.setattr(registering, "read_bytes", broken)
    with pytest.raises(TypeError, match="a programming error"):
        register(shard([f"/{i}.jpg" for i in range(500)]))
    assert len(calls) <= 20


def test_an_empty_shard_gives_empty_tables() -> None:
    result = register(tables.SHARD_FILES.empty())
    assert result.pool.equals(tables.IMAGE_POOL.empty())
    assert result.rejected.equals(tables.REJECTED_IMAGES.empty())


def test_misuse_is_named() -> None:
    with pytest.raises(ValueError, match="rendered:grid/1 is a picture that is still to be drawn"):
        register(shard(["rendered:grid/1"]))
    with pytest.raises(ValueError, match="workers is 0"):
        register(shard([]), workers=0)


def test_a_file_changed_after_registration_is_found_out(tmp_path: Path) -> None:
    files = written(tmp_path, {"x.png": encoded(corners(), "PNG")})
    row = register(files).pool.row(0, named=True)
    assert read_registered(row["uri"], row["image_id"])
    (tmp_path / "x.png").write_bytes(encoded(photo(), "PNG"))
    with pytest.raises(ImageChanged, match=r"x\.png"):
        read_registered(row["uri"], row["image_id"])
