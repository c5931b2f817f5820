"""Requests and tokens per minute, kept by all runs that share a ledger together.

A bucket per endpoint lies in the ledger's database: it fills steadily and holds little. A run takes
a second's worth at a time, so that a request costs no round trip, and gives back what it did not
use. A run that is killed leaves nothing to expire: what it had taken is a second's worth that
nobody used, and the bucket fills all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from resources.chat.ledger import Ledger
from resources.chat.ledger.schema import endpoint_windows
from resources.chat.limits import Limits
from resources.chat.limits.clock import database_now
from resources.chat.messages import Demand

WINDOW_S = 60.0
BURST_S = 2.0
"""How many seconds' worth a bucket holds."""
LEASE_S = 1.0
"""How long a run may use what it took."""
SHORTEST_WAIT_S = 0.1
"""Between two looks into the bucket: at a thousand requests a second each brings a hundred."""
UNLIMITED = float("inf")


@dataclass(frozen=True, slots=True)
class Bucket:
    """How a bucket fills so that no minute sees more than a limit.

    What is taken in a minute and used up to `LEASE_S` later is at most ``most + per_s * (WINDOW_S +
    LEASE_S)``, which is less than ``limit + 1``.

    Attributes:
        most: What it holds when full.
        per_s: What flows in, a second.
    """

    most: float
    per_s: float

    @classmethod
    def of(cls, limit: int | None) -> Bucket:
        """Return the bucket for a limit per minute; null is no limit."""
        if limit is None:
            return cls(UNLIMITED, UNLIMITED)
        most = max(1.0, BURST_S * limit / WINDOW_S)
        return cls(most, 0.999 * (limit + 1 - most) / (WINDOW_S + LEASE_S))

    @property
    def nothing(self) -> float:
        """What a run has that took nothing: of what has no limit, all."""
        return UNLIMITED if self.most == UNLIMITED else 0.0

    def filled(self, level: float, seconds: float) -> float:
        """Return the level after so many seconds."""
        if self.most == UNLIMITED:
            return UNLIMITED
        return min(self.most, level + max(0.0, seconds) * self.per_s)

    def taken(self, level: float, need: float) -> float:
        """Return what a run may take that needs so much: a second's worth or nothing.

        A need larger than the bucket is met from a full one, which then owes.
        """
        if level < min(need, self.most):
            return 0.0
        return max(need, min(self.per_s * LEASE_S, level))

    def seconds_until(self, level: float, need: float) -> float:
        """Return how long it takes until so much can be taken."""
        if self.most == UNLIMITED:
            return 0.0
        return max(0.0, (min(need, self.most) - level) / self.per_s)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look into the buckets brought.

    Attributes:
        requests: How many requests may start.
        tokens: How many tokens they may use.
        wait_s: Seconds until a look may bring something, when this one brought nothing.
    """

    requests: float
    tokens: float
    wait_s: float = 0.0


class SharedRates:
    """An endpoint's rates, in the ledger's database.

    Args:
        limits: The limits; at least one of the two rates is given.
        ledger: The ledger whose runs share them.
    """

    def __init__(self, limits: Limits, ledger: Ledger) -> None:
        self._endpoint = limits.endpoint
        self._requests = Bucket.of(limits.requests_per_minute)
        self._tokens = Bucket.of(limits.tokens_per_minute)
        self._ledger = ledger

    def take(self, need: Demand, requests_back: float, tokens_back: float) -> Taken:
        """Give back what was not used and take what the next requests need, in one transaction.

        Raises:
            LedgerError: The database does not answer.
        """
        return self._exchange(
            requests_back, tokens_back, lambda requests, tokens: self._part(need, requests, tokens)
        )

    def give_back(self, requests: float, tokens: float) -> None:
        """Give back what was not used.

        Raises:
            LedgerError: The database does not answer.
        """
        self._exchange(requests, tokens, lambda *_: Taken(0.0, 0.0))

    def _part(self, need: Demand, requests: float, tokens: float) -> Taken:
        wanted = float(tokens_of(need))
        taken = Taken(self._requests.taken(requests, 1.0), self._tokens.taken(tokens, wanted))
        if taken.requests and (taken.tokens or not wanted):
            return taken
        waits = (
            self._requests.seconds_until(requests, 1.0),
            self._tokens.seconds_until(tokens, wanted),
        )
        return Taken(self._requests.nothing, self._tokens.nothing, max(SHORTEST_WAIT_S, *waits))

    def _exchange(
        self, requests_back: float, tokens_back: float, choose: Callable[[float, float], Taken]
    ) -> Taken:
        where = endpoint_windows.c.endpoint == self._endpoint
        with self._ledger.writing() as connection:
            self._lock(connection)
            row = connection.execute(sa.select(endpoint_windows).where(where)).one()
            now = database_now(connection)
            past = now - row.at
            requests = self._requests.filled(row.requests + _finite(requests_back), past)
            tokens = self._tokens.filled(row.tokens + _finite(tokens_back), past)
            taken = choose(requests, tokens)
            left = {
                "requests": _finite(requests - taken.requests),
                "tokens": _finite(tokens - taken.tokens),
                "at": max(now, row.at),
            }
            connection.execute(sa.update(endpoint_windows).where(where).values(left))
            return taken

    def _lock(self, connection: sa.Connection) -> None:
        """Make the endpoint's row, if it is new, and hold it until the transaction ends."""
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        full = {
            "endpoint": self._endpoint,
            "requests": _finite(self._requests.most),
            "tokens": _finite(self._tokens.most),
            "at": 0.0,
        }
        statement = dialect.insert(endpoint_windows).values(full)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[endpoint_windows.c.endpoint],
                set_={"endpoint": statement.excluded.endpoint},
            )
        )


def tokens_of(demand: Demand) -> int:
    """Return what a demand counts in tokens."""
    return demand.prompt_tokens + demand.completion_tokens


def _finite(amount: float) -> float:
    """Return the amount as databases keep it: what has no limit is kept as nothing."""
    return amount if abs(amount) != UNLIMITED and amount == amount else 0.0


class RateShare:
    """What one pass has taken of the rates, and not yet used; times are monotonic seconds."""

    def __init__(self, shared: SharedRates) -> None:
        self._shared = shared
        self._requests = 0.0
        self._tokens = 0.0
        self._looked_at = 0.0
        self._valid_until = 0.0
        self.opens_at = 0.0

    def covers(self, need: Demand, now: float) -> bool:
        """Whether a request may start with what is at hand."""
        enough = self._requests >= 1.0 and self._tokens >= tokens_of(need)
        return enough and now < self._valid_until

    def use(self, need: Demand) -> None:
        """Start a request."""
        self._requests -= 1.0
        self._tokens -= tokens_of(need)

    def settle(self, need: Demand, used: int) -> None:
        """Put back the tokens that a request reserved and did not use."""
        self._tokens += tokens_of(need) - used
        self.opens_at = min(self.opens_at, self._looked_at + SHORTEST_WAIT_S)

    def renewal(self, need: Demand) -> Callable[[], Taken]:
        """Return the look into the buckets, for another thread; what is at hand goes with it."""
        requests, tokens = self._surrendered()
        return lambda: self._shared.take(need, requests, tokens)

    def renewed(self, taken: Taken, now: float) -> None:
        """Take note of what a look brought."""
        self._requests += taken.requests
        self._tokens += taken.tokens
        self._looked_at = now
        self._valid_until = now + LEASE_S
        self.opens_at = now + taken.wait_s

    def ending(self) -> Callable[[], None]:
        """Return the giving back of everything, for another thread."""
        requests, tokens = self._surrendered()
        return lambda: self._shared.give_back(requests, tokens)

    def _surrendered(self) -> tuple[float, float]:
        at_hand = self._requests, self._tokens
        self._requests = self._tokens = 0.0
        return at_hand
