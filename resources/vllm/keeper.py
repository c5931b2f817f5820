"""The keeper of one vLLM server: a small process between the runs that ask and the server.

It takes an order (`resources.vllm.order`) on its standard input, leases the devices, and lets a
guard start the server. Runs meet it at a socket: a connection is a reference, which dies with its
holder. It ends when nobody has held a reference for the idle time, when somebody else waits for
its devices and nobody holds a reference, when the server ends, or on request, and takes the server
with it; should it be killed itself, the guard does that.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.gpu import POLL_S, VISIBLE, Lease, is_wished_for, lease_now, wished_for
from resources.vllm.guard import GRACE_S
from resources.vllm.order import CPU, Order, meeting_place
from resources.vllm.processes import adopt_orphans, end_descendants
from resources.vllm.server_log import KILLED, why_it_ended

HOST = "127.0.0.1"
LOOK_EVERY_S = 0.25
SETTLE_S = 0.6
"""How long a wish must last: whoever waits takes a device that comes free sooner than that."""
END_GRACE_S = 20.0
"""How long the guard may take, which waits less than that for vLLM."""
ALONE_S = 5.0
"""How long devices are waited for that no run waits for any more."""
FIRST_WORD_S = 5.0

DEVICES, LOADING, READY, ENDING, FAILED = "devices", "loading", "ready", "ending", "failed"


class ServerEnded(Exception):  # noqa: N818
    """The server could not be started, or has ended by itself."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A run that holds a reference."""

    pid: int
    who: str


class Keeper:
    """Keeps the server of one order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._phase, self._since = DEVICES, time.time()
        self._why: str | None = None
        self._url: str | None = None
        self._news = asyncio.Event()
        self._holders: dict[asyncio.StreamWriter, Holder] = {}
        self._unused_since = time.monotonic()
        self._idle_s = ALONE_S
        self._asked_to_end = asyncio.Event()
        self._lease = Lease(())
        self._guard: subprocess.Popen[bytes] | None = None
        self._guard_ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._turn: int | None = None
        self._told_failure = False

    async def run(self) -> None:
        """Keep the server until it is time to end, and end it."""
        work = asyncio.create_task(self._serve())
        watch = asyncio.create_task(self._watch())
        try:
            done, _ = await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            error = next((task.exception() for task in done if task.exception()), None)
            if error is None:
                self._say(ENDING, watch.result() if watch in done else "it was ended")
            else:
                why = str(error) if isinstance(error, ServerEnded) else repr(error)
                self._say(ENDING if self._phase == READY else FAILED, why)
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)
            await self._end_server()
            await self._all_told()
            for lock in self._lease.locks:
                os.close(lock)

    async def _all_told(self) -> None:
        """Let whoever waits hear how it ended; of a failure at least one run must."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_WORD_S):
                while self._holders or (self._phase == FAILED and not self._told_failure):
                    await asyncio.sleep(LOOK_EVERY_S / 10)

    def _say(self, phase: str, why: str | None = None) -> None:
        print(f"{time.strftime('%F %T')} {self._order.model}: {phase} {why or ''}", flush=True)
        self._phase, self._since, self._why = phase, time.time(), why
        news, self._news = self._news, asyncio.Event()
        news.set()

    # the server

    async def _serve(self) -> None:
        """Lease, start, and stay until the server ends, which is always an error."""
        await self._leased()
        port = _free_port()
        self._say(LOADING)
        self._start(port)
        started = time.monotonic()
        while not await _is_healthy(port):
            await self._server_lives(LOOK_EVERY_S)
            if time.monotonic() - started > self._order.start_timeout_s:
                raise ServerEnded(
                    f"it was not ready within start_timeout_s, {self._order.start_timeout_s:g} s\n"
                    f"{why_it_ended(Path(self._order.log))}"
                )
        self._url = f"http://{HOST}:{port}/v1"
        self._say(READY)
        await self._server_lives(None)

    async def _leased(self) -> None:
        order, locks = self._order, Path(self._order.locks)
        if not order.devices:
            return
        if order.devices > len(order.there):
            there = ", ".join(order.there)
            raise ServerEnded(f"it wants {order.devices} devices, this machine has {there}")
        until = time.monotonic() + order.wait_s
        lease = lease_now(order.devices, order.there, locks)
        with wished_for(order.there if lease is None else (), locks):
            while lease is None:
                if time.monotonic() > until:
                    raise ServerEnded(
                        f"no {order.devices} of the devices {', '.join(order.there)} came free "
                        f"within wait_s, {order.wait_s:g} s; `tg vllm status` names who has them"
                    )
                await asyncio.sleep(POLL_S)
                lease = lease_now(order.devices, order.there, locks)
        self._lease = lease

    def _start(self, port: int) -> None:
        order = self._order
        env = dict(order.env)
        if self._lease.devices and self._lease.devices != (CPU,):
            env[VISIBLE] = ",".join(self._lease.devices)
        log = Path(order.log)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            guard = subprocess.Popen(
                [sys.executable, "-m", "resources.vllm.guard"],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                pass_fds=self._lease.locks,
                start_new_session=True,
            )
        self._guard = guard
        assert guard.stdin is not None
        command = [*order.command, "--host", HOST, "--port", str(port)]
        with suppress(BrokenPipeError):  # that it is gone is noticed below
            guard.stdin.write(json.dumps({"command": command, "env": env}).encode() + b"\n")
            guard.stdin.flush()
        asyncio.get_running_loop().add_reader(os.pidfd_open(guard.pid), self._guard_has_ended)

    def _guard_has_ended(self) -> None:
        if not self._guard_ended.done() and self._guard is not None:
            self._guard_ended.set_result(self._guard.wait())

    async def _server_lives(self, seconds: float | None) -> None:
        """Wait so long, for ever when null.

        Raises:
            ServerEnded: The server did not live so long.
        """
        await asyncio.wait({self._guard_ended}, timeout=seconds)
        if self._guard_ended.done():
            code = self._guard_ended.result()
            code = code if code >= 0 else KILLED - code
            raise ServerEnded(why_it_ended(Path(self._order.log), code))

    async def _end_server(self) -> None:
        """End the server through its guard, and what is left should the guard be gone."""
        if self._guard is None:
            return
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError):
            self._guard.stdin.close()
        await asyncio.wait({self._guard_ended}, timeout=END_GRACE_S)
        await asyncio.to_thread(end_descendants, GRACE_S if self._guard_ended.done() else 0.0)

    # when to end

    async def _watch(self) -> str:
        """Return, with the reason, when it is time to end."""
        while not self._asked_to_end.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked_to_end.wait(), LOOK_EVERY_S)
            if self._holders:
                continue
            unused = time.monotonic() - self._unused_since
            if unused > (min(ALONE_S, self._idle_s) if self._phase == DEVICES else self._idle_s):
                return f"nobody asked for {unused:.0f} s"
            if self._phase != DEVICES and await self._gives_way():
                return "it gives way: somebody else waits for its devices"
        return "it was asked to"

    async def _gives_way(self) -> bool:
        """Whether somebody waits for the devices, and it is this keeper's turn to give way.

        One at a time: where the devices of one are enough, the others stay warm.
        """
        locks = Path(self._order.locks)
        if not is_wished_for(self._lease.devices, locks):
            return False
        turn = os.open(locks / "giving-way.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(turn)
            return False
        await asyncio.sleep(SETTLE_S)
        if self._holders or not is_wished_for(self._lease.devices, locks):
            os.close(turn)
            return False
        self._turn = turn  # kept until this process ends
        return True

    # who asks

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear what a connection asks for: to hold a reference, how things are, or to end."""
        with closing(writer), suppress(ConnectionError, TimeoutError, ValueError):
            asked = json.loads(await asyncio.wait_for(reader.readline(), FIRST_WORD_S))
            if asked["ask"] == "hold":
                await self._hold(reader, writer, asked)
            elif asked["ask"] == "stop":
                await self._stop(reader, writer, bool(asked.get("force")))
            else:
                await self._tell(writer, self._status())

    async def _hold(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[str, Any]
    ) -> None:
        gone = asyncio.create_task(reader.read())
        if self._phase not in (ENDING, FAILED):
            self._holders[writer] = Holder(int(asked["pid"]), str(asked["who"]))
            self._idle_s = float(asked["idle_s"])
        try:
            while not gone.done():
                news = asyncio.create_task(self._news.wait())
                await self._tell(writer, self._state())
                if self._phase in (ENDING, FAILED):
                    self._told_failure = True
                    return
                await asyncio.wait({gone, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        finally:
            gone.cancel()
            if self._holders.pop(writer, None) is not None:
                self._unused_since = time.monotonic()

    async def _stop(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, force: bool
    ) -> None:
        stops = force or not self._holders
        await self._tell(writer, {**self._status(), "stops": stops})
        if stops:
            self._asked_to_end.set()
            await reader.read()  # whoever asked waits for the end by this connection

    async def _tell(self, writer: asyncio.StreamWriter, said: dict[str, Any]) -> None:
        writer.write(json.dumps(said).encode() + b"\n")
        await writer.drain()

    def _state(self) -> dict[str, Any]:
        return {
            "phase": self._phase,
            "since": self._since,
            "why": self._why,
            "url": self._url,
            "log": self._order.log,
        }

    def _status(self) -> dict[str, Any]:
        holders = [{"pid": holder.pid, "who": holder.who} for holder in self._holders.values()]
        unused = None if holders else time.monotonic() - self._unused_since
        return {
            **self._state(),
            "key": self._order.key,
            "model": self._order.model,
            "pid": os.getpid(),
            "guard": self._guard.pid if self._guard else None,
            "devices": list(self._lease.devices),
            "holders": holders,
            "unused_s": unused,
            "idle_s": self._idle_s,
        }


async def keep(order: Order) -> None:
    """Keep the order's server, unless another keeper does."""
    place = meeting_place(Path(order.folder), order.key)
    lock = await _alone(place)
    if lock is None:
        return
    place.unlink(missing_ok=True)  # of a keeper that was killed
    keeper = Keeper(order)
    server = await asyncio.start_unix_server(keeper.meet, place)
    try:
        await keeper.run()
    finally:
        place.unlink(missing_ok=True)
        server.close()
        os.close(lock)


async def _alone(place: Path) -> int | None:
    """Return a lock that makes this the order's only keeper, null when another one is up.

    One that is ending is waited for.
    """
    lock = os.open(place.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with socket.socket(socket.AF_UNIX) as other:
                if other.connect_ex(str(place)) == 0:
                    os.close(lock)
                    return None
            await asyncio.sleep(POLL_S)
        else:
            return lock


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


async def _is_healthy(port: int) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(FIRST_WORD_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            with closing(writer):
                writer.write(f"GET /health HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
    return False


def _run(work: Coroutine[Any, Any, None]) -> None:
    adopt_orphans()
    asyncio.run(work)


if __name__ == "__main__":
    _run(keep(Order.from_json(sys.stdin.readline())))
