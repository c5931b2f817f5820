"""Fixtures that start real servers, for whoever imports them in a conftest.py."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from required import missing
from schema_server import Behaviour, SchemaServer

START_S = 20.0
POSTGRES_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
UNPRIVILEGED = ("postgres", "nobody")


class RunningServer:
    """A schema server in a thread of this process.

    Attributes:
        url: Where its API is, for `base_url`.
        log: One entry a request, in order of arrival.
    """

    def __init__(self, behaviour: Behaviour, server: SchemaServer | None = None) -> None:
        self._server = server or SchemaServer(behaviour)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner = web.AppRunner(self._server.app(), access_log=None, shutdown_timeout=0.1)
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_S)

    async def _start(self) -> str:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    @property
    def log(self) -> list[dict[str, Any]]:
        return self._server.log

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(START_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()


StartServer = Callable[..., RunningServer]


@pytest.fixture
def schema_server() -> Iterator[StartServer]:
    """Start schema servers: ``schema_server(faults={1: "refusal"})``, fields of `Behaviour`."""
    with ExitStack() as stack:

        def start(**behaviour: object) -> RunningServer:
            server = RunningServer(Behaviour(**behaviour))  # type: ignore[arg-type]
            stack.callback(server.stop)
            return server

        yield start


@contextmanager
def listening(command: list[str]) -> Iterator[str]:
    """Run a server program whose first line says where it listens; yield that URL."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), f"{command} said {line!r}"
        yield line.split()[-1]
    finally:
        process.terminate()
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:  # how fast a server ends is not what is tested
            process.kill()
            process.wait(START_S)
        process.stdout and process.stdout.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, empty; its URL."""
    with postgres_data() as serve, serve() as url:
        yield url


ServePostgres = Callable[..., AbstractContextManager[str]]
"""Starts a server, on a port where one is given."""


@contextmanager
def postgres_data() -> Iterator[ServePostgres]:
    """Make PostgreSQL's files; yield what serves them, again and again, and gives the URL."""
    programs = _postgres_programs()
    as_user = _as_unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="tg-postgres-", dir="/tmp"))
    try:
        if as_user:
            shutil.chown(folder, as_user[2])
        data = folder / "data"
        initdb = [programs / "initdb", "-D", data, "-U", "tg", "-A", "trust", "-E", "UTF8"]
        _checked([*as_user, *initdb, "--no-sync"], folder)
        yield lambda port=None: _postgres(programs, as_user, data, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_programs() -> Path:
    if (POSTGRES_PROGRAMS / "initdb").exists():
        return POSTGRES_PROGRAMS
    found = shutil.which("initdb")
    if found is None:
        missing(f"PostgreSQL server programs not found in {POSTGRES_PROGRAMS} or on PATH")
    return Path(found).resolve().parent


def _as_unprivileged_user() -> list[str]:
    """Return what runs a program as somebody else than root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return []
    known = Path("/etc/passwd").read_text(encoding="utf-8")
    user = next((name for name in UNPRIVILEGED if f"\n{name}:" in known), None)
    if user is None or shutil.which("runuser") is None:
        missing("PostgreSQL does not run as root, and there is no other user to run it as")
    return ["runuser", "-u", user, "--"]


def _checked(command: list[object], folder: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _postgres(
    programs: Path, as_user: list[str], data: Path, port: int | None = None
) -> Iterator[str]:
    port = port or _free_port()
    options = ["-D", data, "-p", port, "-h", "127.0.0.1", "-k", data, "-c", "fsync=off"]
    command = [str(part) for part in [*as_user, programs / "postgres", *options]]
    with open(data.parent / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=data.parent)
    try:
        _wait_until_ready(programs, port, process, data.parent / "log")
        yield f"postgresql://tg@127.0.0.1:{port}/postgres"
    finally:
        _end(process, data / "postmaster.pid")


def _end(process: subprocess.Popen[bytes], pid_file: Path) -> None:
    """End the server by its own pid: what was started may be runuser, which waits for it."""
    if process.poll() is None and pid_file.exists():
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)  # without waiting for clients
    else:
        process.terminate()
    process.wait(START_S)


def _wait_until_ready(
    programs: Path, port: int, process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + START_S
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, timeout=10).returncode != 0:
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
