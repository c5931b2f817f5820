"""The whole graph over two Celery workers, and what is left when a part of the cluster dies."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from served_galaxy import questions_in
from small_cluster import BUCKET, Cluster, Galaxy, workers

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("cluster")]
CELERY = {
    "runs": "celery",
    "postgres_env": "TG_POSTGRES",
    "broker_env": "TG_BROKER",
    "compute_logs": f"s3://{BUCKET}/logs",
    "at_once": 2,
    "start_timeout_s": 240,
}
HOME = f"s3://{BUCKET}/one/home"


@pytest.fixture(scope="module")
def over_celery(cluster: Cluster) -> Iterator[Galaxy]:
    environment = cluster.databases("celery") | {"TG_BROKER": cluster.broker}
    galaxy = Galaxy(cluster, "celery", HOME, CELERY, environment)
    with workers(galaxy, 2):
        yield galaxy


def test_two_workers_make_the_same_bytes_as_one_process(
    cluster: Cluster, over_celery: Galaxy, made_alone: dict[str, bytes]
) -> None:
    cluster.delete("one/home")
    before = len(cluster.log())
    over_celery.run()
    found = cluster.objects("one/home")
    assert sorted(found) == sorted(made_alone)
    assert [name for name in made_alone if found[name] != made_alone[name]] == []
    asked = questions_in(cluster.log(after=before))
    assert {question: times for question, times in asked.items() if times > 1} == {}
    assert side_by_side(over_celery) > 0


def side_by_side(galaxy: Galaxy) -> int:
    """Return how many pairs of runs overlapped: each worker takes one at a time."""
    query = (
        "SELECT count(*) FROM runs a JOIN runs b ON a.id < b.id "
        "AND a.start_time < b.end_time AND b.start_time < a.end_time"
    )
    connection = psycopg2.connect(galaxy.environment["TG_POSTGRES"])
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        (count,) = cursor.fetchone()
    connection.close()
    return int(count)
