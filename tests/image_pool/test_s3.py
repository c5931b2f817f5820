"""Images in buckets, over HTTP from a real server: listing, reading, and what goes wrong."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from archives import write_table, write_tar, write_zip
from moto.server import ThreadedMotoServer
from s3_environment import use_keys_of_tests

from tg_assets.image_pool import storages
from tg_assets.image_pool.folders import FolderError
from tg_assets.image_pool.listed import Refused, SourceFile
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.reading import ImageUnreadable, StorageError, read_bytes
from tg_assets.image_pool.remembered import Remembered
from tg_assets.settings_sources import S3, STORAGES, FolderSource, Source, ZipSource
from tg_assets.settings_sources import ParquetSource as Tables
from tg_assets.settings_sources import WebDatasetSource as Tars


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    """The file system of a server with an empty bucket named `pics`, reached by the settings."""
    use_keys_of_tests(monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    _post(server, "reset")
    storages.use_s3(S3(endpoint_url=server))
    fsspec.filesystem("s3").clear_instance_cache()
    system = fsspec.filesystem("s3")
    system.mkdir("pics")
    yield system
    _post(server, "reset-auth", b"1000000")


def _post(server: str, what: str, body: bytes = b"") -> None:
    plain = {"Content-Type": "text/plain"}  # a form's body would be taken apart
    asked = urllib.request.Request(f"{server}/moto-api/{what}", data=body, headers=plain)
    urllib.request.urlopen(asked, timeout=10).close()


def listed(source: Source) -> list[SourceFile | Refused]:
    return list(entries(source, Remembered(None), STORAGES))


def folder(path: str) -> FolderSource:
    return FolderSource(kind="folder", name="s", path=path, license="MIT")


def test_a_prefix_is_listed_and_read(bucket: fsspec.AbstractFileSystem) -> None:
    names = ["b.jpg", "a/c.png", "a b%20#é?.gif", "notes.txt"]
    for name in names:
        bucket.pipe(f"pics/in/{name}", name.encode())
    bucket.pipe("pics/elsewhere.jpg", b"")
    found = listed(folder("s3://pics/in"))
    assert [entry.uri for entry in found] == [
        "s3://pics/in/a/c.png",
        "s3://pics/in/a b%20#é?.gif",
        "s3://pics/in/b.jpg",
    ]
    assert [read_bytes(entry.uri).decode() for entry in found] == [
        "a/c.png",
        "a b%20#é?.gif",
        "b.jpg",
    ]
    assert read_bytes("s3://pics/elsewhere.jpg") == b""
    with pytest.raises(ImageUnreadable, match="limit of 4 bytes"):
        read_bytes("s3://pics/in/b.jpg", limit=4)


def test_containers_in_a_bucket_are_read_by_parts(
    bucket: fsspec.AbstractFileSystem, tmp_path: Path
) -> None:
    images = {f"{n}.jpg": bytes([n]) * 70_000 for n in range(40)}
    for name, path in {
        "a.zip": write_zip(tmp_path / "a.zip", images, stored=True),
        "a.tar": write_tar(tmp_path / "a.tar", images),
        "a.parquet": write_table(tmp_path / "a.parquet", images, 16),
    }.items():
        bucket.pipe(f"pics/in/{name}", path.read_bytes())
    more = {"name": "s", "path": "s3://pics/in", "license": "MIT"}
    sources = (
        ZipSource(kind="zip", **more),
        Tars(kind="webdataset", **more),
        Tables(kind="parquet", **more),
    )
    for source in sources:
        found = listed(source)
        assert [isinstance(entry, SourceFile) for entry in found] == [True] * 40
        for number in (37, 3, 4):
            assert read_bytes(found[number].uri) == images[f"{number}.jpg"]


def test_a_cut_table_in_a_bucket_is_refused(
    bucket: fsspec.AbstractFileSystem, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "a.parquet", {"a.jpg": b"x"}).read_bytes()
    bucket.pipe("pics/in/a.parquet", table[: len(table) // 2])
    (entry,) = listed(Tables(kind="parquet", name="s", path="s3://pics/in", license="MIT"))
    assert isinstance(entry, Refused)
    assert entry.reason == "unreadable"
    assert "half written" in entry.detail


def test_an_object_that_is_gone_is_its_own_loss(bucket: fsspec.AbstractFileSystem) -> None:
    for uri in (
        "s3://pics/gone.jpg",
        "tar://s3://pics/a.tar!512+9!x.jpg",
        "zip://s3://pics/a.zip!x",
    ):
        with pytest.raises(ImageUnreadable, match=r"s3://pics/"):
            read_bytes(uri)


def test_a_bucket_that_is_not_there_is_no_files_fault(bucket: fsspec.AbstractFileSystem) -> None:
    for uri in ("s3://nowhere/x.jpg", "tar://s3://nowhere/a.tar!512+9!x.jpg"):
        with pytest.raises(StorageError, match=r"no such bucket"):
            read_bytes(uri)
    with pytest.raises((StorageError, FolderError), match="s3://nowhere"):
        listed(folder("s3://nowhere/in"))


def test_a_key_that_is_denied_is_no_files_fault(
    bucket: fsspec.AbstractFileSystem, server: str
) -> None:
    bucket.pipe("pics/in/a.jpg", b"x")
    _post(server, "reset-auth", b"0")
    for uri in ("s3://pics/in/a.jpg", "zip://s3://pics/in/a.jpg!x.jpg"):
        with pytest.raises(StorageError, match="refuses the key") as caught:
            read_bytes(uri)
        assert "AWS_" in str(caught.value)
        assert "secret" not in str(caught.value)
    with pytest.raises(StorageError, match="refuses the key"):
        listed(folder("s3://pics/in"))


def test_a_server_that_cannot_be_reached_is_named(
    bucket: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    storages.use_s3(S3(endpoint_url="http://127.0.0.1:9"))
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(StorageError, match="endpoint") as caught:
        read_bytes("s3://pics/in/a.jpg")
    assert "s3://pics/in/a.jpg" in str(caught.value)
    assert "s3.endpoint_url" in str(caught.value)
