"""What the sources of the settings list: containers, collections, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from archives import write_table, write_tar, write_zip
from hypothesis import HealthCheck, given
from hypothesis import settings as laws
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from upath import UPath

from tg_assets.image_pool import remembered as remembering
from tg_assets.image_pool.containers import members as really_listed
from tg_assets.image_pool.file_lists import ListError
from tg_assets.image_pool.folders import FolderError
from tg_assets.image_pool.listed import Refused, SourceFile
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.paper_collections import SUBSOURCES
from tg_assets.image_pool.reading import read_bytes
from tg_assets.image_pool.remembered import Remembered
from tg_assets.registration import list_shards
from tg_assets.settings import Settings, load_settings
from tg_assets.settings_sources import STORAGES, Source
from tg_assets.tables_io import TableStore

FORGETFUL = Remembered(None)
SUFFIX = {"zip": "zip", "webdataset": "tar", "parquet": "parquet"}
WRITE: dict[str, Any] = {"zip": write_zip, "webdataset": write_tar, "parquet": write_table}


def source(kind: str, path: Path | str, **more: object) -> Source:
    plain = {} if kind == "collection" else {"license": "CC-BY-4.0"}
    said = {"kind": kind, "name": "src", "path": str(path), **plain, **more}
    made: Source = TypeAdapter(Source).validate_python(said)
    return made


def listed(
    said: Source, remembered: Remembered = FORGETFUL
) -> tuple[list[SourceFile], list[Refused]]:
    found = list(entries(said, remembered, STORAGES))
    return (
        [entry for entry in found if isinstance(entry, SourceFile)],
        [entry for entry in found if isinstance(entry, Refused)],
    )


def galaxy(home: Path, *sources: Source, shard_size: int = 3) -> tuple[Settings, TableStore]:
    settings = load_settings().model_copy(
        update={"home": str(home), "sources": sources, "shard_size": shard_size}
    )
    return settings, TableStore(str(home))


def touch(path: Path, content: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize("kind", SUFFIX)
def test_a_folder_of_containers_is_listed_by_name_with_what_is_damaged(
    kind: str, tmp_path: Path
) -> None:
    for name in ("b", "a/c"):
        WRITE[kind](tmp_path / f"{name}.{SUFFIX[kind]}", {f"{name}.jpg": name.encode()})
    touch(tmp_path / f"half.{SUFFIX[kind]}", b"PK half")
    touch(tmp_path / "other.txt")
    files, refused = listed(source(kind, tmp_path))
    assert [read_bytes(file.uri) for file in files] == [b"a/c", b"b"]
    assert {(file.source, file.license) for file in files} == {("src", "CC-BY-4.0")}
    assert [(entry.uri, entry.reason) for entry in refused] == [
        (f"{tmp_path}/half.{SUFFIX[kind]}", "unreadable")
    ]
    single, _ = listed(source(kind, tmp_path / f"b.{SUFFIX[kind]}"))
    assert [file.uri for file in single] == [files[1].uri]


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@pytest.mark.parametrize("kind", SUFFIX)
@laws(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=NAMES, more=NAMES, size=st.integers(1, 5))
def test_containers_that_are_added_add_shards_and_change_none(
    kind: str, tmp_path: Path, first: list[str], more: list[str], size: int
) -> None:
    shutil.rmtree(tmp_path / "in", ignore_errors=True)
    shutil.rmtree(tmp_path / "home", ignore_errors=True)
    (tmp_path / "in").mkdir()

    def add(name: str) -> None:
        images = {f"{n}.jpg": f"{name}{n}".encode() for n in range(ord(name) % 3 + 1)}
        WRITE[kind](tmp_path / "in" / f"{name}.{SUFFIX[kind]}", images)

    def shards() -> dict[str, list[str]]:
        keys = list_shards(settings, tables, []).keys
        return {key: tables.read("shard_files", key)["uri"].to_list() for key in keys}

    settings, tables = galaxy(tmp_path / "home", source(kind, tmp_path / "in"), shard_size=size)
    for name in first:
        add(name)
    before = shards()
    assert shards() == before
    for name in set(more) - set(first):
        add(name)
    after = shards()
    assert {key: after[key] for key in before} == before
    uris = [uri for shard in after.values() for uri in shard]
    assert sorted(uris) == sorted(file.uri for file in listed(settings.sources[0])[0])
    assert len(set(uris)) == len(uris)


def test_registration_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    write_tar(tmp_path / "in/a.tar", {f"{n}.jpg": bytes([n]) for n in range(10)})
    settings, tables = galaxy(tmp_path / "home", source("webdataset", tmp_path / "in"))
    write, written = tables.write, []

    def killed_at_the_third(*args: Any, **kwargs: Any) -> Any:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(args)
        return write(*args, **kwargs)

    tables.write = killed_at_the_third  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        list_shards(settings, tables, [])
    tables.write = write  # type: ignore[method-assign]
    keys = list_shards(settings, tables, []).keys
    assert keys == ["00000-src", "00001-src", "00002-src", "00003-src"]
    uris = [uri for key in keys for uri in tables.read("shard_files", key)["uri"]]
    assert [uri[-5:] for uri in uris] == [f"{n}.jpg" for n in range(10)]


def test_a_container_is_listed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def watched(kind: Any, url: str) -> Any:
        looked.append(url)
        return really_listed(kind, url)

    monkeypatch.setattr(remembering, "members", watched)
    kept = Remembered(UPath(tmp_path / "kept"))
    write_zip(tmp_path / "in/a.zip", {"a.jpg": b"1", "../b.jpg": b"2"})
    first = listed(source("zip", tmp_path / "in"), kept)
    assert listed(source("zip", tmp_path / "in"), kept) == first
    assert len(first[0]) == len(first[1]) == len(looked) == 1
    next(iter(entries(source("zip", tmp_path / "in"), kept, STORAGES)))
    write_zip(tmp_path / "in/a.zip", {"a.jpg": b"1", "c.jpg": b"2"})
    assert len(listed(source("zip", tmp_path / "in"), kept)[0]) == 2
    assert len(looked) == 2


def test_what_lies_where_the_settings_do_not_allow_is_refused(tmp_path: Path) -> None:
    uris = ["https://elsewhere/x.jpg", "zip://ftp://elsewhere/a.zip!x.jpg", "s3://b/x.jpg", "y.jpg"]
    pl.DataFrame({"uri": uris}).write_csv(tmp_path / "list.csv")
    files, refused = listed(source("file_list", tmp_path / "list.csv"))
    assert [file.uri for file in files] == ["s3://b/x.jpg", f"{tmp_path}/y.jpg"]
    assert [entry.uri for entry in refused] == uris[:2]
    assert {entry.reason for entry in refused} == {"scheme_not_allowed"}
    assert "uri_schemes" in refused[0].detail
    local_only = list(entries(source("file_list", tmp_path / "list.csv"), FORGETFUL, ("file",)))
    assert [isinstance(entry, SourceFile) for entry in local_only] == [False, False, False, True]


def test_a_list_with_a_root_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/away").symlink_to("/etc")
    write_zip(tmp_path / "up.zip", {"x.jpg": b"x"})
    uris = [
        "a.jpg",
        "../up.jpg",
        "/etc/passwd",
        "away/x.jpg",
        "zip://../up.zip!x.jpg",
        "zip://nothing",
    ]
    pl.DataFrame({"uri": uris}).write_csv(tmp_path / "in/list.csv")
    rooted = source("file_list", tmp_path / "in/list.csv", root=str(tmp_path / "in"))
    files, refused = listed(rooted)
    assert [file.uri for file in files] == [f"{tmp_path}/in/a.jpg"]
    assert [entry.reason for entry in refused] == ["climbs_out"] * 4 + ["unreadable"]
    files, _ = listed(source("file_list", tmp_path / "in/list.csv"))
    assert read_bytes(files[-1].uri) == b"x"  # relative containers begin at the list's folder


# the paper's collections


def test_the_sub_sources_are_those_of_the_papers_table() -> None:
    counts = {sub.name: sub.paper_images for subs in SUBSOURCES.values() for sub in subs}
    assert len(counts) == 31
    assert sum(counts[name] for name in ("allava_laion", "allava_vflan")) == 326_752
    math = sum(sub.paper_images for sub in SUBSOURCES["mathv360k"])
    share = sum(sub.paper_images for sub in SUBSOURCES["sharegpt4v"])
    assert (math // 1000, share // 1000, counts["visual_genome"]) == (31, 358, 108_249)
    assert 800_000 < sum(counts.values()) < 830_000


def test_collections_in_their_published_layouts(tmp_path: Path) -> None:
    touch(tmp_path / "allava/allava_laion/images/1.jpeg")
    write_zip(tmp_path / "allava/allava_laion/image_chunks/images_3.zip", {"images/2.jpeg": b"2"})
    touch(tmp_path / "allava/allava_vflan/images/images_191task_1k/3.png")
    touch(tmp_path / "vg/VG_100K/1.jpg")
    write_zip(tmp_path / "vg/images2.zip", {"VG_100K_2/2.jpg": b"2", "other/3.jpg": b"3"})
    write_zip(
        tmp_path / "math/data_images.zip",
        {"data_images/TQA/images/1.png": b"1", "data_images/TQA2/x.png": b"x"},
    )
    touch(tmp_path / "share/coco/train2017/1.jpg")
    touch(tmp_path / "share/sam_images/2.jpg")
    touch(tmp_path / "share/web-celeberity_images/3.jpg")
    wanted = {
        "allava": {"src/allava_laion": 2, "src/allava_vflan": 1},
        "visual_genome": {"src/visual_genome": 2},
        "mathv360k": {"src/TQA": 1},
        "sharegpt4v": {"src/coco_train2017": 1, "src/sam_images": 1, "src/web-celebrity_images": 1},
    }
    licences: dict[str, str] = {}
    folders = ("allava", "vg", "math", "share")
    for (collection, counts), folder in zip(wanted.items(), folders, strict=True):
        files, refused = listed(source("collection", tmp_path / folder, collection=collection))
        found = pl.Series([file.source for file in files]).value_counts().rows()
        assert dict(found) == counts
        assert all(read_bytes(file.uri) for file in files)
        assert {entry.reason for entry in refused} <= {"missing"}
        assert len(refused) == len(SUBSOURCES[collection]) - len(counts)
        licences |= {file.source: file.license for file in files}
    assert licences["src/allava_laion"] == licences["src/TQA"] == "Apache-2.0"
    assert licences["src/visual_genome"] == "CC-BY-4.0"
    assert licences["src/coco_train2017"] == "CC-BY-NC-4.0"
    assert licences["src/sam_images"] == licences["src/web-celebrity_images"] == "research-only"


def test_sub_sources_are_chosen_and_relicensed(tmp_path: Path) -> None:
    for name in ("coco/train2017/1.jpg", "sam/images/2.jpg"):
        touch(tmp_path / name)
    files, refused = listed(
        source(
            "collection",
            tmp_path,
            collection="sharegpt4v",
            subsources=["sam_images"],
            licenses={"sam_images": "CC0-1.0"},
        )
    )
    assert files == [SourceFile(f"{tmp_path}/sam/images/2.jpg", "src/sam_images", "CC0-1.0")]
    assert not refused
    with pytest.raises(ValidationError, match="sharegpt4v has no sub-source 'sams'"):
        source("collection", tmp_path, collection="sharegpt4v", subsources=["sams"])
    with pytest.raises(FolderError, match=r"holds none of allava_laion/images"):
        listed(source("collection", tmp_path, collection="allava"))


@pytest.mark.parametrize(
    ("collection", "rows", "wanted"),
    [
        (
            "allava",
            [{"id": 1, "image": "allava_laion/images/1.jpeg"}, {"id": 2, "conversations": []}],
            [("allava_laion/images/1.jpeg", "allava_laion")],
        ),
        (
            "visual_genome",
            [{"image_id": 1, "url": "https://cs.stanford.edu/people/rak248/VG_100K_2/1.jpg"}],
            [("VG_100K_2/1.jpg", "visual_genome")],
        ),
        (
            "mathv360k",
            [{"image": "TQA/images/1.png"}, {"image": "DVQA/images/2.png"}, {"image": "X/3.png"}],
            [
                ("data_images/TQA/images/1.png", "TQA"),
                ("data_images/DVQA/images/2.png", "DVQA"),
            ],
        ),
        (
            "sharegpt4v",
            [{"image": "sam/images/1.jpg"}, {"image": "llava/llava_pretrain/images/2.jpg"}],
            [("sam/images/1.jpg", "sam_images")],
        ),
    ],
)
def test_annotations_choose_the_images(
    tmp_path: Path, collection: str, rows: list[Any], wanted: list[tuple[str, str]]
) -> None:
    rows = [*rows, {"image": "../../etc/passwd"}]
    touch(tmp_path / "names.json", json.dumps(rows).encode())
    files, refused = listed(
        source(
            "collection",
            tmp_path,
            collection=collection,
            annotations=[str(tmp_path / "names.json")],
        )
    )
    assert [(file.uri, file.source) for file in files] == [
        (f"{tmp_path}/{place}", f"src/{sub}") for place, sub in wanted
    ]
    assert [entry.reason for entry in refused] == ["climbs_out"]


def test_annotations_that_are_cut_short_are_named(tmp_path: Path) -> None:
    touch(tmp_path / "names.json", b'[{"image": "VG_100K/1.jpg"}, {"ima')
    cut = source(
        "collection",
        tmp_path,
        collection="visual_genome",
        annotations=[str(tmp_path / "names.json")],
    )
    with pytest.raises(ListError, match=r"names\.json: damaged after entry 1"):
        listed(cut)
