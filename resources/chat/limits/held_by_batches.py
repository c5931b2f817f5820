"""What batches hold of the budget: from before they are submitted until they are harvested.

A batch goes on, and costs, when no run lives. So what it may cost is held under its job's id for as
long as the job is open, where every other run finds it beside what runs hold themselves.
"""

from __future__ import annotations

import sqlalchemy as sa

from resources.chat.ledger.schema import askings, budget_grants
from resources.chat.limits.budget import NOTHING_USD, ROW_OF_ALL, Budget, put, sum_of
from resources.chat.limits.clock import database_now

UNTIL_RELEASED_S = 10 * 365 * 24 * 3600.0


class OverBudget(Exception):  # noqa: N818 - a state, not a fault
    """What a batch may cost is more than what is free."""


def free_usd(connection: sa.Connection, budget: Budget) -> float:
    """Return what may still be spent: of the total, and by this run."""
    free = float("inf")
    if budget.total_usd is not None:
        lives = budget_grants.c.expires_at >= database_now(connection)
        held = sum_of(connection, budget_grants.c.held_usd, lives)
        free = budget.total_usd - sum_of(connection, askings.c.cost_usd) - held
    if budget.per_run_usd is not None:
        free = min(free, budget.per_run_usd - budget.run_usd)
    return free


def hold(connection: sa.Connection, budget: Budget, job_id: str, most_usd: float) -> None:
    """Hold what a job may cost, in the transaction that records the job.

    Raises:
        OverBudget: That is more than what is free; the transaction must not be committed.
    """
    put(connection, ROW_OF_ALL, 0.0, 0.0)  # one run at a time reads and changes
    if most_usd > free_usd(connection, budget) + NOTHING_USD:
        raise OverBudget
    put(connection, job_id, most_usd, database_now(connection) + UNTIL_RELEASED_S)


def release(connection: sa.Connection, job_id: str) -> None:
    """Give back what a job held: its replies are in the ledger, or there are none."""
    connection.execute(sa.delete(budget_grants).where(budget_grants.c.holder == job_id))
