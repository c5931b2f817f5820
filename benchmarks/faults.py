"""What is left when a part of a cluster dies in the middle of a pass.

    python -m benchmarks.faults [--json] [--faults worker,broker,...]

PostgreSQL, Redis, an S3 server, a chat server that logs what it is asked, and two Celery workers
are started here, as the tests start them. One pass without a fault says what the bytes must be.
Then, for each fault, a fresh galaxy at the same place: a pass, the fault in the middle of it, what
died is started again, and passes until one ends well. Of each it is told whether the final bytes
are the same, how many passes it took, how many requests the chat server saw twice (those that were
in flight when a run was killed), whether a table that a reader meets at any moment is whole, and
what is still held when all is done: pool slots, locks, runs.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import polars as pl
import psycopg2
from rich.console import Console
from rich.table import Table

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS / name) for name in ("cluster", "servers", "refresh")]

from small_cluster import (  # noqa: E402
    BUCKET,
    Cluster,
    Galaxy,
    kill_group,
    start_worker,
    started,
    workers,
)

PREFIX = "one/home"
HOME = f"s3://{BUCKET}/{PREFIX}"
ENGINE = {
    "runs": "celery",
    "postgres_env": "TG_POSTGRES",
    "broker_env": "TG_BROKER",
    "compute_logs": f"s3://{BUCKET}/logs",
    "at_once": 2,
    "start_timeout_s": 240,
}
MOST_PASSES = 5
DOWN_S = 3.0
READ_EVERY_S = 0.03
DELAY_S = 1.0
"""The longest that a reply waits: long enough that a fault meets requests that are under way."""
PASS_S = 1200


@dataclass
class Result:
    """What a fault left.

    Attributes:
        fault: Its name.
        same_bytes: Whether every object that counts is what a pass without a fault makes.
        passes: How many it took, the first included.
        requests: What the chat server answered in all.
        twice: Of them, those that it had answered before.
        runs_twice: Stages and models that those belong to: of runs that were killed.
        met: The request that had just come in when it happened: how many before, stage and model.
        torn: Objects that a reader met half written.
        left_held: Pool slots, locks and unfinished runs when all was done.
        tracebacks: How many a person was shown who ran the passes.
    """

    fault: str
    same_bytes: bool
    passes: int
    requests: int
    twice: int
    runs_twice: int
    met: str
    torn: int
    left_held: int
    tracebacks: int
    seconds: float


@dataclass
class Scene:
    """A pass that is under way, for a fault to act on."""

    cluster: Cluster
    galaxy: Galaxy
    workers: list[subprocess.Popen[bytes]]
    passing: subprocess.Popen[str]
    random: random.Random
    started: list[subprocess.Popen[Any]] = field(default_factory=list)

    def restart(self, server: str) -> None:
        """Kill a server, and start it again a little later."""
        self.cluster.servers[server].kill()
        time.sleep(DOWN_S)
        self.cluster.servers[server].start()


def kill_worker(scene: Scene) -> None:
    """SIGKILL of a worker with the run in it; another takes its place."""
    number = scene.random.randrange(len(scene.workers))
    kill_group(scene.workers[number])
    scene.workers[number] = start_worker(scene.galaxy, number)


def kill_pass(scene: Scene) -> None:
    """SIGKILL of the pass; its runs go on, on the workers."""
    scene.passing.kill()


def kill_broker(scene: Scene) -> None:
    """SIGKILL of Redis."""
    scene.restart("broker")


def kill_postgres(scene: Scene) -> None:
    """SIGKILL of PostgreSQL: instance, ledger and locks at once."""
    scene.restart("postgres")


def kill_s3(scene: Scene) -> None:
    """SIGKILL of the S3 server."""
    scene.restart("s3")


def second_pass(scene: Scene) -> None:
    """A second pass at the same time: it is told to wait, and the first goes on."""
    second = scene.galaxy.start()
    _, said = second.communicate(timeout=120)
    assert second.returncode == 2, said[-2000:]
    assert "another" in said, said[-2000:]


def kill_all_workers_and_pass(scene: Scene) -> None:
    """The power goes: every worker and the pass at once."""
    scene.passing.kill()
    for number, process in enumerate(scene.workers):
        kill_group(process)
        scene.workers[number] = start_worker(scene.galaxy, number)


def jump_the_clock(scene: Scene) -> None:
    """A worker whose clock is a day ahead takes the place of one, then one a day behind."""
    for number, shift in enumerate(("+1d", "-1d")):
        kill_group(scene.workers[number])
        scene.workers[number] = start_worker(scene.galaxy, number, ("faketime", "-f", shift))


def kill_worker_and_broker(scene: Scene) -> None:
    """A worker and Redis at once: what the tests do, where time is short."""
    kill_worker(scene)
    kill_broker(scene)


FAULTS: dict[str, Callable[[Scene], None]] = {
    "worker": kill_worker,
    "pass": kill_pass,
    "broker": kill_broker,
    "postgres": kill_postgres,
    "s3": kill_s3,
    "second pass": second_pass,
    "power": kill_all_workers_and_pass,
    "clock": jump_the_clock,
    "worker and broker": kill_worker_and_broker,
}


def fault_of(
    galaxy: Galaxy,
    running: list[subprocess.Popen[bytes]],
    name: str,
    wanted: dict[str, bytes],
    after: float,
    seed: int,
) -> Result:
    """Make a galaxy again from nothing, let one fault happen, and resume.

    Args:
        galaxy: The galaxy; what it had is forgotten.
        running: Its workers; one that a fault kills is replaced in the list.
        name: The fault's.
        wanted: What must lie below the home in the end.
        after: Requests after which it happens.
        seed: Of whom it hits.
    """
    cluster = galaxy.cluster
    galaxy.forget()
    began, asked = time.monotonic(), len(cluster.log())
    with read_all_the_time(cluster, wanted) as torn:
        passing = galaxy.start()
        wait_for_requests(cluster, asked, after, passing)
        met = len(cluster.log(after=asked))
        FAULTS[name](Scene(cluster, galaxy, running, passing, random.Random(seed)))
        told = passing.communicate(timeout=PASS_S)[1]
        passes, code = 1, passing.returncode
        while code != 0 and passes < MOST_PASSES:
            print(f"{name}: pass {passes} ended with {code}:\n{told}", file=sys.stderr, flush=True)
            passing = galaxy.start()
            told += passing.communicate(timeout=PASS_S)[1]
            passes, code = passes + 1, passing.returncode
    found = visible(cluster.objects(PREFIX))
    at = next(iter(cluster.log(after=asked + met - 1)))
    requests = Counter(map(_request, cluster.log(after=asked)))
    again = [request for request, times in requests.items() if times > 1]
    return Result(
        name,
        code == 0 and found == visible(wanted),
        passes,
        requests.total(),
        requests.total() - len(requests),
        len({request[:2] for request in again}),
        f"{met}: {at['stage']} {at['model']}",
        len(torn),
        held(galaxy),
        told.count("Traceback"),
        round(time.monotonic() - began, 1),
    )


def _request(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return what tells a request of the chat server's log from any other."""
    return entry["stage"], entry["model"], str(entry["image_id"]), json.dumps(entry["items"])


def visible(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return what counts: all tables and pictures, and of the publications the current one.

    A pass that published while a shard was missing leaves that publication behind the current one.
    """
    version = json.loads(found["dataset/CURRENT"])["version"] if "dataset/CURRENT" in found else ""
    start = f"dataset/{version}/"
    counts = {name: body for name, body in found.items() if not name.startswith("dataset/")}
    current = {name: body for name, body in found.items() if name.startswith(start)}
    return counts | current


def galaxy_of(cluster: Cluster, name: str) -> Galaxy:
    """Return a galaxy over Celery with databases of its own."""
    variables = cluster.databases(name) | {"TG_BROKER": cluster.broker}
    return Galaxy(cluster, name, HOME, ENGINE, variables)


def wait_for_requests(
    cluster: Cluster, asked: int, count: float, passing: subprocess.Popen[str]
) -> None:
    """Wait until the chat server has seen so many requests of a pass."""
    deadline = time.monotonic() + 300
    while len(cluster.log(after=asked)) < count:
        assert passing.poll() is None, "the pass ended before the fault"
        assert time.monotonic() < deadline, "the pass asks nothing"
        time.sleep(0.05)


@contextmanager
def read_all_the_time(cluster: Cluster, wanted: dict[str, bytes]) -> Iterator[list[str]]:
    """Read tables as a stranger would, again and again; yields the names of those that are torn."""
    torn: list[str] = []
    over = threading.Event()
    names = [name for name in wanted if name.endswith(".parquet") and name.startswith("tables/")]

    client = cluster.client()

    def read() -> None:
        for name in cycle(names):
            if over.wait(READ_EVERY_S):
                return
            if not _is_whole(client, name):
                torn.append(name)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield torn
    finally:
        over.set()
        thread.join(60)


def _is_whole(client: Any, name: str) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        body = client.get_object(Bucket=BUCKET, Key=f"{PREFIX}/{name}")["Body"].read()
    except (BotoCoreError, ClientError, OSError):
        return True  # it is not there, or the server is down: nobody reads half of anything
    try:
        pl.read_parquet(io.BytesIO(body))
    except pl.exceptions.PolarsError:
        return False
    return True


def held(galaxy: Galaxy) -> int:
    """Return how many pool slots, locks and unfinished runs are left when nothing runs."""
    queries = (
        "SELECT count(*) FROM concurrency_slots WHERE run_id IS NOT NULL AND NOT deleted",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
        "SELECT count(*) FROM runs WHERE status IN ('STARTED', 'STARTING', 'NOT_STARTED')",
    )
    connection = psycopg2.connect(galaxy.environment["TG_POSTGRES"])
    with connection, connection.cursor() as cursor:
        counts = []
        for query in queries:
            cursor.execute(query)
            counts.append(cursor.fetchone()[0])
    connection.close()
    return int(sum(counts))


def campaign(cluster: Cluster, names: list[str], seed: int) -> list[Result]:
    """Let every fault happen, each at a moment of its own."""
    dice = random.Random(seed)
    galaxy = galaxy_of(cluster, "faults")
    results = []
    with workers(galaxy, 2) as running:
        galaxy.run()
        wanted = cluster.objects(PREFIX)
        total = len(cluster.log())
        for number, name in enumerate(names):
            after = total * dice.uniform(0.2, 0.8)
            found = fault_of(galaxy, running, name, wanted, after, seed * 100 + number)
            results.append(found)
            print(asdict(found), file=sys.stderr, flush=True)
    return results


def main() -> None:
    """Run the campaign and show what it found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, by commas")
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which they happen")
    parser.add_argument("--images", type=int, default=8, help="pictures; four make a shard")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = sorted(options.faults.split(","), key=lambda name: name == "clock")  # its workers stay
    if "clock" in names and shutil.which("faketime") is None:
        raise SystemExit("clock: needs faketime (Debian's package faketime); or leave it out")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(TESTS.parent), os.environ.get("PYTHONPATH", "")]
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder), options.images, DELAY_S) as cluster,
    ):
        results = campaign(cluster, names, options.seed)
    table = Table(*Result.__dataclass_fields__)
    for result in results:
        table.add_row(*(str(value) for value in asdict(result).values()))
    Console(stderr=options.json, width=120).print(table)
    if options.json:
        print(json.dumps([asdict(result) for result in results]))


if __name__ == "__main__":
    main()
