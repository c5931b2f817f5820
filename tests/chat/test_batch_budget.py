"""A budget is held for batches as long as they are under way, also when no run lives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from asked import VOTE, picture, votes
from batch_server import Script, running
from batches import batch_model, executed_twice, jobs, opened

from resources.chat.asking import ask
from resources.chat.batch.jobs import JobStore
from resources.chat.ledger import Ledger
from resources.chat.limits.budget import Budget, BudgetSpent
from resources.chat.messages import Outcome

COUNT = 12
ROOM = {"max_requests_per_file": 4, "max_tokens": 100}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = opened(tmp_path)
    yield ledger
    ledger.close()


def _most_usd(tmp_path: Path) -> float:
    """Return what one file of four requests may cost."""
    ledger = opened(tmp_path / "elsewhere")
    with running(Script()) as server:
        ask(VOTE, votes(picture(tmp_path, 1), 4), batch_model(server.url, **ROOM), ledger)
    (job,) = jobs(ledger)
    assert job.most_usd > ledger.costs()["cost_usd"].sum() > 0
    ledger.close()
    return job.most_usd


@pytest.mark.parametrize("limit", ["total_usd", "per_run_usd"])
def test_no_batch_is_handed_over_that_could_overrun_the_budget(
    limit: str, ledger: Ledger, tmp_path: Path
) -> None:
    most = 1.1 * _most_usd(tmp_path) / 4  # of one request
    questions = votes(picture(tmp_path, 1), COUNT)
    with running(Script()) as server:
        model = batch_model(server.url, **ROOM)
        with pytest.raises(BudgetSpent, match="may cost up to"):
            ask(VOTE, questions, model, ledger, budget=Budget(**{limit: most}))
        spent = ledger.costs()["cost_usd"].sum()
        assert 0 < spent <= most
        assert 0 < len(server.executed) < COUNT
        answers, tally = ask(VOTE, questions, model, ledger)
        assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
        assert (len(server.executed), executed_twice(server)) == (COUNT, [])
    assert tally.known > 0


def test_batch_under_way_holds_its_part_of_the_budget_until_it_is_harvested(
    ledger: Ledger, tmp_path: Path
) -> None:
    most = _most_usd(tmp_path)
    budget = Budget(total_usd=1.2 * most)
    first, second = votes(picture(tmp_path, 1), 8)[:4], votes(picture(tmp_path, 1), 8)[4:]
    store = JobStore(ledger.engine, budget)
    with running(Script(looks=2)) as server:
        model = batch_model(server.url, wait=False, **ROOM)
        ask(VOTE, first, model, ledger, budget=budget)
        assert store.free_usd() == pytest.approx(0.2 * most)
        waiting = batch_model(server.url, wait=True, **{**ROOM, "items_per_request": 1})
        with pytest.raises(BudgetSpent):
            ask(VOTE, second, waiting, ledger, budget=Budget(total_usd=1.1 * most))
        ask(VOTE, first, waiting, ledger, budget=budget)
    spent = ledger.costs()["cost_usd"].sum()
    assert store.free_usd() == pytest.approx(1.2 * most - spent)
