"""The servers of a small cluster, started once for all tests of this folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers", HERE.parent / "refresh"):
    sys.path.insert(0, str(folder))

from small_cluster import BUCKET, Cluster, Galaxy, started  # noqa: E402

HERE_ALONE = {"postgres_env": "TG_POSTGRES", "compute_logs": f"s3://{BUCKET}/logs"}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def in_bucket(cluster: Cluster) -> Galaxy:
    """A galaxy in the bucket, made by one process."""
    home = f"s3://{BUCKET}/one/home"
    galaxy = Galaxy(cluster, "bucket", home, HERE_ALONE, cluster.databases("bucket"))
    galaxy.run()
    return galaxy


@pytest.fixture(scope="session")
def made_alone(cluster: Cluster, in_bucket: Galaxy) -> dict[str, bytes]:
    """What one process made, by key below the galaxy's home."""
    return cluster.objects("one/home")
