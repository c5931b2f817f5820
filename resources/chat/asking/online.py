"""A pass of a stage over its open questions, a request at a time.

A request is prepared (its image read and encoded), waits until it is admitted, is sent, and its
reply waits for the writer. One dispatcher decides what happens next whenever something has changed:
a request was prepared, a reply came, a commit was made, a time has come. Waiting requests are no
tasks, and only those that were admitted hold a slot.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from resources.chat.asking.packing import RETRIES_PER_SLOT, Line, Pending
from resources.chat.asking.tally import Counter, Tally
from resources.chat.asking.understanding import understand
from resources.chat.asking.writer import Writer, event_or
from resources.chat.ledger import Ledger, Received
from resources.chat.limits import Limits
from resources.chat.limits.admission import NEVER, Admission
from resources.chat.limits.budget import Budget
from resources.chat.messages import (
    Answer,
    ChatModel,
    ChatReply,
    Demand,
    GiveUp,
    Outcome,
    StopAsking,
    TryAgain,
)
from resources.chat.stages import Stage

PREPARED_AHEAD = 16
"""How many more requests than may be under way are prepared: each holds its encoded image."""
BACKOFF_S = (0.5, 30.0)
"""First and longest wait before a retry, where the server names none; each is 4 times the last,
so that five attempts outlast a rate limit that counts by the minute."""
WRONG_MODELS = 8
"""After so many replies, all of them by another model than was asked, asking stops."""


class OnlinePass:
    """One pass: every open question is asked, and every reply committed.

    Args:
        stage: What is asked and how replies are understood.
        model: The chat model.
        ledger: Where replies are kept.
        tally: What is counted on the way.
        pending: The requests, made as they are taken.
        counter: Told how many questions are answered.
        limits: What the model's settings allow.
        budget: What may be spent.
    """

    def __init__(
        self,
        stage: Stage,
        model: ChatModel,
        ledger: Ledger,
        tally: Tally,
        pending: Iterable[Pending],
        counter: Counter,
        limits: Limits,
        budget: Budget,
    ) -> None:
        self._stage = stage
        self._model = model
        self._tally = tally
        self._counter = counter
        self._limits = limits
        self._line = Line(pending, RETRIES_PER_SLOT * model.concurrency)
        self._ready: deque[tuple[Pending, Any]] = deque()
        self._preparing: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._writer = Writer(ledger, self._committed)
        self._admission = Admission(
            stage.name, model.concurrency, limits, budget, ledger, self._changed.set
        )
        self._ends_at = NEVER
        self._stopped: BaseException | None = None
        self._of_another_model = 0
        self._id = uuid.uuid4().hex[:20]  # with a number, the id of each of its responses
        self._replies = 0

    async def run(self) -> None:
        """Send everything and commit everything.

        When no request can succeed, what is in flight is still awaited and kept: it is paid for.
        Whoever interrupts loses what is in flight, and nothing that was received.

        Raises:
            StopAsking: No request can succeed, or the budget is spent.
            LedgerError: The ledger stopped taking answers.
        """
        if self._limits.deadline_s is not None:
            self._ends_at = _now() + self._limits.deadline_s
        writing = asyncio.create_task(self._writer.run())
        writing.add_done_callback(lambda _: self._changed.set())
        self._counter.add(0)
        try:
            await self._dispatch(writing)
            self._give_up_what_was_tried()
            self._writer.end()
            await writing
        except BaseException:
            await self._abandon(writing)
            raise
        finally:
            self._writer.close()
            await self._admission.close()
            await self._model.close()
        if self._stopped is not None:
            raise self._stopped
        self._tally.lowest_concurrency = self._admission.pace.lowest

    async def _dispatch(self, writing: asyncio.Task[None]) -> None:
        while not writing.done():
            self._changed.clear()
            self._prepare_what_is_due()
            self._send_what_is_ready()
            if self._is_over():
                return
            await self._something_changes()

    def _goes_on(self) -> bool:
        self._stopped = self._stopped or self._admission.stopped
        return self._stopped is None and _now() < self._ends_at

    def _is_over(self) -> bool:
        if self._preparing or self._sending:
            return False
        return not self._goes_on() or (self._line.is_empty and not self._ready)

    def _has_hands_free(self) -> bool:
        prepared = len(self._preparing) + len(self._ready) + len(self._sending)
        return prepared < self._admission.pace.limit + PREPARED_AHEAD

    def _prepare_what_is_due(self) -> None:
        while self._has_hands_free() and self._goes_on():
            pending = self._line.take(_now())
            if pending is None:
                return
            self._start(self._preparing, self._prepare(pending))

    def _send_what_is_ready(self) -> None:
        while self._ready and self._writer.keeps_up and self._goes_on():
            pending, prepared = self._ready[0]
            need = self._admission.need_of(prepared)
            if not self._admission.admits(need, _now()):
                return
            self._ready.popleft()
            self._start(self._sending, self._send(pending, prepared, need))

    def _start(self, among: set[asyncio.Task[None]], work: Any) -> None:
        task = asyncio.create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._stopped = self._stopped or task.exception()  # raised once the rest is kept
        self._changed.set()

    async def _something_changes(self) -> None:
        """Sleep until an event, or until time alone makes something due."""
        now = _now()
        due = [self._admission.keep_alive(now)]
        if self._goes_on():
            due.append(self._ends_at)
            if self._has_hands_free():
                due.append(self._line.due())
            if self._ready and self._admission.opens_at() > now:
                due.append(self._admission.opens_at())
        wait = min(due) - now
        held_back = bool(self._ready) and self._admission.held_back
        await event_or(None if wait == NEVER else max(0.001, wait), self._changed)
        if held_back:
            self._tally.throttled_s += _now() - now

    async def _prepare(self, pending: Pending) -> None:
        request = self._stage.request(pending.questions, more_room=pending.more_room)
        try:
            self._ready.append((pending, await self._model.prepare(request)))
        except GiveUp as error:
            self._fail(pending, error.reason)

    async def _send(self, pending: Pending, prepared: Any, need: Demand) -> None:
        reply: ChatReply | None = None
        started_at = _now()
        pending.attempt += 1
        try:
            reply = await self._attempt(prepared)
        except TryAgain as error:
            self._admission.failed(error, started_at, _now())
            self._try_again(pending, error)
        except GiveUp as error:
            self._admission.pace.succeeded()
            self._fail(pending, error.reason)
        else:
            self._admission.pace.succeeded()
            self._receive(pending, reply)
        finally:
            self._admission.ended(need, reply)

    async def _attempt(self, prepared: Any) -> ChatReply:
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                return await self._model.send(prepared)
        except TimeoutError:
            limit = self._limits.timeout_s
            raise TryAgain(f"no whole answer from the endpoint in {limit} s") from None

    def _try_again(self, pending: Pending, error: TryAgain) -> None:
        self._tally.overloads += error.overloaded
        pending.reason = error.reason
        if pending.attempt >= self._model.max_attempts:
            self._fail(pending, f"{error.reason} (gave up after {pending.attempt} attempts)")
            return
        self._tally.retries += 1
        wait = _backoff(pending.attempt) if error.after_s is None else error.after_s
        self._line.again(pending, _now() + wait)

    def _receive(self, pending: Pending, reply: ChatReply) -> None:
        received = self._received(pending, reply)
        cut = _cut(pending, received.answers)
        if cut is not None:
            self._tally.more_room += 1
            self._line.again(cut, _now())
        self._writer.take(received)
        self._counter.add(len(pending.keys) - (len(cut.keys) if cut else 0))
        self._stop_if_always_of_another_model(reply)

    def _received(self, pending: Pending, reply: ChatReply) -> Received:
        self._replies += 1
        response_id = f"{self._id}{self._replies:012x}"
        return received_from(self._stage, self._model, pending, reply, response_id)

    def _fail(self, pending: Pending, reason: str) -> None:
        """Record why a request has no reply, unless a better answer is recorded already."""
        self._counter.add(len(pending.keys))
        if not pending.more_room:  # that it was cut stays known: the next pass gives it room, too
            reply = ChatReply(Outcome.FAILED, None, raw="", reason=reason)
            self._writer.take(self._received(pending, reply))

    def _give_up_what_was_tried(self) -> None:
        """At the deadline, say of what waits for another attempt why it has no answer."""
        if self._stopped is not None:
            return
        for pending in [*self._line.tried(), *(pending for pending, _ in self._ready)]:
            if pending.reason is not None:
                limit = self._limits.deadline_s
                self._fail(pending, f"{pending.reason} (until the pass's deadline of {limit} s)")

    def _stop_if_always_of_another_model(self, reply: ChatReply) -> None:
        """Stop before everything is paid to a model that nobody asked for."""
        if not reply.wrong_model:
            self._of_another_model = -1
        elif self._of_another_model >= 0:
            self._of_another_model += 1
            if self._of_another_model == WRONG_MODELS:
                self._stopped = self._stopped or StopAsking(
                    f"model {self._model.name}: its first {WRONG_MODELS} replies say: "
                    f"{reply.reason}"
                )

    def _committed(self, batch: Sequence[Received]) -> None:
        paid = [item.reply for item in batch if item.reply.outcome != Outcome.FAILED]
        for reply in paid:
            self._tally.count(reply)
        self._admission.committed(sum(reply.cost_usd for reply in paid))
        self._changed.set()

    async def _abandon(self, writing: asyncio.Task[None]) -> None:
        """Drop what is in flight and keep what was received: it is paid for."""
        tasks = [*self._preparing, *self._sending, writing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._writer.save()


def received_from(
    stage: Stage, model: ChatModel, pending: Pending, reply: ChatReply, response_id: str
) -> Received:
    """Return what the ledger keeps of a reply: the raw response and each item's answer."""
    image = pending.questions[0].image
    return Received(
        response_id=response_id,
        stage=stage.name,
        model=model.name,
        prompt_version=stage.prompt_version,
        image_id=image.image_id if image else None,
        keys=pending.keys,
        items=[question.item for question in pending.questions],
        reply=reply,
        answers=understand(stage, pending.questions, reply),
    )


def _cut(pending: Pending, answers: Sequence[Answer]) -> Pending | None:
    """Return the questions whose answers were cut off, to be asked again with more room."""
    if not pending.may_get_more_room:
        return None
    asked = zip(pending.keys, pending.questions, answers, strict=True)
    cut = [(key, q) for key, q, answer in asked if answer.outcome == Outcome.TRUNCATED]
    if not cut:
        return None
    keys, questions = [key for key, _ in cut], [question for _, question in cut]
    return Pending(keys, questions, paid=pending.paid + 1, more_room=True)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _backoff(attempt: int) -> float:
    first, longest = BACKOFF_S
    return min(longest, first * 4.0 ** (attempt - 1))
