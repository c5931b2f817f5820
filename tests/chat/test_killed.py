"""A process that is killed while it asks loses what was in flight and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from asked import asked_twice
from fixtures import RunningServer, StartServer

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
