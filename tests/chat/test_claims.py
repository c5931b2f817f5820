"""Two runs that ask the same at the same time buy each answer once, and none waits for a dead one.

The same picture in two shards, two runs side by side, as on two workers.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from asked import asked_twice, picture
from fixtures import RunningServer, StartServer
from ledgers import BOTH, key, rows_of
from processes import ask_for_votes, forking

from resources.chat.ledger import Claims, Ledger

pytestmark = pytest.mark.timeout(120)
PICTURES, ITEMS = 4, 20


def _wait_for_requests(server: RunningServer, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(server.log) < count:
        assert time.monotonic() < deadline, f"{len(server.log)} requests came"
        time.sleep(0.01)


@pytest.fixture
def pictures(tmp_path: Path) -> list[int]:
    for number in range(PICTURES):
        picture(tmp_path, number)
    return list(range(PICTURES))


@BOTH
def test_two_runs_at_once_buy_each_answer_once(
    schema_server: StartServer,
    ledger_url: str,
    pictures: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = schema_server(latency_s=0.05)
    Ledger(ledger_url).close()
    with ProcessPoolExecutor(2, forking(monkeypatch)) as runs:
        one, other = (
            runs.submit(ask_for_votes, server.url, ledger_url, str(tmp_path), asked, ITEMS)
            for asked in (pictures[:3], list(reversed(pictures[1:])))
        )
        there, back = one.result(60), other.result(60)
    assert len(server.log) == PICTURES * ITEMS
    assert asked_twice(server.log) == []
    assert all(answer.value is not None for answer in [*there, *back])
    assert there[ITEMS : 2 * ITEMS] == back[2 * ITEMS :]
    assert there[2 * ITEMS :] == back[ITEMS : 2 * ITEMS]


@BOTH
def test_what_a_killed_run_had_claimed_is_asked_at_once(
    schema_server: StartServer,
    ledger_url: str,
    pictures: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = schema_server(latency_s=0.15)
    said = (server.url, ledger_url, str(tmp_path), pictures, ITEMS)
    killed = forking(monkeypatch).Process(target=ask_for_votes, args=said)
    killed.start()
    _wait_for_requests(server, 5)
    waiting = threading.Thread(target=ask_for_votes, args=said)
    waiting.start()
    time.sleep(0.5)
    asked = len(server.log)
    killed.kill()
    waiting.join(60)
    assert not waiting.is_alive()
    assert len(server.log) >= PICTURES * ITEMS
    assert len(asked_twice(server.log)) <= asked < PICTURES * ITEMS


@BOTH
def test_a_claim_has_one_holder_and_ends_with_its_block(ledger: Ledger) -> None:
    names = [key(name) for name in range(50)]
    with Claims(ledger) as first, Claims(ledger) as second:
        assert first.take(names[:30]) == set(names[:30])
        assert second.take(names[20:]) == set(names[30:])
        assert first.take(names[10:40]) == set(names[10:30])
        first.give_back()
        assert second.take(names) == set(names)
    assert rows_of(ledger, "SELECT count(*) FROM ask_claims") == [(0,)]
