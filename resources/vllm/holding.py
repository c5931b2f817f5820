"""Holding a reference to a warm server, through its keeper, which is started when there is none."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.vllm.order import Order, meeting_place

ROOT = Path(__file__).parents[2]
LOOK_EVERY_S = 0.05
TOLD_EVERY_S = 1.0
MEET_S = 60.0
"""How long a keeper that was started may take to be met."""
ANSWER_S = 5.0

State = dict[str, Any]
Told = Callable[[State], None]
"""Called now and then while a server starts, with the keeper's state."""

_started: list[subprocess.Popen[bytes]] = []
"""Keepers that this process started, to be collected when they end."""


class ServerFailed(RuntimeError):  # noqa: N818 - a state, not a fault
    """The server could not be started, or there is no keeper to be met."""


class Held:
    """A reference to a ready server; the server stays as long as it is held.

    Attributes:
        url: Where its API is.
        log: The file that has what it says.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: State
    ) -> None:
        self.url: str = state["url"]
        self.log: str = state["log"]
        self._writer = writer
        self._end = asyncio.create_task(_next_state(reader))

    @property
    def is_alive(self) -> bool:
        """Whether the server is there, as far as its keeper said."""
        return not self._end.done()

    @property
    def why_it_ended(self) -> str:
        """What the keeper said about the end."""
        state = self._end.result() if self._end.done() else None
        return (state or {}).get("why") or "its keeper ended"

    async def release(self) -> None:
        """Give the reference back."""
        self._end.cancel()
        await _close(self._writer)


async def hold(order: Order, idle_s: float, who: str, told: Told = lambda _: None) -> Held:
    """Return a reference to the order's server once it is ready.

    Args:
        order: The server.
        idle_s: How long it stays when nobody holds it any more.
        who: Who holds it, for people.
        told: Told how the start goes.

    Raises:
        ServerFailed: The server could not be started; the message says why and what to do.
    """
    place = meeting_place(Path(order.folder), order.key)
    first = json.dumps({"ask": "hold", "pid": os.getpid(), "who": who, "idle_s": idle_s})
    keeper: subprocess.Popen[bytes] | None = None
    give_up_at = time.monotonic() + MEET_S
    while True:
        met = await _met(place)
        if met is not None:
            held = await _held(*met, first, told)
            if held is not None:
                return held
            give_up_at = time.monotonic() + MEET_S  # it was ending; the next one is waited for
        elif keeper is None or keeper.poll() is not None:
            if keeper is not None and keeper.returncode != 0:
                raise ServerFailed(f"the keeper ended at once; see {keeper_log(order)}")
            keeper = start_keeper(order)
        if time.monotonic() > give_up_at:
            raise ServerFailed(f"no keeper could be met at {place}; see {keeper_log(order)}")
        await asyncio.sleep(LOOK_EVERY_S)


async def _met(place: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    with suppress(FileNotFoundError, ConnectionError):
        return await asyncio.open_unix_connection(place)
    return None


async def _held(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: str, told: Told
) -> Held | None:
    """Return the reference, null when the keeper is about to end."""
    try:
        with suppress(ConnectionError):
            writer.write(first.encode() + b"\n")
        state: State | None = {"phase": "met"}
        while state is not None:
            if state["phase"] == "ready":
                held = Held(reader, writer, state)
                return held
            if state["phase"] == "failed":
                raise ServerFailed(state["why"])
            if state["phase"] == "ending":
                return None
            state = await _told_until_news(reader, state, told)
        return None
    except BaseException:
        writer.close()
        raise


async def _told_until_news(reader: asyncio.StreamReader, state: State, told: Told) -> State | None:
    news = asyncio.create_task(_next_state(reader))
    try:
        while not news.done():
            if "since" in state:
                told(state)
            await asyncio.wait({news}, timeout=TOLD_EVERY_S)
        return news.result()
    finally:
        news.cancel()


async def _next_state(reader: asyncio.StreamReader) -> State | None:
    """Return what the keeper says next, null when it has ended."""
    with suppress(ConnectionError, ValueError):
        line = await reader.readline()
        return json.loads(line) if line.endswith(b"\n") else None
    return None


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def keeper_log(order: Order) -> Path:
    """Return the file that has what a keeper says about itself."""
    return meeting_place(Path(order.folder), order.key).with_suffix(".log")


def start_keeper(order: Order) -> subprocess.Popen[bytes]:
    """Start a keeper for an order, apart from this process: neither ends with the other.

    Raises:
        OSError: Its folder cannot be made, or belongs to somebody else.
    """
    folder = Path(order.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise PermissionError(f"{folder} is no folder of this user; remove it, or set TMPDIR")
    _started[:] = [keeper for keeper in _started if keeper.poll() is None]
    with keeper_log(order).open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "resources.vllm.keeper"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
    _started.append(keeper)
    assert keeper.stdin is not None
    with suppress(BrokenPipeError), keeper.stdin:
        keeper.stdin.write(order.to_json().encode() + b"\n")
    return keeper


@dataclass(frozen=True, slots=True)
class Kept:
    """A keeper that is up.

    Attributes:
        place: Its socket.
        status: What it says; null when it does not answer.
    """

    place: Path
    status: State | None


async def kept(folder: Path) -> list[Kept]:
    """Return the keepers that are up, by key."""
    found = []
    for place in sorted(folder.glob("*.socket")):
        met = await _met(place)
        if met is not None:
            found.append(Kept(place, await _answer(*met, {"ask": "status"})))
            await _close(met[1])
    return found


async def stop(place: Path, force: bool) -> State | None:
    """Ask a keeper to end, and wait until it has; return its status, null if it does not answer.

    Args:
        place: Its socket.
        force: Whether it ends although runs hold it; else ``stops`` in the status says if it does.
    """
    met = await _met(place)
    if met is None:
        return None
    reader, writer = met
    try:
        status = await _answer(reader, writer, {"ask": "stop", "force": force})
        if status is not None and status["stops"]:
            await reader.read()
        return status
    finally:
        await _close(writer)


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: State
) -> State | None:
    writer.write(json.dumps(asked).encode() + b"\n")
    with suppress(TimeoutError):
        return await asyncio.wait_for(_next_state(reader), ANSWER_S)
    return None
