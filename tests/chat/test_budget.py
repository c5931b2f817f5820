"""The budget: asking stops before it is overrun, keeps everything, and says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from asked import PricedModel, numbers, plain_stage
from processes import ask_within_a_budget, ask_within_a_budget_for_ever, forking

from resources.chat.asking import ask
from resources.chat.embedded import FreeRequest
from resources.chat.ledger import Ledger
from resources.chat.ledger.schema import budget_grants
from resources.chat.limits import budget as budgets
from resources.chat.limits.budget import Allowance, Budget, BudgetSpent
from resources.chat.messages import TryAgain

STAGE = plain_stage()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


class Unpriced(PricedModel):
    """Says of its requests that they cost nothing."""

    async def prepare(self, request: object) -> FreeRequest:  # type: ignore[override]
        return FreeRequest(request)  # type: ignore[arg-type]


def spent(ledger: Ledger) -> float:
    return float(ledger.costs()["cost_usd"].sum())


def test_asking_stops_before_the_total_is_overrun_and_says_so(ledger: Ledger) -> None:
    model = PricedModel(concurrency=4, latency_s=0.002)
    with pytest.raises(BudgetSpent) as raised:
        ask(STAGE, numbers(100), model, ledger, budget=Budget(total_usd=5.0))
    # the next may cost 1.0: with 4.25 spent it might overrun
    assert spent(ledger) == pytest.approx(4.25) == 0.25 * model.requests
    said = str(raised.value)
    assert "stage plain" in said
    assert "budget.total_usd is $5.000000: $4.250000 are spent" in said
    assert "$1.000000" in said
    assert "raise the budget" in said
    assert model.closed


def test_nothing_in_flight_could_overrun_it_were_every_request_as_dear_as_it_may_be(
    ledger: Ledger,
) -> None:
    model = PricedModel(lambda _: 1.0, concurrency=50, latency_s=0.01)
    with pytest.raises(BudgetSpent):
        ask(STAGE, numbers(100), model, ledger, budget=Budget(total_usd=7.5))
    assert model.most_at_once <= 7
    assert spent(ledger) == 7.0


def test_raised_budget_goes_on_and_buys_nothing_twice(ledger: Ledger) -> None:
    first, second = PricedModel(concurrency=4), PricedModel(concurrency=4)
    with pytest.raises(BudgetSpent):
        ask(STAGE, numbers(30), first, ledger, budget=Budget(total_usd=5.0))
    answers, tally = ask(STAGE, numbers(30), second, ledger, budget=Budget(total_usd=50.0))
    assert all(answer.value for answer in answers)
    assert first.requests + second.requests == 30
    assert tally.known == first.requests


def test_total_counts_what_other_passes_spent_ever(ledger: Ledger) -> None:
    ask(STAGE, numbers(16), PricedModel(), ledger)
    model = PricedModel()
    with pytest.raises(BudgetSpent, match=r"\$4\.000000 are spent"):
        ask(STAGE, numbers(20), model, ledger, budget=Budget(total_usd=4.5))
    assert model.requests == 0


def test_budget_of_a_run_counts_all_its_passes_and_no_others(ledger: Ledger) -> None:
    budget = Budget(per_run_usd=2.0)
    ask(STAGE, numbers(3), PricedModel(), ledger, budget=budget)
    with pytest.raises(BudgetSpent, match=r"per_run_usd is \$2\.000000: \$1\.250000"):
        ask(STAGE, numbers(30), PricedModel(), ledger, budget=budget)
    assert spent(ledger) == pytest.approx(1.25)
    ask(STAGE, numbers(6), PricedModel(), ledger, budget=Budget(per_run_usd=2.0))


def test_what_is_free_is_asked_though_the_budget_is_spent(ledger: Ledger) -> None:
    budget = Budget(total_usd=0.0, per_run_usd=0.0)
    answers, _ = ask(STAGE, numbers(20), Unpriced(lambda _: 0.0), ledger, budget=budget)
    assert all(answer.value for answer in answers)


def test_request_that_claims_to_cost_nothing_is_believed_once(ledger: Ledger) -> None:
    """A provider without an estimate can overrun by what is in flight at its first replies."""
    model = Unpriced(lambda _: 1.0, concurrency=4, latency_s=0.005)
    with pytest.raises(BudgetSpent):
        ask(STAGE, numbers(100), model, ledger, budget=Budget(total_usd=10.5))
    assert spent(ledger) == 10.0


def test_failed_request_returns_what_it_reserved(ledger: Ledger) -> None:
    class Failing(PricedModel):
        async def send(self, prepared: object) -> object:
            reply = await super().send(prepared)
            if self.requests % 2:
                raise TryAgain("reset", after_s=0.0)
            return reply

    model = Failing(lambda _: 0.25, concurrency=2, max_attempts=50)
    answers, _ = ask(STAGE, numbers(12), model, ledger, budget=Budget(4.0))
    assert all(answer.value for answer in answers)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_that_share_a_ledger_share_the_budget(
    database: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    if database == "postgresql":
        url = request.getfixturevalue("postgres_url")
    before = _spent_on(url)
    total = before + 40.0
    start = forking(monkeypatch)
    runs = [
        start.Process(target=ask_within_a_budget, args=(url, 1000 * n, total)) for n in (1, 2, 3)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
        assert run.exitcode == 0
    assert total - 3.0 <= _spent_on(url) <= total


def _spent_on(url: str) -> float:
    ledger = Ledger(url)
    try:
        return spent(ledger)
    finally:
        ledger.close()


def test_killed_run_holds_its_part_for_a_while_and_no_longer(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = forking(monkeypatch).Process(
        target=ask_within_a_budget_for_ever, args=(str(ledger.engine.url), 8.5)
    )
    run.start()
    while _held(ledger) < 8.0:
        assert run.is_alive()
        time.sleep(0.01)
    run.kill()
    run.join(30)
    with pytest.raises(BudgetSpent, match=r"\$8\.\d+ are reserved by other runs"):
        ask(STAGE, numbers(1), PricedModel(), ledger, budget=Budget(8.5))
    with ledger.engine.begin() as connection:  # a minute passes
        later = budget_grants.c.expires_at - budgets.GRANT_S - 1
        connection.execute(sa.update(budget_grants).values(expires_at=later))
    ask(STAGE, numbers(1), PricedModel(), ledger, budget=Budget(8.5))
    assert _held(ledger) == 0.0


def _held(ledger: Ledger) -> float:
    with ledger.engine.connect() as connection:
        query = sa.select(sa.func.coalesce(sa.func.sum(budget_grants.c.held_usd), 0.0))
        return float(connection.execute(query).scalar_one())


def test_run_that_lives_says_so_before_its_part_is_given_away(ledger: Ledger) -> None:
    allowance = Allowance(Budget(10.0), ledger, "plain")
    assert allowance.renew_at() == float("inf"), "nothing is held yet"
    allowance.renewed(allowance.renewal(1.0)(), now=100.0)
    assert allowance.takes(1.0, now=100.0)
    assert 100.0 < allowance.renew_at() < 100.0 + budgets.GRANT_S
    assert not allowance.takes(1e-6, now=100.0 + budgets.GRANT_S), "it may be another's by then"
    allowance.renewed(allowance.renewal(0.0)(), now=130.0)
    assert _held(ledger) == pytest.approx(1.0)
