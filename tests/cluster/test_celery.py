"""The whole graph over two Celery workers, and what is left when a part of the cluster dies."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from served_galaxy import questions_in
from small_cluster import BUCKET, Cluster, Galaxy, workers

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("cluster")]
CELERY = {
    "runs": "celery",
    "postgres_env": "TG_POSTGRES",
    "broker_env": "TG_BROKER",
    "compute_logs": f"s3://{BUCKET}/logs",
    "at_once": 2,
    "start_timeout_s": 60,
}
HOME = f"s3://{BUCKET}/one/home"


@pytest.fixture(scope="module")
def over_celery(cluster: Cluster) -> Iterator[Galaxy]:
    environment = cluster.databases("celery") | {"TG_BROKER": cluster.broker}
    galaxy = Galaxy(cluster, "celery", HOME, CELERY, environment)
    with workers(galaxy, 2):
        yield galaxy


def test_two_workers_make_the_same_bytes_as_one_process(
    cluster: Cluster, over_celery: Galaxy
) -> None:
    alone = Galaxy(
        cluster,
        "alone",
        HOME,
        {"postgres_env": "TG_POSTGRES"},
        cluster.databases("alone"),
    )
    alone.run()
    wanted = cluster.objects("one/home")
    cluster.delete("one/home")
    before = len(cluster.log())
    over_celery.run()
    found = cluster.objects("one/home")
    assert sorted(found) == sorted(wanted)
    assert [name for name in wanted if found[name] != wanted[name]] == []
    asked = questions_in(cluster.log(after=before))
    assert {question: times for question, times in asked.items() if times > 1} == {}
    assert os.listdir(over_celery.folder)
