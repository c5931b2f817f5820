"""When the ledger's disk is full or its database is gone, asking stops and nothing kept is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from asked import asked_twice
from fixtures import RunningServer, StartServer, postgres_data

from resources.chat.ledger import Ledger

pytestmark = pytest.mark.timeout(120)

HERE = Path(__file__).parent
ITEMS = 150
CONCURRENCY = 4
LATENCY_S = 0.05
STOPPED = 3
DISK_BYTES = 4 << 20
LEFT_BYTES = 400 << 10
PROGRAM = f"""
import resource, sys
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent / "servers")!r}]
from pathlib import Path
from asked import VOTE, openai_model, picture, votes
from resources.chat.asking import ask
from resources.chat.ledger import Ledger, LedgerError

server, url, folder, most_bytes = sys.argv[1:]
if int(most_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
model = openai_model(server, concurrency={CONCURRENCY})
questions = votes(picture(Path(folder), 1), {ITEMS})
try:
    answers, tally = ask(VOTE, questions, model, Ledger(url))
except LedgerError as error:
    print(error)
    sys.exit({STOPPED})
print(tally.known, tally.requests, sum(answer.value is not None for answer in answers))
"""


def _start(
    server: RunningServer, url: str, folder: Path, most_bytes: int = 0
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, server.url, url, str(folder), str(most_bytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _stopped(process: subprocess.Popen[str]) -> str:
    """Return what a process said that was to stop clearly."""
    said, trouble = process.communicate(timeout=60)
    assert process.returncode == STOPPED, trouble
    assert "Traceback" not in trouble
    return said


def _rest_is_asked(server: RunningServer, url: str, folder: Path) -> None:
    """Resume, and see that only what was not committed is asked again."""
    before = Ledger(url)
    ((requests,),) = before.costs().select("requests").rows() or ((0,),)
    before.close()
    said, trouble = _start(server, url, folder).communicate(timeout=60)
    known, bought, answered = map(int, said.split() or [trouble])
    assert (known, answered) == (requests, ITEMS)
    assert known + bought == ITEMS
    assert 0 < known < ITEMS
    # in flight, received within 100 ms, and in the commit that failed
    assert len(asked_twice(server.log)) <= CONCURRENCY * (2 + 2 * 0.1 / LATENCY_S)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes; an ordinary folder where nothing can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_disk_stops_asking_and_space_lets_it_go_on(
    schema_server: StartServer, disk: Path, tmp_path: Path
) -> None:
    server = schema_server(latency_s=LATENCY_S)
    url = f"sqlite:///{disk}/ledger.sqlite"
    Ledger(url).close()
    ballast = disk / "ballast"
    if os.path.ismount(disk):
        ballast.write_bytes(bytes(_free_bytes(disk) - LEFT_BYTES))
        process = _start(server, url, tmp_path)
    else:
        process = _start(server, url, tmp_path, LEFT_BYTES)
    said = _stopped(process)
    assert "did not take" in said
    assert "what was committed before is kept" in said
    ballast.unlink(missing_ok=True)
    _rest_is_asked(server, url, tmp_path)


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_database_that_goes_away_stops_asking_and_its_return_lets_it_go_on(
    schema_server: StartServer, tmp_path: Path
) -> None:
    server = schema_server(latency_s=LATENCY_S)
    with postgres_data() as serve:
        with serve() as url:
            process = _start(server, url, tmp_path)
            _wait_for_requests(server, ITEMS // 5)
            _kill(url)
            said = _stopped(process)
        assert "the ledger postgresql://tg@127.0.0.1" in said
        with serve() as url:
            _rest_is_asked(server, url, tmp_path)


def _wait_for_requests(server: RunningServer, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(server.log) < count:
        assert time.monotonic() < deadline, f"{len(server.log)} requests came"
        time.sleep(0.01)


def _kill(url: str) -> None:
    """End a PostgreSQL server at once, as if its machine had gone."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        folder = connection.execute(sa.text("SHOW data_directory")).scalar_one()
    engine.dispose()
    os.kill(int(Path(folder, "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
