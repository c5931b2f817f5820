"""PostgreSQL, an S3 server, a chat server that logs, and galaxies on them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import psycopg2
import yaml
from fixtures import ServePostgres, listening, postgres_data
from required import missing
from served_galaxy import REFEREES, SEEDS, settings_of

from tg_assets.ids import image_id
from tg_assets.registration import list_shards
from tg_assets.scenes.rendering import render_uri
from tg_assets.settings import Settings, load_settings
from tg_assets.tables import SCENES
from tg_assets.tables_io import TableStore

START_S = 60.0
BUCKET = "galaxies"
SHARD_SIZE = 4
KEYS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "2",
}


@dataclass
class Killable:
    """A server that can be killed and started again, with what it keeps, on the same port.

    Attributes:
        serve: Gives its URL as long as it is to run.
        port: Where it listens.
    """

    serve: Callable[[int], AbstractContextManager[tuple[str, Callable[[], None]]]]
    port: int
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)
    _kill: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._running = ExitStack()
        self.url, self._kill = self._running.enter_context(self.serve(self.port))

    def kill(self) -> None:
        """End it as the kernel does: it says good-bye to nobody."""
        self._kill()
        self._running.close()

    def stop(self) -> None:
        self._running.close()


@dataclass
class Cluster:
    """What the machines of a cluster share.

    Attributes:
        folder: Scratch of the tests.
        servers: What can be killed: s3, postgres and broker.
        chat: URL of the server that answers for every model, and logs.
        images: How many pictures each galaxy draws.
        environment: Variables that every process of the cluster has.
    """

    folder: Path
    servers: dict[str, Killable]
    chat: str
    images: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def s3(self) -> str:
        return self.servers["s3"].url

    @property
    def postgres(self) -> str:
        """URL of the PostgreSQL server, without a database."""
        return self.servers["postgres"].url

    @property
    def broker(self) -> str:
        return self.servers["broker"].url

    def databases(self, name: str) -> dict[str, str]:
        """Make the databases of a galaxy, empty; returns the variables that name them."""
        connection = psycopg2.connect(f"{self.postgres}/postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            for what in ("dagster", "ledger"):
                cursor.execute(f"DROP DATABASE IF EXISTS {name}_{what} WITH (FORCE)")
                cursor.execute(f"CREATE DATABASE {name}_{what}")
        connection.close()
        return {
            "TG_POSTGRES": f"{self.postgres}/{name}_dagster",
            "TG_LEDGER": f"{self.postgres}/{name}_ledger",
        }

    def client(self) -> Any:
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        return boto3.client("s3", endpoint_url=self.s3, region_name="us-east-1", **keys)

    def objects(self, prefix: str) -> dict[str, bytes]:
        """Return everything below a prefix of the bucket, by relative key."""
        client = self.client()
        found = {}
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for entry in page.get("Contents", ()):
                body = client.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
                found[entry["Key"].removeprefix(prefix).lstrip("/")] = body
        return found

    def delete(self, prefix: str) -> None:
        """Delete everything below a prefix of the bucket."""
        client = self.client()
        for name in self.objects(prefix):
            client.delete_object(Bucket=BUCKET, Key=f"{prefix}/{name}")

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Return what the chat server was asked since."""
        with urllib.request.urlopen(f"{self.chat}/log?after={after}", timeout=30) as answer:
            entries: list[dict[str, Any]] = json.loads(answer.read())
        return entries


@dataclass
class Galaxy:
    """A galaxy of a cluster, or of this machine alone.

    Attributes:
        cluster: Whose chat server it asks.
        name: Of its folder and its databases.
        home: A folder or an ``s3://`` prefix.
        engine: Its settings' `engine`; null for a local instance.
        environment: Variables of its processes alone.
        concurrency: How many requests at a time each of its models is asked.
    """

    cluster: Cluster
    name: str
    home: str
    engine: Mapping[str, Any] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    concurrency: int = 8

    @property
    def folder(self) -> Path:
        return self.cluster.folder / self.name

    def write_settings(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "seeds.yaml").write_text(yaml.safe_dump(SEEDS))
        said = settings_of(self.folder, self.cluster.images)
        said |= {"home": self.home, "s3": {"endpoint_url": self.cluster.s3}}
        said["shard_size"] = SHARD_SIZE
        said["task_tree"]["seeds"] = str(self.folder / "seeds.yaml")
        said["models"] = {name: self._model(name) for name in ("writer", *REFEREES)}
        if self.engine is not None:
            said |= {"engine": dict(self.engine), "ledger_env": "TG_LEDGER"}
        config = self.folder / "galaxy.yaml"
        config.write_text(yaml.safe_dump(said))
        return config

    def _model(self, name: str) -> dict[str, Any]:
        return {
            "provider": "openai",
            "model": name,
            "base_url": f"{self.cluster.chat}/v1",
            "api_key_env": None,
            "price": {"input": 0, "output": 0},
            "concurrency": self.concurrency,
        }

    @property
    def variables(self) -> dict[str, str]:
        """The environment of this galaxy's processes."""
        own = {"TG_STATE": str(self.folder / "state"), "NO_COLOR": "1"}
        return {**os.environ, **self.cluster.environment, **self.environment, **own}

    def command(self, *words: str) -> list[str]:
        config = str(self.write_settings())
        return [sys.executable, "-m", "tg_assets.cli", *words, "--config", config]

    def run(self) -> dict[str, Any]:
        """Run a pass in a process of its own; returns its report."""
        return report_of(self.start())

    def forget(self) -> None:
        """Be as before the first pass: nothing made, nothing answered, nothing remembered."""
        self.cluster.delete(self.home.removeprefix(f"s3://{BUCKET}/"))
        self.cluster.databases(self.name)

    def start(self) -> subprocess.Popen[str]:
        """Start a pass in a process of its own."""
        return subprocess.Popen(
            self.command("run", "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.variables,
            cwd=self.folder,
        )


def report_of(passing: subprocess.Popen[str], timeout: float = 600) -> dict[str, Any]:
    """Return the report of a pass that was started, once it ended well."""
    output, said = passing.communicate(timeout=timeout)
    assert passing.returncode == 0, output[-3000:] + said[-3000:]
    report: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return report


@contextmanager
def started(folder: Path, images: int, delay: float = 0.1) -> Iterator[Cluster]:
    """Start what a cluster shares, for galaxies of so many pictures; replies wait up to `delay`."""
    with ExitStack() as stack:
        serve = stack.enter_context(postgres_data())
        servers = {
            "postgres": Killable(lambda port: postgres_server(serve, port), free_port()),
            "s3": Killable(lambda port: s3_server(folder, port), free_port()),
            "broker": Killable(lambda port: redis_server(folder, port), free_port()),
        }
        for server in servers.values():
            server.start()
            stack.callback(server.stop)
        chat = stack.enter_context(chat_server(folder, images, delay))
        found = Cluster(folder, servers, chat, images, dict(KEYS))
        found.client().create_bucket(Bucket=BUCKET)
        yield found


@contextmanager
def postgres_server(serve: ServePostgres, port: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """PostgreSQL; what kills it kills its main process, and the others follow."""
    with serve(port) as url:
        connection = psycopg2.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            data = Path(cursor.fetchone()[0])
        connection.close()

        def kill() -> None:
            os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            time.sleep(1.0)  # until the others have noticed

        yield url.rpartition("/")[0], kill


@contextmanager
def s3_server(folder: Path, port: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """An S3 server in a process of its own."""
    program = Path(__file__).with_name("kept_s3.py")
    command = [sys.executable, str(program), str(port), str(folder / "s3.recording")]
    with served(command, port, folder / "s3.log") as process:
        yield f"http://127.0.0.1:{port}", process.kill


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """Celery's broker, which keeps what it was given on disk."""
    program = shutil.which("redis-server")
    if program is None:
        missing("redis-server is not installed (Debian's package redis-server)")
    kept = folder / "redis"
    kept.mkdir(exist_ok=True)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(kept)]
    command = [program, *options, "--appendonly", "yes", "--appendfsync", "always"]
    with served(command, port, folder / "redis.log") as process:
        yield f"redis://127.0.0.1:{port}/0", process.kill


@contextmanager
def served(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server program until the block ends."""
    with log.open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        wait_for(port, process, log)
        yield process
    finally:
        process.kill()
        process.wait(START_S)


@contextmanager
def workers(galaxy: Galaxy, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers of a galaxy, each as on a machine of its own."""
    started = [start_worker(galaxy, number) for number in range(count)]
    try:
        yield started
    finally:
        for process in started:
            kill_group(process)


def start_worker(galaxy: Galaxy, number: int, under: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start a worker in a process group and with local state of its own."""
    variables = galaxy.variables | {"TG_STATE": str(galaxy.folder / f"worker-{number}")}
    command = [*under, *galaxy.command("worker")]
    with (galaxy.folder / f"worker-{number}.log").open("ab") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, env=variables, cwd="/", start_new_session=True
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker and the runs in it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(START_S)


@contextmanager
def chat_server(folder: Path, images: int, delay: float) -> Iterator[str]:
    """Answer for every model from the pictures' scene graphs, which a pass of this folder drew."""
    drawn = folder / "drawn"
    drawn.mkdir()
    said = settings_of(drawn, images)
    said["task_tree"].pop("seeds")
    said["shard_size"] = SHARD_SIZE
    config = drawn / "galaxy.yaml"
    config.write_text(yaml.safe_dump(said))
    _draw(load_settings(config))
    tg = [sys.executable, "-m", "tg_assets.cli", "serve", "--config", str(config), "--port", "0"]
    with listening([*tg, "--delay", str(delay), "--seed", "3"]) as url:
        yield url


def _draw(settings: Settings) -> None:
    """Write the scene graphs of the pictures that every galaxy here draws."""
    tables = TableStore(settings.home)
    for shard in list_shards(settings, tables, []).keys:
        rows = []
        for file in tables.read("shard_files", shard).iter_rows(named=True):
            drawn = render_uri(file["uri"])
            rows.append(
                {
                    "image_id": image_id(drawn.png),
                    "uri": file["uri"],
                    "source": file["source"],
                    "license": file["license"],
                    "family": drawn.scene.family,
                    "scene": drawn.scene.to_json(),
                }
            )
        tables.write("scenes", pl.DataFrame(rows, schema=dict(SCENES.columns)), shard)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server's port takes connections."""
    deadline = time.monotonic() + START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
        time.sleep(0.1)
