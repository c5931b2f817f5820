"""The whole graph over two Celery workers: the bytes of one machine.

One file, so that the servers and the workers start once whatever runs tests side by side; the last
test kills the workers in the middle of voting. `benchmarks.faults` kills the others, too.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from subprocess import Popen

import fsspec.config
import polars as pl
import psycopg2
import pytest
from served_galaxy import files_of, questions_in
from small_cluster import BUCKET, Cluster, Galaxy, kill_group, start_worker, started, workers

from benchmarks.faults import HOME, PREFIX, galaxy_of, held
from resources.galaxy import Galaxy as Resource
from tg_assets.instance import open_instance
from tg_assets.settings import load_settings
from tg_assets.walk import walk

pytestmark = pytest.mark.timeout(900)
IMAGES = 4
"""One shard: what runs side by side are its two referees."""
DELAY_S = 0.3
"""The longest that a reply waits: a kill meets requests that are under way."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(tmp_path_factory.mktemp("cluster"), IMAGES, DELAY_S) as running:
        yield running


@dataclass
class OverCelery:
    """A galaxy in a bucket, and its two workers."""

    galaxy: Galaxy
    workers: list[Popen[bytes]]


@pytest.fixture(scope="module")
def over_celery(cluster: Cluster) -> Iterator[OverCelery]:
    galaxy = galaxy_of(cluster, "celery")
    with workers(galaxy, 2) as running:
        yield OverCelery(galaxy, running)


@pytest.fixture(scope="module")
def on_one_machine(cluster: Cluster, over_celery: OverCelery) -> Galaxy:
    """A galaxy in a folder, made by this process, while the workers are still starting."""
    galaxy = Galaxy(cluster, "folder", str(cluster.folder / "folder" / "home"))
    settings = load_settings(galaxy.write_settings())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
        patch.setitem(fsspec.config.conf, "s3", {})  # and the resource this
        with open_instance(settings) as instance:
            report = walk(Resource(settings), instance)
    assert not report.failures, report.failures
    return galaxy


@dataclass
class Made:
    """What an undisturbed pass over Celery made, and what it asked."""

    objects: dict[str, bytes]
    log: list[dict[str, object]]
    overlapping: int


@pytest.fixture(scope="module")
def made(cluster: Cluster, over_celery: OverCelery, on_one_machine: Galaxy) -> Made:
    before = len(cluster.log())
    over_celery.galaxy.run()
    log = cluster.log(after=before)
    return Made(cluster.objects(PREFIX), log, side_by_side(over_celery.galaxy))


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


def published(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return the publication that counts, by path in the dataset."""
    version = json.loads(found["dataset/CURRENT"])["version"]
    start = f"dataset/{version}/"
    return {name.removeprefix(start): b for name, b in found.items() if name.startswith(start)}


def test_two_workers_with_a_bucket_publish_what_one_machine_does_in_a_folder(
    on_one_machine: Galaxy, made: Made
) -> None:
    here = files_of(on_one_machine.cluster.folder / "folder" / "home")
    exports = {n.removeprefix("dataset/"): b for n, b in here.items() if n.startswith("dataset/")}
    assert len(exports) >= 8  # report, card, table, LLaVA and its four pictures
    assert published(made.objects) == exports
    assert pictures(here) == pictures(made.objects)


def pictures(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: body for name, body in found.items() if name.startswith("images/")}


def test_their_tables_differ_in_where_the_pictures_lie_alone(
    on_one_machine: Galaxy, made: Made
) -> None:
    here = files_of(on_one_machine.cluster.folder / "folder" / "home")
    tables = sorted(name for name in here if name.startswith("tables/"))
    assert tables == sorted(name for name in made.objects if name.startswith("tables/"))
    for name in tables:
        if "published_dataset" not in name:
            moved = pl.read_parquet(io.BytesIO(here[name])).with_columns(
                pl.col(pl.String).str.replace(on_one_machine.home, HOME, literal=True)
            )
            assert moved.equals(pl.read_parquet(io.BytesIO(made.objects[name]))), name


def test_no_question_is_bought_twice_though_runs_go_side_by_side(made: Made) -> None:
    asked = questions_in(made.log)
    assert len(asked) > 50
    assert {question: times for question, times in asked.items() if times > 1} == {}
    assert made.overlapping > 0


def test_what_steps_say_lies_in_the_bucket(cluster: Cluster, made: Made) -> None:
    assert cluster.objects("logs")


SEEN_VOTES = 12
MOST_LOST = 8
"""One request under way, and what came before the kill and was not committed: where the machine is
busy, a second's worth of replies 0.15 s apart."""


@pytest.mark.long
def test_the_power_gone_while_a_referee_votes_costs_what_was_under_way_and_nothing_else(
    cluster: Cluster, over_celery: OverCelery, made: Made
) -> None:
    galaxy = replace(over_celery.galaxy, concurrency=1)
    forget_the_votes_of("ada", galaxy)
    before = len(cluster.log())
    passing = galaxy.start()
    wait_for_votes(cluster, before, passing)
    passing.kill()
    for worker in over_celery.workers:
        kill_group(worker)
    passing.communicate(timeout=60)
    over_celery.workers[0] = start_worker(galaxy, 0)

    over_celery.galaxy.run()
    assert cluster.objects(PREFIX) == made.objects
    asked = questions_in(cluster.log(after=before))
    voted = {question for question in questions_in(made.log) if question[:2] == ("vote", "ada")}
    assert set(asked) == voted
    assert asked.total() - len(asked) <= MOST_LOST < SEEN_VOTES < len(voted)
    assert held(galaxy) == 0


def forget_the_votes_of(referee: str, galaxy: Galaxy) -> None:
    """Lose a referee's tables and what the ledger knows of it: the next pass votes again."""
    client = galaxy.cluster.client()
    names = [
        name
        for name in galaxy.cluster.objects(PREFIX)
        if name.startswith("tables/referee_scores/") and referee in name
    ]
    assert names
    for name in names:
        client.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/{name}")
    of_referee = "(SELECT id FROM askings WHERE stage = 'vote' AND model = %s)"
    sums = "requests = 0, prompt_tokens = 0, completion_tokens = 0, cost_usd = 0, latency_s = 0"
    connection = psycopg2.connect(galaxy.environment["TG_LEDGER"])
    with connection, connection.cursor() as cursor:
        for table in ("answers", "responses"):
            cursor.execute(f"DELETE FROM {table} WHERE asking IN {of_referee}", (referee,))
        cursor.execute(f"UPDATE askings SET {sums} WHERE id IN {of_referee}", (referee,))
    connection.close()


def wait_for_votes(cluster: Cluster, before: int, passing: Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while len(cluster.log(after=before)) < SEEN_VOTES:
        assert passing.poll() is None, passing.communicate()[1][-3000:]
        assert time.monotonic() < deadline, "nobody votes"
        time.sleep(0.05)
