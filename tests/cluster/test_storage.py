"""Everything in a bucket, instance and ledger on PostgreSQL: the same dataset as in a folder."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
from served_galaxy import files_of, questions_in
from small_cluster import Cluster, Galaxy

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("cluster")]


@pytest.fixture(scope="module")
def in_folder(cluster: Cluster) -> Galaxy:
    galaxy = Galaxy(cluster, "folder", str(cluster.folder / "folder" / "home"))
    galaxy.run()
    return galaxy


def published(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return the publication that counts, by path in the dataset."""
    version = json.loads(found["dataset/CURRENT"])["version"]
    start = f"dataset/{version}/"
    return {name.removeprefix(start): b for name, b in found.items() if name.startswith(start)}


def test_a_bucket_and_a_folder_hold_the_same(
    cluster: Cluster, in_folder: Galaxy, in_bucket: Galaxy, made_alone: dict[str, bytes]
) -> None:
    here = {name: content for name, content in files_of(cluster.folder / "folder" / "home").items()}
    there = made_alone
    exports = {n.removeprefix("dataset/"): b for n, b in here.items() if n.startswith("dataset/")}
    assert len(exports) > 10
    assert published(there) == exports
    tables = sorted(name for name in here if name.startswith("tables/"))
    assert tables == sorted(name for name in there if name.startswith("tables/"))
    for name in tables:
        if "published_dataset" not in name:
            moved = pl.read_parquet(io.BytesIO(here[name])).with_columns(
                pl.col(pl.String).str.replace(in_folder.home, in_bucket.home, literal=True)
            )
            assert moved.equals(pl.read_parquet(io.BytesIO(there[name]))), name
    assert {n: b for n, b in here.items() if n.startswith("images/")} == {
        n: b for n, b in there.items() if n.startswith("images/")
    }


def test_a_second_pass_runs_nothing(cluster: Cluster, in_bucket: Galaxy) -> None:
    before = len(cluster.log())
    report = in_bucket.run()
    assert {name: stage["ran"] for name, stage in report["stages"].items() if stage["ran"]} == {}
    assert questions_in(cluster.log(after=before)) == {}


def test_what_steps_say_lies_in_the_bucket(cluster: Cluster, in_bucket: Galaxy) -> None:
    assert cluster.objects("logs")
