"""Limits: rates that several runs keep together, adaptive concurrency, deadlines."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from asked import ScriptedModel, numbers, plain_stage
from fixtures import listening
from hypothesis import given
from hypothesis import strategies as st
from processes import ask_at_a_rate, forking

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.limits import NO_LIMITS, Limits, limits_of
from resources.chat.limits.pace import STEPS, Pace
from resources.chat.limits.rates import LEASE_S, WINDOW_S, Bucket, RateShare, SharedRates
from resources.chat.messages import ChatReply, Demand, Outcome, TryAgain
from tg_assets.settings import EmbeddedModel, OpenAIModel, Price

STAGE = plain_stage()
SERVER = Path(__file__).parent.parent / "servers" / "fault_server.py"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


@given(
    limit=st.integers(1, 100_000),
    looks=st.lists(st.tuples(st.floats(0, 5), st.integers(0, 2000)), max_size=200),
)
def test_no_minute_sees_more_than_its_limit(limit: int, looks: list[tuple[float, int]]) -> None:
    """Whatever is asked for when; what is taken may be used up to a lease later."""
    bucket = Bucket.of(limit)
    level, now = bucket.most, 0.0
    taken: list[tuple[float, int]] = []
    for wait, wanted in looks:
        now += wait
        level = bucket.filled(level, wait)
        got = min(wanted, int(bucket.taken(level, 1.0)))
        level -= got
        taken.append((now, got))
    for start, _ in taken:
        window = [got for at, got in taken if start <= at <= start + WINDOW_S + LEASE_S]
        assert sum(window) <= limit


@given(limit=st.integers(1, 1_000_000))
def test_rates_give_nearly_what_they_allow(limit: int) -> None:
    assert Bucket.of(limit).per_s * WINDOW_S >= 0.93 * limit - 1


def test_request_larger_than_the_bucket_is_met_from_a_full_one_and_owed() -> None:
    bucket = Bucket.of(600)
    assert bucket.taken(bucket.most, 5_000) == 5_000
    assert bucket.taken(bucket.most - 5_000, 1) == 0
    assert bucket.seconds_until(bucket.most - 5_000, 1) > 400


def test_what_is_not_used_goes_back(ledger: Ledger) -> None:
    limits = Limits("here", requests_per_minute=60, tokens_per_minute=6_000)
    one, other = (RateShare(SharedRates(limits, ledger)) for _ in range(2))
    need = Demand(50, 50)
    one.renewed(one.renewal(need)(), now=0.0)
    assert one.covers(need, now=0.5)
    assert not one.covers(need, now=LEASE_S + 0.1), "a lease that is over is not used"
    one.ending()()
    other.renewed(other.renewal(need)(), now=0.0)
    for _ in range(2):  # the bucket holds two seconds' worth
        if not other.covers(need, now=0.5):
            other.renewed(other.renewal(need)(), now=0.0)
        assert other.covers(need, now=0.5)
        other.use(need)


def test_settings_name_the_endpoint_that_is_shared() -> None:
    def model(**said: object) -> OpenAIModel:
        values = {"model": "m", "price": Price(input=1, output=1), **said}
        return OpenAIModel(provider="openai", **values)  # type: ignore[arg-type]

    same = limits_of(model(requests_per_minute=5)), limits_of(model(tokens_per_minute=7))
    assert same[0].endpoint == same[1].endpoint
    assert limits_of(model(base_url="http://other/v1")).endpoint != same[0].endpoint
    assert (same[0].requests_per_minute, same[1].tokens_per_minute) == (5, 7)
    assert limits_of(EmbeddedModel(provider="embedded")).timeout_s is None


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_processes_stay_within_a_rate_together(
    database: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server counts what came in any second; the same law holds for a minute."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    if database == "postgresql":
        url = request.getfixturevalue("postgres_url")
    start = forking(monkeypatch)
    rate = (2_400, 3.5)
    with listening([sys.executable, str(SERVER), "{}"]) as server:
        runs = [
            start.Process(target=ask_at_a_rate, args=(server, url, str(tmp_path), n, *rate))
            for n in range(2)
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join(60)
            assert run.exitcode == 0
        with urllib.request.urlopen(f"{server}/counts", timeout=30) as response:
            counts = json.load(response)
    came = sorted(at for times in counts["begun"].values() for at in times)
    bucket, seconds = Bucket.of(rate[0]), rate[1]
    for width in (1.0, 2.0):
        most = max(sum(at <= other < at + width for other in came) for at in came)
        assert most <= bucket.most + bucket.per_s * (width + LEASE_S) + 1
    assert len(came) >= 0.5 * bucket.per_s * seconds, "the rate is hardly used"


def test_pace_halves_once_a_round_and_recovers_by_steps() -> None:
    pace = Pace(64)
    full = TryAgain("full", overloaded=True)
    for _ in range(20):
        pace.failed(full, started_at=0.0, now=1.0)
    assert (pace.limit, pace.quiet_until) == (32, 0.0)
    pace.succeeded()
    pace.failed(full, started_at=2.0, now=3.0)
    assert pace.limit == 16
    rounds = 0
    while pace.limit < 64:
        rounds += 1
        for _ in range(pace.limit):
            pace.succeeded()
    assert rounds <= STEPS
    assert pace.lowest == 16


def test_pace_waits_ever_longer_when_nothing_succeeds_and_not_after_success() -> None:
    pace, now, waits = Pace(8), 0.0, []
    for _ in range(12):
        pace.failed(TryAgain("down"), started_at=now, now=now + 0.01)
        waits.append(max(0.0, pace.quiet_until - now - 0.01))
        now = max(now + 0.02, pace.quiet_until)
    assert waits[0] == 0.0
    assert waits == pytest.approx(sorted(waits))
    assert waits[-1] == pytest.approx(10.0)
    assert pace.limit == 1
    pace.succeeded()
    pace.failed(TryAgain("hiccup"), started_at=now, now=now)
    assert pace.quiet_until <= now


def test_pace_keeps_the_quiet_that_a_server_asked_for() -> None:
    pace = Pace(8)
    pace.failed(TryAgain("later", after_s=7.0), started_at=0.0, now=1.0)
    assert pace.quiet_until == 8.0


def test_overload_lowers_concurrency_and_the_tally_says_so(ledger: Ledger) -> None:
    def say(number: int) -> str | Exception:
        if 20 < number <= 30:
            return TryAgain("full", after_s=0.01, overloaded=True)
        return str(number)

    model = ScriptedModel(say, concurrency=16, max_attempts=5, latency_s=0.005)
    answers, tally = ask(STAGE, numbers(100), model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert tally.overloads == tally.retries == 10
    assert tally.lowest_concurrency is not None
    assert tally.lowest_concurrency <= 8


def test_rate_holds_requests_back_and_the_tally_says_how_long(ledger: Ledger) -> None:
    started = time.monotonic()
    limits = Limits("slow", requests_per_minute=300)
    model = ScriptedModel(str, concurrency=16)
    _, tally = ask(STAGE, numbers(14), model, ledger, limits=limits)
    assert time.monotonic() - started >= 0.8  # 10 at once, then 5 a second
    assert tally.throttled_s >= 0.5


class Demanding(ScriptedModel):
    """Reserves a hundred tokens a request and uses ten."""

    async def prepare(self, request: object) -> object:
        return type("Prepared", (), {"demand": Demand(60, 40)})()


def test_tokens_are_reserved_at_their_most_and_settled(ledger: Ledger) -> None:
    limits = Limits("tokens", tokens_per_minute=6_000)  # two hundred at once
    model = Demanding(str, concurrency=16, latency_s=0.02)
    started = time.monotonic()
    ask(STAGE, numbers(20), model, ledger, limits=limits)
    assert model.most_at_once == 2
    assert time.monotonic() - started < 5, "unused tokens do not return"


class Hanging(ScriptedModel):
    """Never answers the first request."""

    async def send(self, prepared: object) -> ChatReply:
        if self.requests == 0:
            self.requests += 1
            await asyncio.sleep(3600)
        return await super().send(prepared)  # type: ignore[arg-type]


def test_hung_request_is_given_up_at_its_deadline_and_made_again(ledger: Ledger) -> None:
    model = Hanging(str, max_attempts=2)
    (answer,), tally = ask(STAGE, numbers(1), model, ledger, limits=Limits(timeout_s=0.05))
    assert (answer.outcome, tally.retries) == (Outcome.ANSWERED, 1)


def test_deadline_of_a_pass_leaves_rows_with_a_reason_that_the_next_pass_asks(
    ledger: Ledger,
) -> None:
    model = ScriptedModel(str, concurrency=2, latency_s=0.05)
    answers, tally = ask(STAGE, numbers(100), model, ledger, limits=Limits(deadline_s=0.3))
    left = [answer for answer in answers if answer.value is None]
    assert 0 < len(left) < 100
    assert tally.not_asked == len(left) == tally.asked_again
    assert {answer.outcome for answer in left} == {Outcome.FAILED}
    assert all("deadline of 0.3 s" in str(answer.reason) for answer in left)
    assert model.requests == 100 - len(left), "what was in flight is awaited"
    model = ScriptedModel(str)
    answers, _ = ask(STAGE, numbers(100), model, ledger)
    assert model.requests == len(left)
    assert all(answer.value for answer in answers)


def test_deadline_says_why_what_was_tried_has_no_answer(ledger: Ledger) -> None:
    model = ScriptedModel(lambda _: TryAgain("busy", after_s=5.0), max_attempts=3)
    (answer,), _ = ask(STAGE, numbers(1), model, ledger, limits=Limits(deadline_s=0.1))
    assert answer.reason == "busy (until the pass's deadline of 0.1 s)"
    assert answer.asked_again


class Heavy(ScriptedModel):
    """Its prepared requests count how many of them there are; it answers two of three."""

    alive = most_alive = 0

    async def prepare(self, request: object) -> object:
        await asyncio.sleep(0)
        return _Body(type(self))

    async def send(self, prepared: object) -> ChatReply:
        reply = await super().send(prepared)  # type: ignore[arg-type]
        if self.requests % 3 == 0:
            raise TryAgain("busy", after_s=0.0)
        return reply


class _Body:
    demand = Demand()

    def __init__(self, of: type[Heavy]) -> None:
        self._of = of
        of.alive += 1
        of.most_alive = max(of.most_alive, of.alive)

    def __del__(self) -> None:
        self._of.alive -= 1


def test_few_requests_are_prepared_ahead_also_while_many_wait_to_be_made_again(
    ledger: Ledger,
) -> None:
    model = Heavy(str, concurrency=8, max_attempts=1000)
    answers, _ = ask(STAGE, numbers(3000), model, ledger, limits=NO_LIMITS)
    assert all(answer.value for answer in answers)
    assert 8 < Heavy.most_alive <= 8 + 16 + 1
    assert Heavy.alive <= 1
