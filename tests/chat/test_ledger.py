"""The ledger keeps what was paid for, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import BOTH, key, received, rows_of

from resources.chat.ledger import Ledger, LedgerError, responses
from resources.chat.ledger.packing import Unpackable, pack, unpack
from resources.chat.messages import Outcome

pytestmark = pytest.mark.timeout(120)


@BOTH
def test_what_was_recorded_is_known(ledger: Ledger) -> None:
    value = {"question": "¿Qué? 🦊", "n": [1, 2.5, None, True], "nul": "\x00"}
    ledger.record([received(["a", "b"], value=value)])
    known = ledger.known([key(name) for name in "abc"])
    assert {key: item.answer.value for key, item in known.items()} == {
        key("a"): value,
        key("b"): value,
    }
    assert known[key("a")].attempts == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\x00é"), inner),
    max_leaves=6,
).filter(lambda value: value is not None)


@BOTH
@given(values=st.lists(JSON, min_size=1, max_size=20))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_values_come_back_exactly(ledger: Ledger, values: list[object]) -> None:
    turn = uuid.uuid4().hex
    names = [f"{turn} {number}" for number in range(len(values))]
    ledger.record(
        [received([name], value=value) for name, value in zip(names, values, strict=True)]
    )
    known = ledger.known([key(name) for name in names])
    found = [known[key(name)].answer.value for name in names]
    assert [repr(value) for value in found] == [repr(value) for value in values]


@BOTH
def test_zero_one_and_true_stay_apart(ledger: Ledger) -> None:
    values = [0, 1, True, False, 1.0, "1", "true", [], {}, ""]
    ledger.record([received([str(place)], value=value) for place, value in enumerate(values)])
    known = ledger.known([key(place) for place in range(len(values))])
    found = [known[key(place)].answer.value for place in range(len(values))]
    assert [(type(value), value) for value in found] == [(type(value), value) for value in values]


@BOTH
def test_response_is_kept_as_it_came(ledger: Ledger) -> None:
    raw = '{"choices": ["\x00 \ud800 é 🦊"]}' * 50
    item = received(["a", "b"], raw=raw, image_id="picture 1")
    ledger.record([item])
    with ledger.engine.connect() as connection:
        (row,) = connection.execute(sa.select(responses)).all()
    assert (row.raw, row.image_id, row.outcome) == (raw, "picture 1", Outcome.ANSWERED)
    assert row.id == item.response_id
    assert bytes(row.item_keys).hex() == "".join(item.keys)
    assert row.items == '[{"path":"a"},{"path":"b"}]'


@given(text=st.text(st.characters()))
def test_every_text_can_be_packed(text: str) -> None:
    assert unpack(pack(text)) == text


def test_damaged_text_is_told_from_a_text() -> None:
    for damaged in (b"", b"\x07abc", pack("a" * 100)[:-2], b"\x01\xff\xff"):
        with pytest.raises(Unpackable):
            unpack(damaged)


def test_key_that_is_none_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    with pytest.raises(ValueError, match="'a' is no digest"):
        ledger.known(["a"])
    with pytest.raises(ValueError, match="'a' is no digest"):
        ledger.record([replace(received(["x"]), keys=["a"])])
    ledger.close()


@BOTH
def test_final_answers_are_never_replaced(ledger: Ledger) -> None:
    for final in (Outcome.ANSWERED, Outcome.REFUSED, Outcome.CONTENT_FILTER):
        name = f"key {final}"
        ledger.record([received([name], final, "first")])
        ledger.record([received([name], value="second")])
        ledger.record([received([name], Outcome.FAILED)])
        known = ledger.known([key(name)])[key(name)]
        assert (known.answer.outcome, known.attempts) == (final, 1)
        assert known.answer.value in ("first", None)


@BOTH
def test_attempts_count_what_was_paid_for(ledger: Ledger) -> None:
    outcomes = [Outcome.INVALID, Outcome.FAILED, Outcome.TRUNCATED, Outcome.FAILED]
    for outcome in outcomes:
        ledger.record([received(["a"], outcome, reason="why")])
    assert ledger.known([key("a")])[key("a")].attempts == 2
    assert ledger.known([key("a")])[key("a")].answer.outcome == Outcome.FAILED
    ledger.record([received(["a"])])
    assert ledger.known([key("a")])[key("a")].attempts == 3


@BOTH
def test_one_batch_may_hold_a_key_twice(ledger: Ledger) -> None:
    ledger.record(
        [received(["a"], Outcome.INVALID), received(["a"]), received(["a", "b"], value=0)]
    )
    known = ledger.known([key("a"), key("b")])
    assert (known[key("a")].answer.value, known[key("a")].attempts) == ("yes", 3)
    assert known[key("b")].answer.value == 0


@BOTH
def test_failed_requests_cost_nothing_and_are_no_response(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.FAILED), received(["b", "c"])])
    assert ledger.costs().rows() == [("filter", "m", 1, 10, 2, 0.25)]


@BOTH
def test_costs_are_the_sums_over_all_responses(ledger: Ledger) -> None:
    for stage, model, version in (("vote", "m", "1"), ("filter", "m", "1"), ("filter", "m", "2")):
        told = {"stage": stage, "model": model, "prompt_version": version}
        ledger.record([received([f"{told} {number}"], **told) for number in range(3)])
    ledger.record([received(["never paid for"], Outcome.FAILED, stage="questions")])
    assert ledger.costs().rows() == [
        ("filter", "m", 6, 60, 12, 1.5),
        ("vote", "m", 3, 30, 6, 0.75),
    ]


@BOTH
def test_texts_that_no_database_takes_are_kept_as_far_as_they_can(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.INVALID, reason="\x00 \ud800!", raw="\x00\ud800")])
    assert ledger.known([key("a")])[key("a")].answer.reason == "\ufffd ?!"


@BOTH
def test_more_keys_than_a_query_takes(ledger: Ledger) -> None:
    keys = [f"key {number}" for number in range(12_000)]
    ledger.record([received(keys)])
    assert len(ledger.known([key(name) for name in keys])) == len(keys)


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
    ((counted, requests),) = rows_of(
        ledger, "SELECT (SELECT count(*) FROM responses), requests FROM askings"
    )
    assert counted == requests == 32
    assert ledger.known([key("key 7")])[key("key 7")].attempts == 32


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
    assert len(ledger.known([key(f"p{number}") for number in range(4)])) == 4
    ledger.close()


@BOTH
def test_batch_that_cannot_be_written_leaves_nothing(ledger: Ledger) -> None:
    first = received(["a"])
    ledger.record([first])
    with pytest.raises(LedgerError, match="did not take 2 responses"):
        ledger.record([received(["b"]), first])
    assert ledger.known([key("b")]) == {}


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
