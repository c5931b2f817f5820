"""Pictures in containers: what is listed can be read, one at a time, without unpacking."""

from __future__ import annotations

import multiprocessing
import os
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archives import write_table, write_tar, write_zip
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets import ids
from tg_assets.image_pool import parquets
from tg_assets.image_pool.containers import members
from tg_assets.image_pool.listed import Member, Problem
from tg_assets.image_pool.locations import (
    BadLocation,
    Inside,
    climbs_out,
    inside,
    scheme,
)
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable, read_bytes, read_registered

FILES = {
    "0001.jpg": b"one",
    "deep/er/0002.PNG": b"two" * 1000,
    "a!b%20 c#?é 图.webp": b"three",
    "0001.json": b"{}",
    "notes.txt": b"no picture",
}
PICTURES = {name: content for name, content in FILES.items() if not name.endswith(("n", "t"))}
KINDS = ("zip", "tar", "parquet")


def written(kind: str, folder: Path) -> Path:
    name = folder / f"odd !%21 name.{kind}"
    if kind == "zip":
        return write_zip(name, FILES)
    return write_tar(name, FILES) if kind == "tar" else write_table(name, PICTURES, 2)


def found(kind: str, path: Path | str) -> tuple[list[str], list[Problem]]:
    entries = list(members(kind, str(path)))  # type: ignore[arg-type]
    return (
        [entry.uri for entry in entries if isinstance(entry, Member)],
        [entry for entry in entries if isinstance(entry, Problem)],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_listed_is_read(kind: str, tmp_path: Path) -> None:
    uris, problems = found(kind, written(kind, tmp_path))
    assert [read_bytes(uri) for uri in uris] == list(PICTURES.values())
    assert not problems
    assert all(uri.startswith(f"{kind}://{tmp_path}/odd %21%2521 name.{kind}!") for uri in uris)
    assert [scheme(uri) for uri in uris] == ["file"] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_in_a_container_is_held_to_its_hash(kind: str, tmp_path: Path) -> None:
    path = written(kind, tmp_path)
    uris, _ = found(kind, path)
    image = ids.image_id(b"one")
    assert read_registered(uris[0], image) == b"one"
    changed = {name: content[::-1] for name, content in PICTURES.items()}
    path.unlink()
    {"zip": write_zip, "tar": write_tar, "parquet": write_table}[kind](path, changed)
    with pytest.raises(ImageChanged, match="changed after it was registered"):
        read_registered(uris[0], image)


@given(st.text(min_size=1), st.text(min_size=1))
@settings(max_examples=100, deadline=None)
def test_a_place_in_a_container_is_read_back_as_it_was_written(container: str, place: str) -> None:
    there = Inside("zip", container, place)
    assert inside(there.uri) == there


@pytest.mark.parametrize("uri", ["zip://", "zip:///a.zip", "tar:///a.tar!", "parquet://!image!0"])
def test_a_uri_that_names_no_place_says_how_to_write_one(uri: str) -> None:
    with pytest.raises(BadLocation, match="://<container>!<place>"):
        inside(uri)
    with pytest.raises(ImageUnreadable, match="names no place in a container"):
        read_bytes(uri)


@pytest.mark.parametrize("place", ["image", "image!x", "!", "picture!0", "image!99", "image!-1"])
def test_a_row_that_is_not_there_is_named(place: str, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.parquet", PICTURES)
    with pytest.raises(ImageUnreadable):
        read_bytes(f"parquet://{table}!{place}")


@pytest.mark.parametrize("place", ["x", "12!a.jpg", "0+3!a.jpg", "512+9!a.jpg", "1000+3!a.jpg"])
def test_a_place_of_a_tar_where_no_file_begins_is_refused(place: str, tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "t.tar", {"a.jpg": b"one"})
    with pytest.raises(ImageUnreadable):
        read_bytes(f"tar://{tar}!{place}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_container_that_is_gone_is_the_pictures_loss_alone(kind: str, tmp_path: Path) -> None:
    path = written(kind, tmp_path)
    uris, _ = found(kind, path)
    path.unlink()
    with pytest.raises(ImageUnreadable, match="No such file"):
        read_bytes(uris[0])
    assert found(kind, path)[1][0].reason == "unreadable"


def test_tars_of_every_dialect_with_long_names(tmp_path: Path) -> None:
    long = {"/".join(["folder" * 5] * 9) + f"/{i}.jpg": bytes([i]) * 700 for i in range(4)}
    for kind in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        uris, problems = found("tar", write_tar(tmp_path / f"{kind}.tar", long, kind))
        assert [read_bytes(uri) for uri in uris] == list(long.values())
        assert not problems


def test_a_stored_zip_and_what_macos_leaves(tmp_path: Path) -> None:
    files = {
        "a.jpg": b"one",
        "__MACOSX/._a.jpg": b"fork",
        "folder.jpg/": b"",
        "folder.jpg/b.png": b"",
    }
    uris, problems = found("zip", write_zip(tmp_path / "a.zip", files, stored=True))
    assert [uri.partition("!")[2] for uri in uris] == ["a.jpg", "folder.jpg/b.png"]
    assert not problems


def test_threads_read_the_same_containers(tmp_path: Path) -> None:
    contents = {f"{i}.jpg": bytes([i]) * (100 + 37 * i) for i in range(60)}
    uris = [
        *found("zip", write_zip(tmp_path / "a.zip", contents))[0],
        *found("tar", write_tar(tmp_path / "a.tar", contents))[0],
        *found("parquet", write_table(tmp_path / "a.parquet", contents, 25))[0],
    ]
    wanted = list(contents.values()) * 3
    order = np.random.default_rng(0).permutation(len(uris))
    with ThreadPoolExecutor(8) as threads:
        read = dict(zip(order, threads.map(lambda i: read_bytes(uris[i]), order), strict=True))
    assert [read[i] for i in range(len(uris))] == wanted


def _read_many(uris: list[str], wanted: list[bytes]) -> None:
    for _ in range(30):
        for uri, content in zip(uris, wanted, strict=True):
            if read_bytes(uri) != content:
                os._exit(1)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forked_workers_do_not_share_the_offsets_of_their_parent(tmp_path: Path) -> None:
    contents = {f"{i}.jpg": bytes([i]) * 5000 for i in range(20)}
    uris, _ = found("zip", write_zip(tmp_path / "a.zip", contents, stored=True))
    wanted = list(contents.values())
    assert [read_bytes(uri) for uri in uris] == wanted  # the parent holds the archive open
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_read_many, args=(uris, wanted)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]


def test_a_table_is_read_by_windows_and_never_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = {f"{i}.jpg": bytes([i % 251]) * 100 for i in range(200)}
    uris, _ = found("parquet", write_table(tmp_path / "t.parquet", images, 100))
    decoded: list[int] = []
    read_column = parquets._bytes_of

    def counted(values: pa.Array) -> pa.Array:
        decoded.append(len(values))
        return read_column(values)

    monkeypatch.setattr(parquets, "_bytes_of", counted)
    assert uris == sorted(uris)
    assert read_bytes(uris[150]) == images["150.jpg"]
    assert sum(decoded) <= 64  # of its row group the windows up to it
    decoded.clear()
    assert [read_bytes(uri) for uri in uris] == list(images.values())
    assert sum(decoded) <= 200  # in order, each row once


def test_what_a_table_keeps_in_memory_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquets, "KEPT_BYTES", 40_000)
    path = write_table(tmp_path / "t.parquet", {f"{i}.jpg": bytes(1000) for i in range(300)}, 100)
    table = parquets._TABLES.get(str(path))
    for row in (*range(0, 300, 7), *range(299, 0, -11)):
        assert table.value("image", row) == bytes(1000)
        assert table._kept_bytes == sum(w.nbytes for w in table._windows.values())
        assert table._kept_bytes <= 60_000


def test_columns_of_plain_bytes_and_licences_and_empty_rows(tmp_path: Path) -> None:
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"jpg": pa.array([b"a", b"b"]), "id": [1, 2]}), plain)
    assert [read_bytes(uri) for uri in found("parquet", plain)[0]] == [b"a", b"b"]
    images = {"a.jpg": b"one", "b.jpg": None}
    path = write_table(tmp_path / "l.parquet", images, licenses=["MIT", None])
    entries = list(members("parquet", str(path), license_column="license"))
    assert [entry.license for entry in entries if isinstance(entry, Member)] == ["MIT", None]
    with pytest.raises(ImageUnreadable, match="holds no picture"):
        read_bytes(entries[1].uri)


def test_a_table_without_a_clear_column_of_pictures_says_what_to_name(tmp_path: Path) -> None:
    two = tmp_path / "two.parquet"
    pq.write_table(pa.table({"left": [b"a"], "right": [b"b"]}), two)
    ((problem,),) = (found("parquet", two)[1],)
    assert problem.reason == "no_images"
    assert "left: binary" in problem.detail
    assert "`column`" in problem.detail
    assert len(list(members("parquet", str(two), "right"))) == 1
    (missing,) = members("parquet", str(two), "right", "license")
    assert isinstance(missing, Problem)


# what strangers send


def test_a_tar_cut_short_gives_what_is_whole_and_says_where_it_ends(tmp_path: Path) -> None:
    contents = {f"{i}.jpg": bytes([65 + i]) * 900 for i in range(5)}
    whole = write_tar(tmp_path / "a.tar", contents).read_bytes()
    everything, _ = found("tar", tmp_path / "a.tar")
    ends = [int(uri.split("!")[1].split("+")[0]) + 900 for uri in everything]
    for cut in (ends[2] - 1, ends[2], ends[2] + 130, ends[2] + 600, 700, 100):
        (tmp_path / "a.tar").write_bytes(whole[:cut])
        uris, problems = found("tar", tmp_path / "a.tar")
        assert uris == [uri for uri, end in zip(everything, ends, strict=True) if end <= cut]
        assert [problem.reason for problem in problems] in (["truncated"], ["unreadable"])
        assert "copy it again" in problems[0].detail or cut == 100
        assert all(read_bytes(uri) for uri in uris)
    (tmp_path / "a.tar").write_bytes(whole[: ends[2] - 1])
    with pytest.raises(ImageUnreadable, match="cut short"):
        read_bytes(everything[2])


def test_a_tar_damaged_in_its_middle_is_not_taken_for_whole(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", {f"{i}.jpg": bytes(600) for i in range(4)})
    content = bytearray(path.read_bytes())
    content[1536 + 20 : 1536 + 200] = b"\xff" * 180  # the second header
    path.write_bytes(content)
    uris, problems = found("tar", path)
    assert len(uris) == 1
    assert problems[0].reason == "truncated"
    assert "1 members before it" in problems[0].detail


def test_a_compressed_tar_says_to_uncompress_it(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz"):
        pass
    (problem,) = found("tar", tmp_path / "a.tar.gz")[1]
    assert "gunzip" in problem.detail


def test_half_written_tables_and_zips_are_named(tmp_path: Path) -> None:
    table = write_table(tmp_path / "a.parquet", PICTURES)
    archive = write_zip(tmp_path / "a.zip", FILES)
    for kind, path in (("parquet", table), ("zip", archive)):
        whole = path.read_bytes()
        for content in (whole[: len(whole) // 2], whole[:-3], b"", b"PAR1" * 5):
            path.write_bytes(content)
            uris, (problem,) = found(kind, path)
            assert not uris
            assert problem.reason == "unreadable"
            assert "again" in problem.detail


def test_a_damaged_row_or_member_is_its_own_loss(tmp_path: Path) -> None:
    contents = {f"{i}.jpg": np.random.default_rng(i).bytes(3000) for i in range(4)}
    for kind, write in (("zip", write_zip), ("parquet", write_table)):
        path = write(tmp_path / f"a.{kind}", contents)
        uris, _ = found(kind, path)
        part = contents["3.jpg"][1000:1300]
        content = path.read_bytes()
        assert part in content
        path.write_bytes(content.replace(part, b"\xaa" * 300))
        assert read_bytes(uris[0]) == contents["0.jpg"]
        with pytest.raises((ImageUnreadable, ImageChanged), match=r"damaged|changed"):
            read_registered(uris[3], ids.image_id(contents["3.jpg"]))


def test_a_damaged_page_costs_its_row_group_at_most(tmp_path: Path) -> None:
    images = {f"{i}.jpg": np.random.default_rng(i).bytes(40_000) for i in range(200)}
    path = write_table(tmp_path / "a.parquet", images, 100)
    uris, _ = found("parquet", path)
    content = bytearray(path.read_bytes())
    at = content.find(images["60.jpg"][:50])
    content[at - 400 : at] = b"\xff" * 400  # a header of a page, or lengths within it
    path.write_bytes(content)
    right = 0
    for _ in range(2):
        for uri, whole in zip(uris, images.values(), strict=True):
            try:
                assert read_registered(uri, ids.image_id(whole)) == whole
                right += 1
            except (ImageUnreadable, ImageChanged):
                pass
    assert right >= 2 * 100  # the other row group, whatever was read before; none is another's


def test_a_zip_bomb_is_never_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"bomb.png": bytes(30_000_000)})
    ((uri,), _) = found("zip", path)
    with pytest.raises(ImageUnreadable, match="more than the limit") as caught:
        read_bytes(uri, limit=1_000_000)
    assert caught.value.reason == "too_large"
    content = path.read_bytes()
    lied = content.replace((30_000_000).to_bytes(4, "little"), (999).to_bytes(4, "little"))
    path.write_bytes(lied)  # both headers say 999 bytes now
    with pytest.raises(ImageUnreadable):
        read_bytes(uri, limit=1_000_000)


@pytest.mark.parametrize(
    "name", ["../up.jpg", "/etc/x.jpg", "a/../../b.jpg", "C:\\x.jpg", "..\\x.jpg"]
)
def test_members_that_climb_out_are_refused(name: str, tmp_path: Path) -> None:
    files = {name: b"x", "good.jpg": b"y"}
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = member
            archive.writestr(info, content)
    for kind, there in (("zip", path), ("tar", write_tar(tmp_path / "a.tar", files))):
        uris, (problem,) = found(kind, there)
        assert [uri[-8:] for uri in uris] == ["good.jpg"]
        assert problem.reason == "climbs_out"
    assert climbs_out(name)


def test_encrypted_members_links_and_strange_names_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.jpg": b"x" * 50})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert [problem.reason for problem in found("zip", path)[1]] == ["encrypted"]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo(os.fsdecode(b"caf\xe9.jpg")))
    reasons = [problem.reason for problem in found("tar", tmp_path / "a.tar")[1]]
    assert reasons == ["not_a_file", "not_utf8"]
