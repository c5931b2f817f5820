"""The ledger keeps what was paid for, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from resources.chat.ledger import Ledger, LedgerError, Received
from resources.chat.messages import Answer, ChatReply, Outcome

BOTH = pytest.mark.parametrize("ledger_url", ["sqlite", "postgresql"], indirect=True)
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/folder/ledger.sqlite"
        return
    server = sa.make_url(request.getfixturevalue("postgres_url"))
    name = f"ledger_{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    ledger = Ledger(ledger_url)
    yield ledger
    ledger.close()


def received(
    keys: list[str],
    outcome: Outcome = Outcome.ANSWERED,
    value: object = "yes",
    *,
    reason: str | None = None,
    raw: str = "{}",
) -> Received:
    paid = Outcome.FAILED if outcome == Outcome.FAILED else Outcome.ANSWERED
    answered = outcome == Outcome.ANSWERED
    return Received(
        response_id=uuid.uuid4().hex,
        stage="filter",
        model="m",
        prompt_version="1",
        image_id=None,
        keys=keys,
        items=[{"path": key} for key in keys],
        reply=ChatReply(paid, "text", raw, 10, 2, 0.25, reason=reason),
        answers=[Answer(outcome, value if answered else None, reason) for _ in keys],
    )


@BOTH
def test_what_was_recorded_is_known(ledger: Ledger) -> None:
    value = {"question": "¿Qué? 🦊", "n": [1, 2.5, None, True], "nul": "\x00"}
    ledger.record([received(["a", "b"], value=value)])
    known = ledger.known(["a", "b", "c"])
    assert {key: item.answer.value for key, item in known.items()} == {"a": value, "b": value}
    assert known["a"].attempts == 1


@BOTH
def test_final_answers_are_never_replaced(ledger: Ledger) -> None:
    for final in (Outcome.ANSWERED, Outcome.REFUSED, Outcome.CONTENT_FILTER):
        key = f"key {final}"
        ledger.record([received([key], final, "first")])
        ledger.record([received([key], value="second")])
        ledger.record([received([key], Outcome.FAILED)])
        known = ledger.known([key])[key]
        assert (known.answer.outcome, known.attempts) == (final, 1)
        assert known.answer.value in ("first", None)


@BOTH
def test_attempts_count_what_was_paid_for(ledger: Ledger) -> None:
    outcomes = [Outcome.INVALID, Outcome.FAILED, Outcome.TRUNCATED, Outcome.FAILED]
    for outcome in outcomes:
        ledger.record([received(["a"], outcome, reason="why")])
    assert ledger.known(["a"])["a"].attempts == 2
    assert ledger.known(["a"])["a"].answer.outcome == Outcome.FAILED
    ledger.record([received(["a"])])
    assert ledger.known(["a"])["a"].attempts == 3


@BOTH
def test_one_batch_may_hold_a_key_twice(ledger: Ledger) -> None:
    ledger.record(
        [received(["a"], Outcome.INVALID), received(["a"]), received(["a", "b"], value=0)]
    )
    known = ledger.known(["a", "b"])
    assert (known["a"].answer.value, known["a"].attempts) == ("yes", 3)
    assert known["b"].answer.value == 0


@BOTH
def test_failed_requests_cost_nothing_and_are_no_response(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.FAILED), received(["b", "c"])])
    assert ledger.costs().rows() == [("filter", "m", 1, 10, 2, 0.25)]


@BOTH
def test_texts_that_no_database_takes_are_kept_as_far_as_they_can(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.INVALID, reason="\x00 \ud800!", raw="\x00\ud800")])
    assert ledger.known(["a"])["a"].answer.reason == "\ufffd ?!"


@BOTH
def test_more_keys_than_a_query_takes(ledger: Ledger) -> None:
    keys = [f"key {number}" for number in range(12_000)]
    ledger.record([received(keys)])
    assert len(ledger.known(keys)) == len(keys)


@BOTH
def test_threads_write_the_same_keys_without_locking_each_other_out(ledger: Ledger) -> None:
    failures: list[BaseException] = []

    def write(turn: int) -> None:
        keys = [f"key {number}" for number in range(40)]
        try:
            for _ in range(8):
                ledger.record([received(keys[::-1] if turn % 2 else keys, Outcome.INVALID)])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert ledger.known(["key 7"])["key 7"].attempts == 32


def _open(url: str, name: str) -> None:
    ledger = Ledger(url)
    ledger.record([received([name])])
    ledger.close()


@BOTH
def test_processes_open_a_new_ledger_at_the_same_time(ledger_url: str) -> None:
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_open, args=(ledger_url, f"p{number}")) for number in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    ledger = Ledger(ledger_url)
    assert len(ledger.known([f"p{number}" for number in range(4)])) == 4
    ledger.close()


@BOTH
def test_batch_that_cannot_be_written_leaves_nothing(ledger: Ledger) -> None:
    first = received(["a"])
    ledger.record([first])
    with pytest.raises(LedgerError, match="did not take 2 responses"):
        ledger.record([received(["b"]), first])
    assert ledger.known(["b"]) == {}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nonsense with a s3cret", "URL is none"),
        ("mysql://user:s3cret@host/ledger", "no ledger can be on"),
        ("sqlite://", "forget everything"),
        ("sqlite:////proc/none/ledger.sqlite", "cannot be opened"),
        ("postgresql://user:s3cret@127.0.0.1:1/ledger?password=s3cret", "cannot be opened"),
    ],
)
def test_url_that_cannot_be_used_says_so_without_its_password(url: str, expected: str) -> None:
    with pytest.raises(LedgerError, match=expected) as raised:
        Ledger(url)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_error_while_writing_shows_no_reply(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    item = received(["a"], raw="what the model said")
    ledger.record([item])
    with pytest.raises(LedgerError) as raised:
        ledger.record([item])
    assert "what the model said" not in str(raised.value)
    ledger.close()
