"""Buying what is not known, and waiting for what another run buys just now."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from resources.chat.asking.online import OnlinePass
from resources.chat.asking.packing import is_settled, packed
from resources.chat.asking.tally import Counter, Tally
from resources.chat.ledger import Claims, Known, Ledger
from resources.chat.limits import Limits
from resources.chat.limits.budget import Budget
from resources.chat.messages import BringsItsOwnPass, ChatModel
from resources.chat.stages import Question, Stage

LOOK_EVERY_S = 0.5
"""How often a pass that has nothing left to ask looks for what others are asking."""
Questions = Mapping[str, Question]


@dataclass
class Buying:
    """The open questions of a stage on their way to a model, each bought by one run alone.

    Two runs meet where the same picture lies in two shards. Each asks what it claimed first, then
    gives its claims back, and only then waits for what the other claimed: so no two ever wait for
    each other. What the other was asking and did not get an answer to is asked here.
    """

    stage: Stage
    model: ChatModel
    ledger: Ledger
    tally: Tally
    counter: Counter
    limits: Limits
    budget: Budget

    def buy(self, still_open: Questions, earlier: Mapping[str, Known]) -> set[str]:
        """Return when every question is asked, here or by another run, or time is up.

        Args:
            still_open: The questions by their keys.
            earlier: What the ledger knows of them.

        Returns:
            The keys of those that were asked here.

        Raises:
            StopAsking: No request can succeed, or the budget is spent.
            LedgerError: The ledger stopped taking answers.
        """
        if isinstance(self.model, BringsItsOwnPass):  # a batch claims in tables of its own
            self._ask(still_open, earlier)
            return set(still_open)
        deadline_s = self.limits.deadline_s
        ends_at = float("inf") if deadline_s is None else time.monotonic() + deadline_s
        rest, asked = dict(still_open), set[str]()
        with Claims(self.ledger) as claims:
            while True:
                mine = self._claimed(claims, rest)
                self._ask(*mine)
                claims.give_back()
                asked |= mine[0].keys()
                rest = {key: question for key, question in rest.items() if key not in asked}
                if not rest or time.monotonic() >= ends_at:
                    return asked
                time.sleep(0 if mine[0] else LOOK_EVERY_S)

    def _claimed(
        self, claims: Claims, rest: dict[str, Question]
    ) -> tuple[Questions, Mapping[str, Known]]:
        """Claim what can be, and take out of the rest what another run has answered meanwhile."""
        taken = claims.take(rest)
        known = self.ledger.known(sorted(rest))
        settled = [key for key, found in known.items() if is_settled(found)]
        for key in settled:
            del rest[key]
        self.counter.add(len(settled))
        return {key: question for key, question in rest.items() if key in taken}, known

    def _ask(self, questions: Questions, earlier: Mapping[str, Known]) -> None:
        if not questions:
            return
        pending = packed(self.stage, questions, self.model.items_per_request, earlier)
        common = (self.ledger, self.tally)
        work = (
            self.model.open_pass(self.stage, pending, *common, self.counter, self.budget)
            if isinstance(self.model, BringsItsOwnPass)
            else OnlinePass(
                self.stage, self.model, *common, pending, self.counter, self.limits, self.budget
            )
        )
        _run(work.run())


def _run(work: Coroutine[None, None, None]) -> None:
    """Run to the end, also for a caller whose thread has an event loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(contextvars.copy_context().run, asyncio.run, work).result()
