"""Batch jobs in either database: claimed once, held by one, taken over from the dead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from batches import FORKED

from resources.chat.batch.jobs import (
    HELD_S,
    BatchRequest,
    Job,
    JobStore,
    LostHoldError,
    State,
    Taken,
)
from resources.chat.ledger import Ledger
from resources.chat.ledger.schema import batch_jobs
from tg_assets.ids import digest


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    ledger = Ledger(url)
    yield ledger
    ledger.close()


def _recorded(store: JobStore, *names: str) -> Job:
    requests = [
        BatchRequest(digest("id", name), line, None, [(digest("key", name), {"n": name})])
        for line, name in enumerate(names, 1)
    ]
    return store.record(
        requests,
        model="m",
        stage="s",
        prompt_version="1",
        endpoint="e",
        file_hash="f",
        size=10,
        most_usd=0.0,
    )


def _name(tmp_path: Path, number: int) -> str:
    """A name that no other test has used: they share a server of PostgreSQL."""
    return f"{tmp_path}/{number}"


def test_job_is_found_again_with_its_requests(ledger: Ledger, tmp_path: Path) -> None:
    names = [_name(tmp_path, n) for n in range(3)]
    job = _recorded(JobStore(ledger.engine), *names)
    store = JobStore(ledger.engine)
    keys = [digest("key", name) for name in names]
    assert store.claimed(keys) == dict.fromkeys(keys, job.id)
    found = store.requests(job.id)
    assert [request.keys for request in found.values()] == [[key] for key in keys]
    assert [dict(request.items[0][1]) for request in found.values()] == [{"n": n} for n in names]
    assert list(store.requests(job.id, [digest("id", names[1])])) == [digest("id", names[1])]
    assert job.id in {other.id for other in store.jobs(only_open=True)}


def test_question_is_in_one_open_job_at_a_time(ledger: Ledger, tmp_path: Path) -> None:
    one, two, three = (_name(tmp_path, n) for n in range(3))
    first, second = JobStore(ledger.engine), JobStore(ledger.engine)
    job = _recorded(first, one, two)
    with pytest.raises(Taken):
        _recorded(second, two, three)
    assert second.claimed([digest("key", three)]) == {}
    first.finish(job, State.HARVESTED)
    _recorded(second, two, three)


def test_same_questions_asked_again_are_another_job(ledger: Ledger, tmp_path: Path) -> None:
    store = JobStore(ledger.engine)
    job = _recorded(store, _name(tmp_path, 1))
    store.finish(job, State.HARVESTED)
    again = _recorded(store, _name(tmp_path, 1))
    assert again.id != job.id
    store.drop(again)  # nothing was sent: it never was
    assert _recorded(store, _name(tmp_path, 1)).id == again.id


def test_job_is_worked_on_by_one_pass_until_it_lets_go(ledger: Ledger, tmp_path: Path) -> None:
    first, second = JobStore(ledger.engine), JobStore(ledger.engine)
    job = _recorded(first, _name(tmp_path, 1))
    assert first.hold(job)
    assert not second.hold(job)
    with pytest.raises(LostHoldError):
        second.advance(job, state=State.UPLOADED)
    first.let_go()
    assert second.hold(job)
    assert second.advance(job, state=State.UPLOADED, file_id="f").file_id == "f"
    with pytest.raises(LostHoldError):
        first.finish(job, State.HARVESTED)


def _held_by(store: JobStore, job: Job, holder: str, seconds: float) -> None:
    held = sa.update(batch_jobs).where(batch_jobs.c.id == job.id)
    with store._engine.begin() as connection:
        until = job.recorded_at + seconds
        connection.execute(held.values(holder=holder, held_until=until))


def test_job_of_a_dead_process_is_free_at_once(ledger: Ledger, tmp_path: Path) -> None:
    store = JobStore(ledger.engine)
    job = _recorded(store, _name(tmp_path, 1))
    process = FORKED.Process(target=os.getpid)
    process.start()
    process.join()
    _held_by(store, job, store.me.replace(f" {os.getpid()} ", f" {process.pid} "), HELD_S)
    assert store.hold(job)


def test_job_of_a_silent_machine_is_free_after_a_while(ledger: Ledger, tmp_path: Path) -> None:
    store = JobStore(ledger.engine)
    job = _recorded(store, _name(tmp_path, 1))
    _held_by(store, job, "elsewhere 1 abc", HELD_S)
    assert not store.hold(job)
    _held_by(store, job, "elsewhere 1 abc", -1)
    assert store.hold(job)
