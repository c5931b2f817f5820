"""Where a request that is ready passes before it is sent: pace, rates, budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from resources.chat.ledger import Ledger, LedgerError
from resources.chat.limits import Limits
from resources.chat.limits.budget import Allowance, Budget
from resources.chat.limits.pace import Pace
from resources.chat.limits.rates import RateShare, SharedRates
from resources.chat.messages import ChatReply, Demand, Prepared, TryAgain

NEVER = float("inf")
NOTHING = Demand()


class Admission:
    """Admits the requests of one pass, in the event loop of the pass.

    What lies in the ledger's database is asked for in a thread, one look at a time; until it is
    there, nothing that needs it is admitted.

    Args:
        stage: The stage's name.
        ceiling: The most requests under way.
        limits: The model's limits.
        budget: The money.
        ledger: Where runs share both.
        changed: Called when something may be admitted that was not before.
    """

    def __init__(
        self,
        stage: str,
        ceiling: int,
        limits: Limits,
        budget: Budget,
        ledger: Ledger,
        changed: Callable[[], None],
    ) -> None:
        self.pace = Pace(ceiling)
        has_rates = limits.requests_per_minute is not None or limits.tokens_per_minute is not None
        self._rates = RateShare(SharedRates(limits, ledger)) if has_rates else None
        self._allowance = Allowance(budget, ledger, stage) if budget.is_limited else None
        self._changed = changed
        self._looks: ThreadPoolExecutor | None = None
        self._look: asyncio.Task[None] | None = None
        self._looked_for_money = False
        self.held_back = False
        """Whether the last request was held back by a quiet or by the rates."""
        self.stopped: BaseException | None = None

    def need_of(self, prepared: Prepared) -> Demand:
        """Return what is reserved for a request: no less money than a reply has cost before.

        Where nothing is limited, nothing is reserved and the request's tokens are not counted.
        """
        if self._rates is None and self._allowance is None:
            return NOTHING
        demand = prepared.demand
        if self._allowance is None or demand.cost_usd >= self._allowance.dearest_usd:
            return demand
        return replace(demand, cost_usd=self._allowance.dearest_usd)

    def admits(self, need: Demand, now: float) -> bool:
        """Take what a request needs, if everything has room for it."""
        self.held_back = now < self.pace.quiet_until
        if self.held_back or self.pace.under_way >= self.pace.limit or self.stopped:
            return False
        rates, allowance = self._rates, self._allowance
        if rates is not None and not rates.covers(need, now):
            self.held_back = True
            if now >= rates.opens_at:
                self._start(self._look_for_rates(rates, need))
            return False
        if allowance is not None and not allowance.takes(need.cost_usd, now):
            self._ask_for_money(allowance, need)
            return False
        if rates is not None:
            rates.use(need)
        self.pace.under_way += 1
        self._looked_for_money = False
        return True

    def ended(self, need: Demand, reply: ChatReply | None) -> None:
        """Give back what a request reserved and, as its reply says or for want of one, not used."""
        self.pace.under_way -= 1
        if self._rates is not None:
            self._rates.settle(need, reply.prompt_tokens + reply.completion_tokens if reply else 0)
        if self._allowance is not None:
            self._allowance.settle(max(0.0, need.cost_usd), reply.cost_usd if reply else 0.0)
            self._looked_for_money = False

    def failed(self, error: TryAgain, started_at: float, now: float) -> None:
        """Take note that an attempt has to be made again."""
        self.pace.failed(error, started_at, now)

    def committed(self, cost_usd: float) -> None:
        """Take note that the ledger holds responses that cost so much."""
        if self._allowance is not None:
            self._allowance.committed(cost_usd)
            self._looked_for_money = False

    def opens_at(self) -> float:
        """Return when something held back by time may be admitted; 0 when time holds nothing."""
        return max(self.pace.quiet_until, self._rates.opens_at if self._rates is not None else 0.0)

    def keep_alive(self, now: float) -> float:
        """Tell other runs, when it is due, that this one lives; returns when it is due again."""
        if self._allowance is None:
            return NEVER
        due = self._allowance.renew_at()
        if now < due:
            return due
        self._start(self._look_for_money(self._allowance, 0.0))
        return NEVER  # the look's end is a change

    def _ask_for_money(self, allowance: Allowance, need: Demand) -> None:
        """Ask for more; once asked in vain, ask again only when something has changed."""
        if not self._looked_for_money:
            self._start(self._look_for_money(allowance, need.cost_usd))
        elif self._look is None:
            self.stopped = allowance.refused(need.cost_usd)

    def _start(self, look: Coroutine[Any, Any, None]) -> None:
        if self._look is not None:
            look.close()
            return
        self._look = asyncio.create_task(self._guarded(look))

    async def _guarded(self, look: Coroutine[Any, Any, None]) -> None:
        try:
            await look
        except Exception as error:  # raised by the pass once what is under way is kept
            self.stopped = self.stopped or error
        finally:
            self._look = None
            self._changed()

    async def _look_for_rates(self, rates: RateShare, need: Demand) -> None:
        taken = await self._in_thread(rates.renewal(need))
        rates.renewed(taken, asyncio.get_running_loop().time())

    async def _look_for_money(self, allowance: Allowance, cost_usd: float) -> None:
        self._looked_for_money = self._looked_for_money or cost_usd > 0
        standing = await self._in_thread(allowance.renewal(cost_usd))
        allowance.renewed(standing, asyncio.get_running_loop().time())

    async def _in_thread(self, look: Callable[[], Any]) -> Any:
        if self._looks is None:
            self._looks = ThreadPoolExecutor(1, "limits")
        return await asyncio.get_running_loop().run_in_executor(self._looks, look)

    async def close(self) -> None:
        """Give back what was taken and not used; what cannot be given back expires by itself."""
        if self._look is not None:
            await asyncio.wait([self._look])
        endings = [part.ending() for part in (self._rates, self._allowance) if part is not None]
        for ending in endings:
            with suppress(LedgerError):
                await self._in_thread(ending)
        if self._looks is not None:
            self._looks.shutdown()
