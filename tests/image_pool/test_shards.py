from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets import tables
from tg_assets.image_pool.shards import plan_shards, shard_key
from tg_assets.image_pool.sources import SourceFile

FILES = st.lists(
    st.builds(
        SourceFile, st.integers(0, 60).map("/p/{}.jpg".format), st.sampled_from("ab"), st.just("l")
    ),
    max_size=50,
    unique_by=lambda file: file.uri,
)
SIZES = st.integers(1, 7)
LAWS = settings(max_examples=40, deadline=None)


def uris(shards: list[tuple[str, pl.DataFrame]]) -> list[str]:
    return [uri for _, frame in shards for uri in frame["uri"]]


@LAWS
@given(files=FILES, size=SIZES, number=st.integers(0, 200_000))
def test_every_file_is_in_one_shard_of_its_source_in_order(
    files: list[SourceFile], size: int, number: int
) -> None:
    shards = list(plan_shards(files, set(), size, number))
    assert sorted(uris(shards)) == sorted(file.uri for file in files)
    for i, (key, frame) in enumerate(shards):
        assert re.fullmatch("[0-9]{5,}-[a-z0-9-]+", key)
        assert int(key.split("-")[0]) == number + i
        assert tables.SHARD_FILES.enforce(frame).equals(frame)
        assert frame["position"].to_list() == list(range(frame.height))
        assert 1 <= frame.height <= size
        assert frame["source"].n_unique() == 1
    for source in "ab":
        own = [f for _, f in shards if f["source"][0] == source]
        listed = [file.uri for file in files if file.source == source]
        assert [uri for frame in own for uri in frame["uri"]] == listed
        assert all(frame.height == size for frame in own[:-1])


@LAWS
@given(files=FILES, more=FILES, size=SIZES)
def test_files_that_are_added_add_shards_and_change_none(
    files: list[SourceFile], more: list[SourceFile], size: int
) -> None:
    first = list(plan_shards(files, set(), size, 0))
    known = set(uris(first))
    assert list(plan_shards(files, known, size, len(first))) == []
    for listing in ([*files, *more], [*more, *files]):
        second = list(plan_shards(listing, known, size, len(first)))
        assert set(uris(second)) == {file.uri for file in more} - known
        assert not {key for key, _ in first} & {key for key, _ in second}


@LAWS
@given(files=FILES, size=SIZES)
def test_a_plan_is_a_function_of_its_input(files: list[SourceFile], size: int) -> None:
    once, again = (list(plan_shards(iter(files), set(), size, 3)) for _ in range(2))
    assert [key for key, _ in once] == [key for key, _ in again]
    assert all(a.equals(b) for (_, a), (_, b) in zip(once, again, strict=True))


def test_a_uri_that_comes_twice_counts_once() -> None:
    files = [
        SourceFile("/x.jpg", "a", "l"),
        SourceFile("/x.jpg", "b", "m"),
        SourceFile("/x.jpg", "a", "l"),
    ]
    ((key, frame),) = plan_shards(files, frozenset(), 2, 7)
    assert key == "00007-a"
    assert frame.rows() == [(0, "/x.jpg", "a", "l")]


def test_files_stream() -> None:
    def endless() -> object:
        i = 0
        while True:
            yield SourceFile(f"/{i}.jpg", "a", "l")
            i += 1

    shards = plan_shards(endless(), set(), 3, 0)  # type: ignore[arg-type]
    assert [next(shards)[0] for _ in range(3)] == ["00000-a", "00001-a", "00002-a"]


@pytest.mark.parametrize(
    ("number", "source", "key"),
    [
        (3, "Holiday Photos", "00003-holiday-photos"),
        (123456, "Été_2024!", "123456-ete-2024"),
        (0, "图片", "00000-source"),
        (1, "-" * 9, "00001-source"),
        (1, "a" * 39 + " b", "00001-" + "a" * 39),
    ],
)
def test_keys(number: int, source: str, key: str) -> None:
    assert shard_key(number, source) == key


def test_sizes_and_numbers_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match="shard_size is 0"):
        plan_shards([], set(), 0, 0)
    with pytest.raises(ValueError, match="next_number is -1"):
        plan_shards([], set(), 1, -1)
