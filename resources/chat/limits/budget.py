"""The budget: money is held before it is spent, by all runs that share a ledger together.

What the ledger says was spent, what every run holds, and nothing else counts. A run holds a chunk
at a time, so that a request costs no round trip; before a request is sent, the most that it may
cost is taken from the chunk, and what it did not cost returns when its reply is there. What a run
holds is told to the others before it is used and taken back only after its responses are in the
ledger, so that at every moment the sum is at least what is really spent: never too little.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from resources.chat.ledger import Ledger
from resources.chat.ledger.schema import askings, budget_grants
from resources.chat.limits.clock import database_now
from resources.chat.messages import StopAsking

CHUNK_SHARE = 1 / 16
"""Which part of what is free a run takes at a time: the nearer the end, the smaller."""
GRANT_S = 60.0
"""How long a run that says nothing more holds its chunk: so long a killed one still holds it."""
RENEW_S = 20.0
"""After so many seconds a run that lives says so."""
ROW_OF_ALL = ""
"""The holder whose row every run writes first, so that one at a time reads and changes."""
NOTHING_USD = 1e-9
"""Less than this is what adding floats leaves over."""


class BudgetSpent(StopAsking):
    """The next request may overrun the budget; everything that was bought is kept."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The budget as a run found it when it asked for more.

    Attributes:
        granted: What it got.
        spent: What the ledger says was spent ever.
        held_by_others: What other runs hold.
    """

    granted: float
    spent: float
    held_by_others: float


class Budget:
    """What may be spent: ever, and by this process's run.

    Args:
        total_usd: What the ledger may say was spent, in all; null is no limit.
        per_run_usd: What may be spent while this object lives; null is no limit.
    """

    def __init__(self, total_usd: float | None = None, per_run_usd: float | None = None) -> None:
        self.total_usd = total_usd
        self.per_run_usd = per_run_usd
        self._run_usd = 0.0
        self._lock = threading.Lock()

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit."""
        return self.total_usd is not None or self.per_run_usd is not None

    @property
    def run_usd(self) -> float:
        """What this run has spent or reserved."""
        return self._run_usd

    def run_takes(self, cost_usd: float) -> bool:
        """Take from the run's budget, unless that would overrun it."""
        with self._lock:
            if not self.run_covers(cost_usd):
                return False
            self._run_usd += cost_usd
            return True

    def run_covers(self, cost_usd: float) -> bool:
        """Whether the run's budget covers so much."""
        limit = self.per_run_usd
        return limit is None or self._run_usd + cost_usd <= limit + NOTHING_USD

    def run_returns(self, cost_usd: float) -> None:
        """Return what a request reserved and did not cost."""
        with self._lock:
            self._run_usd -= cost_usd


class Allowance:
    """What one pass may spend: a chunk of the budget; times are monotonic seconds.

    Args:
        budget: The budget.
        ledger: The ledger that says what was spent.
        stage: The stage's name, for who reads why a pass ended.
    """

    def __init__(self, budget: Budget, ledger: Ledger, stage: str) -> None:
        self._budget = budget
        self._ledger = ledger
        self._stage = stage
        self._holder = uuid.uuid4().hex
        self._room = 0.0 if budget.total_usd is not None else float("inf")
        self._reserved = 0.0
        self._uncommitted = 0.0
        self._valid_until = float("inf") if budget.total_usd is None else 0.0
        self._standing = Standing(0.0, 0.0, 0.0)
        self.dearest_usd = 0.0
        """What the dearest reply has cost: an estimate below it is none."""

    def takes(self, cost_usd: float, now: float) -> bool:
        """Reserve what a request may cost, if that is at hand; what is free always is."""
        if cost_usd <= 0:
            return True
        if self._room < cost_usd or now >= self._valid_until:
            return False
        if not self._budget.run_takes(cost_usd):
            return False
        self._room -= cost_usd
        self._reserved += cost_usd
        return True

    def settle(self, reserved: float, cost_usd: float) -> None:
        """Take note that a request is back and what it cost."""
        self.dearest_usd = max(self.dearest_usd, cost_usd)
        self._reserved -= reserved
        self._uncommitted += cost_usd
        self._room += reserved - cost_usd
        self._budget.run_returns(reserved - cost_usd)

    def committed(self, cost_usd: float) -> None:
        """Take note that the ledger itself now says what a response cost."""
        self._uncommitted -= cost_usd

    def renew_at(self) -> float:
        """Return when the others must be told that this pass lives; infinite if they need not."""
        return self._valid_until - GRANT_S + RENEW_S if self._valid_until else float("inf")

    def renewal(self, cost_usd: float) -> Callable[[], Standing]:
        """Return the asking for a chunk that covers so much, for another thread."""
        if self._budget.total_usd is None:
            return lambda: Standing(0.0, 0.0, 0.0)
        if cost_usd:
            self._room = 0.0  # it goes back, and comes again as part of the chunk
        kept = self._room + self._reserved + self._uncommitted
        total = self._budget.total_usd
        return lambda: _exchange(self._ledger, self._holder, total, kept, cost_usd)

    def renewed(self, standing: Standing, now: float) -> None:
        """Take note of what asking brought."""
        self._standing = standing
        self._room += standing.granted
        if self._budget.total_usd is not None:
            self._valid_until = now + GRANT_S

    def refused(self, cost_usd: float) -> BudgetSpent | None:
        """Return why a request may not be sent; null while what is under way may make room."""
        short_of = " and ".join(self._short_of(cost_usd))
        if self._reserved > NOTHING_USD or self._uncommitted > NOTHING_USD or not short_of:
            return None
        return BudgetSpent(
            f"stage {self._stage}: asking stopped before the budget is overrun. {short_of}. "
            f"The next request may cost up to ${cost_usd:.6f}. Everything that was bought is "
            "kept: raise the budget in the settings and run again, and only what is missing is "
            "bought"
        )

    def _short_of(self, cost_usd: float) -> list[str]:
        budget, standing = self._budget, self._standing
        said = []
        if budget.total_usd is not None and self._room < cost_usd:
            said.append(
                f"budget.total_usd is ${budget.total_usd:.6f}: ${standing.spent:.6f} are spent, "
                f"${standing.held_by_others:.6f} are reserved by other runs"
            )
        if budget.per_run_usd is not None and not budget.run_covers(cost_usd):
            said.append(
                f"budget.per_run_usd is ${budget.per_run_usd:.6f}: ${budget.run_usd:.6f} are "
                "spent or reserved by this run"
            )
        return said

    def ending(self) -> Callable[[], None]:
        """Return the giving back of what is held, for another thread."""
        return lambda: _release(self._ledger, self._holder)


def _exchange(ledger: Ledger, holder: str, total: float, kept: float, need: float) -> Standing:
    """Tell what is held still, and take a chunk on top if there is one."""
    with ledger.writing() as connection:
        put(connection, ROW_OF_ALL, 0.0, 0.0)
        now = database_now(connection)
        is_dead = sa.and_(budget_grants.c.holder != ROW_OF_ALL, budget_grants.c.expires_at < now)
        connection.execute(sa.delete(budget_grants).where(is_dead))
        others = sum_of(connection, budget_grants.c.held_usd, budget_grants.c.holder != holder)
        spent = sum_of(connection, askings.c.cost_usd)
        free = total - spent - others - kept
        granted = max(need, free * CHUNK_SHARE) if 0 < need <= free + NOTHING_USD else 0.0
        put(connection, holder, kept + granted, now + GRANT_S)
        return Standing(granted, spent, others)


def _release(ledger: Ledger, holder: str) -> None:
    with ledger.writing() as connection:
        connection.execute(sa.delete(budget_grants).where(budget_grants.c.holder == holder))


def sum_of(
    connection: sa.Connection, column: sa.Column[float], *where: sa.ColumnElement[bool]
) -> float:
    """Return the sum over a column, 0 where there is nothing."""
    query = sa.select(sa.func.coalesce(sa.func.sum(column), 0.0)).where(*where)
    return float(connection.execute(query).scalar_one())


def put(connection: sa.Connection, holder: str, held: float, until: float) -> None:
    """Write what a holder holds, and until when he may be silent."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"holder": holder, "held_usd": held, "expires_at": until}
    statement = dialect.insert(budget_grants).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[budget_grants.c.holder],
            set_={
                "held_usd": statement.excluded.held_usd,
                "expires_at": statement.excluded.expires_at,
            },
        )
    )
