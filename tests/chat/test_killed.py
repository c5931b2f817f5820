"""A process that is killed while it asks loses what was in flight and nothing else."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from asked import asked_twice, picture
from fault_server import Counts, FaultServer, Script
from fixtures import RunningServer, StartServer
from processes import ask_the_filter, forking

HERE = Path(__file__).parent
ITEMS = 80
CONCURRENCY = 4
PROGRAM = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent / "servers")!r}]
from pathlib import Path
from asked import VOTE, openai_model, picture, votes
from resources.chat.asking import ask
from resources.chat.ledger import Ledger

url, folder = sys.argv[1], Path(sys.argv[2])
model = openai_model(url, concurrency={CONCURRENCY})
questions = votes(picture(folder, 1), {ITEMS})
answers, tally = ask(VOTE, questions, model, Ledger(f"sqlite:///{{folder}}/ledger.sqlite"))
print(tally.known, tally.requests, sum(answer.value is not None for answer in answers))
"""


def _start(server: RunningServer, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, server.url, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _wait_for_requests(server: RunningServer, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(server.log) < count:
        assert time.monotonic() < deadline, f"{len(server.log)} requests came"
        time.sleep(0.01)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_killed_process_loses_at_most_what_was_in_flight(
    end: signal.Signals, schema_server: StartServer, tmp_path: Path
) -> None:
    latency_s = 0.15
    server = schema_server(latency_s=latency_s)
    process = _start(server, tmp_path)
    _wait_for_requests(server, ITEMS // 5)  # seconds are left, whatever else is running
    process.send_signal(end)
    process.communicate(timeout=60)
    assert process.returncode != 0
    time.sleep(2 * latency_s)  # the server ends what it began

    rest = _start(server, tmp_path)
    said, _ = rest.communicate(timeout=60)
    known, requests, answered = map(int, said.split())
    assert answered == ITEMS
    assert known + requests == ITEMS
    # at most 100 ms of answers wait for their commit: with replies 150 ms apart, one a slot
    waiting = 0 if end == signal.SIGINT else CONCURRENCY
    twice = asked_twice(server.log)
    assert len(twice) <= CONCURRENCY + waiting
    assert len(server.log) == ITEMS + len(twice)


KILLS = 20
SIZE = PICTURES, PER_PICTURE = 40, 300
WAITING_RESPONSES, WAITING_S = 200, 0.1


@contextmanager
def _counting() -> Iterator[tuple[str, Counts]]:
    """Run a server in a thread of this process, which does nothing else; give URL and counts."""
    server = FaultServer(Script(latency_s=0.005))
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)

    async def start() -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(20), server.counts
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@pytest.mark.timeout(240)
def test_killed_at_twenty_moments_repeats_what_was_in_flight_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    for folder in (undisturbed, disturbed):
        folder.mkdir()
        for number in range(PICTURES):
            picture(folder, number)
    start = forking(monkeypatch)
    dice = random.Random(20)
    with _counting() as (url, counts):
        killed_at = []
        for _ in range(KILLS):
            moment = counts.requests + dice.randrange(1, 450)
            run = start.Process(target=ask_the_filter, args=(url, str(disturbed), *SIZE))
            run.start()
            while counts.requests < moment:
                assert run.is_alive(), f"all was asked after {len(killed_at)} kills"
                time.sleep(0.002)
            time.sleep(dice.random() * 0.05)
            run.kill()
            run.join(30)
            killed_at.append(time.time())
        ended = ask_the_filter(url, str(disturbed), *SIZE)
    with _counting() as (url, untouched):
        expected = ask_the_filter(url, str(undisturbed), *SIZE, items_per_request=20)
    assert untouched.requests == PICTURES * PER_PICTURE // 20
    repeated = sum(len(times) > 1 for times in counts.begun.values())
    assert repeated, "no kill hit a request: the test shows nothing"
    assert ended == expected
    _only_what_was_lost_is_repeated(counts, killed_at)


def _only_what_was_lost_is_repeated(counts: Counts, killed_at: list[float]) -> None:
    """What is asked again was under way at the kill, or among the last replies before it."""
    replies = sorted(at for times in counts.sent.values() for at in times)
    for name, begun in counts.begun.items():
        for first, again in pairwise(begun):
            kill = killed_at[bisect_left(killed_at, first)]
            assert kill <= again, f"{name} was asked twice by one run"
            for sent in counts.sent[name]:
                if first <= sent <= kill:
                    items = bisect_left(replies, kill) - bisect_left(replies, sent)
                    waited = kill - sent <= WAITING_S or items / 2 <= WAITING_RESPONSES
                    assert waited, f"{name} came {kill - sent:.3f} s, {items} items before the kill"
