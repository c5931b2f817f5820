"""Asking: every answer is had once, in the order of the questions, whatever happens on the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from asked import ScriptedModel, numbers, plain_stage

from resources.chat.asking import PAID_ATTEMPTS, Counter, Pending, Tally, ask, understand, writer
from resources.chat.asking.online import OnlinePass
from resources.chat.ledger import Ledger, LedgerError, Received
from resources.chat.limits import NO_LIMITS
from resources.chat.limits.budget import Budget
from resources.chat.messages import ChatReply, GiveUp, Outcome, StopAsking, TryAgain
from resources.chat.stages import Question, UnusableReply

STAGE = plain_stage()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


def test_equal_questions_are_asked_once(ledger: Ledger) -> None:
    model = ScriptedModel(str)
    answers, tally = ask(STAGE, [*numbers(3), *numbers(3)], model, ledger)
    assert model.requests == 3
    assert [a.value for a in answers[:3]] == [a.value for a in answers[3:]]
    assert (tally.questions, tally.known, tally.requests) == (6, 0, 3)


def test_second_pass_asks_nothing(ledger: Ledger) -> None:
    first, _ = ask(STAGE, numbers(5), ScriptedModel(str), ledger)
    model = ScriptedModel(str)
    second, tally = ask(STAGE, numbers(5), model, ledger)
    assert model.requests == 0
    assert second == first
    assert (tally.known, tally.requests, tally.cost_usd) == (5, 0, 0.0)


def test_only_new_questions_are_asked(ledger: Ledger) -> None:
    ask(STAGE, numbers(3), ScriptedModel(str), ledger)
    model = ScriptedModel(str)
    _, tally = ask(STAGE, numbers(5), model, ledger)
    assert (model.requests, tally.known) == (2, 3)


def test_concurrency_is_kept(ledger: Ledger) -> None:
    model = ScriptedModel(str, concurrency=3, latency_s=0.01)
    ask(STAGE, numbers(12), model, ledger)
    assert model.most_at_once == 3
    assert model.closed


def test_retries_hold_no_slot_and_come_back(ledger: Ledger) -> None:
    def say(number: int) -> str | Exception:
        return TryAgain("busy", after_s=0.0) if number <= 2 else str(number)

    model = ScriptedModel(say, concurrency=1, max_attempts=3)
    answers, tally = ask(STAGE, numbers(4), model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (model.requests, tally.requests) == (6, 4)


def test_server_that_asks_for_quiet_gets_it(ledger: Ledger) -> None:
    said_at: list[float] = []

    def say(number: int) -> str | Exception:
        said_at.append(asyncio.get_running_loop().time())
        return TryAgain("busy", after_s=0.3) if number == 1 else str(number)

    ask(STAGE, numbers(4), ScriptedModel(say, concurrency=1, max_attempts=3), ledger)
    assert said_at[1] - said_at[0] >= 0.29


def test_failed_is_asked_again_by_the_next_pass_only(ledger: Ledger) -> None:
    model = ScriptedModel(lambda _: GiveUp("unreadable"))
    for _ in range(PAID_ATTEMPTS + 2):
        (answer,), tally = ask(STAGE, numbers(1), model, ledger)
        assert (answer.outcome, answer.reason) == (Outcome.FAILED, "unreadable")
        assert answer.asked_again
        assert (tally.requests, tally.cost_usd) == (0, 0.0)
    assert model.requests == PAID_ATTEMPTS + 2
    (answer,), _ = ask(STAGE, numbers(1), ScriptedModel(str), ledger)
    assert answer.outcome == Outcome.ANSWERED


def test_exhausted_retries_are_a_failure_with_its_reason(ledger: Ledger) -> None:
    model = ScriptedModel(lambda _: TryAgain("busy", after_s=0.0), max_attempts=3)
    (answer,), _ = ask(STAGE, numbers(1), model, ledger)
    assert model.requests == 3
    assert answer.outcome == Outcome.FAILED
    assert answer.reason == "busy (gave up after 3 attempts)"


def _unusable(text: str) -> str:
    raise UnusableReply(f"no use: {text}")


def test_paid_reply_without_use_is_asked_again_a_few_times_then_final(ledger: Ledger) -> None:
    model = ScriptedModel(str)
    again = []
    for _ in range(PAID_ATTEMPTS + 2):
        (answer,), _ = ask(plain_stage(_unusable), numbers(1), model, ledger)
        assert answer.outcome == Outcome.INVALID
        again.append(answer.asked_again)
    assert model.requests == PAID_ATTEMPTS
    assert again == [True, True, False, False, False]


def test_parser_that_breaks_loses_no_paid_reply(ledger: Ledger) -> None:
    def broken(text: str) -> str:
        raise ZeroDivisionError(text)

    (answer,), tally = ask(plain_stage(broken), numbers(1), ScriptedModel(str), ledger)
    assert answer.outcome == Outcome.INVALID
    assert "ZeroDivisionError" in str(answer.reason)
    assert tally.requests == 1


def test_wrong_number_of_answers_is_invalid() -> None:
    reply = ChatReply(Outcome.ANSWERED, "x", raw="x")
    answers = understand(STAGE, numbers(2), reply)
    assert [answer.outcome for answer in answers] == [Outcome.INVALID] * 2


def test_stop_keeps_what_was_in_flight(ledger: Ledger) -> None:
    def say(number: int) -> str | Exception:
        return StopAsking("wrong key") if number == 1 else str(number)

    model = ScriptedModel(say, concurrency=4, latency_s=0.02)
    with pytest.raises(StopAsking, match="wrong key"):
        ask(STAGE, numbers(100), model, ledger)
    assert model.requests <= 8
    assert ledger.costs()["requests"].sum() == model.requests - 1
    assert model.closed


def test_unforeseen_error_keeps_what_was_in_flight(ledger: Ledger) -> None:
    def say(number: int) -> str | Exception:
        return OSError("the disk is gone") if number == 1 else str(number)

    model = ScriptedModel(say, concurrency=4, latency_s=0.02)
    with pytest.raises(OSError, match="the disk is gone"):
        ask(STAGE, numbers(100), model, ledger)
    assert ledger.costs()["requests"].sum() == model.requests - 1


@pytest.mark.timeout(30)
def test_ledger_that_fails_stops_the_pass(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "COMMIT_RESPONSES", 5)
    commits = 0

    def record(self: Ledger, batch: Sequence[Received]) -> None:
        nonlocal commits
        commits += 1
        if commits == 2:
            raise LedgerError("disk full")
        real(self, batch)

    real = Ledger.record
    monkeypatch.setattr(Ledger, "record", record)
    model = ScriptedModel(str, concurrency=8, latency_s=0.001)
    with pytest.raises(LedgerError, match="disk full"):
        ask(STAGE, numbers(500), model, ledger)
    assert model.requests < 100
    assert model.closed


def test_progress_counts_every_answer_and_ends_complete(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "COMMIT_RESPONSES", 5)
    ask(STAGE, numbers(4), ScriptedModel(str), ledger)
    seen: list[tuple[int, int]] = []
    questions = [*numbers(20), *numbers(20)]
    ask(STAGE, questions, ScriptedModel(str), ledger, lambda *done: seen.append(done))
    assert seen[0] == (4, 20)
    assert seen[-1] == (20, 20)
    assert seen == sorted(seen)


def test_caller_whose_thread_runs_a_loop_may_ask(ledger: Ledger) -> None:
    async def caller() -> int:
        answers, _ = ask(STAGE, numbers(3), ScriptedModel(str), ledger)
        return len(answers)

    assert asyncio.run(caller()) == 3


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            questions = [Question({"n": n}) for n in range(first, first + 40)]
            answers, _ = ask(STAGE, questions, ScriptedModel(str, latency_s=0.001), ledger)
            assert all(answer.value for answer in answers)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(10 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures


def test_interrupt_keeps_what_was_received(ledger: Ledger) -> None:
    """Who cancels the pass loses what is in flight, not what came and waits for its commit."""
    received = asyncio.Event()
    keys = ["1" * 32, "2" * 32]

    def say(number: int) -> str:
        received.set()
        return str(number)

    async def interrupted() -> None:
        model = ScriptedModel(say, concurrency=1, latency_s=0.03)
        pending = [
            Pending([key], [question]) for key, question in zip(keys, numbers(2), strict=True)
        ]
        counter = Counter(0, 2, None)
        pass_ = OnlinePass(STAGE, model, ledger, Tally(), pending, counter, NO_LIMITS, Budget())
        task = asyncio.create_task(pass_.run())
        await received.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert ledger.known(keys[:1])[keys[0]].answer.outcome == Outcome.ANSWERED


def test_answer_of_the_ledger_counts_when_another_process_was_first(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both bought it; both tables must hold the same one."""
    ask(STAGE, numbers(1), ScriptedModel(lambda _: "theirs"), ledger)
    real = Ledger.known
    looks = 0

    def known(self: Ledger, keys: Sequence[str]) -> object:
        nonlocal looks
        looks += 1
        return {} if looks == 1 else real(self, keys)

    monkeypatch.setattr(Ledger, "known", known)
    (answer,), _ = ask(STAGE, numbers(1), ScriptedModel(lambda _: "ours"), ledger)
    assert answer.value == "theirs"
