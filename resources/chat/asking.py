"""Asking: questions in, answers out, each bought once.

What the ledger knows is not asked. The rest is packed into requests, sent with bounded
concurrency, and committed as it arrives; retries wait in a queue and hold no slot.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

import orjson

from resources.chat.ledger import Known, Ledger, Received
from resources.chat.messages import (
    Answer,
    ChatModel,
    ChatReply,
    GiveUp,
    Json,
    Outcome,
    StopAsking,
    TryAgain,
)
from resources.chat.stages import Question, Stage, UnusableReply

COMMIT_RESPONSES = 200
COMMIT_SECONDS = 0.1
PAID_ATTEMPTS = 3
"""How often a reply that held no usable answer is paid for before it is taken as final."""
BACKOFF_S = (0.5, 30.0)
"""First and longest wait before a retry, where the server names none; each is 4 times the last,
so that five attempts outlast a rate limit that counts by the minute."""
LONGEST_WAIT_S = 60.0
"""How long a pass waits for something to change before it looks again by itself."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Tally:
    """What one pass of a stage did.

    Attributes:
        questions: How many were put, equal ones counted each.
        known: How many of them the ledger knew.
        requests: Responses that were paid for.
        outcomes: How many questions ended how.
        asked_again: Questions that the next pass asks again.
    """

    questions: int = 0
    known: int = 0
    requests: int = 0
    cost_usd: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    asked_again: int = 0

    def count(self, reply: ChatReply) -> None:
        """Add one response."""
        self.requests += 1
        self.cost_usd += reply.cost_usd
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens


@dataclass(slots=True)
class _Pending:
    """Questions that share a request, on their way."""

    keys: Sequence[str]
    questions: Sequence[Question]
    attempt: int = 0


def ask(
    stage: Stage,
    questions: Sequence[Question],
    model: ChatModel,
    ledger: Ledger,
    progress: Progress | None = None,
) -> tuple[list[Answer], Tally]:
    """Answer every question, from the ledger where it knows, from the model where it does not.

    Args:
        stage: What is asked and how replies are understood.
        questions: The questions; equal ones are asked once.
        model: The chat model.
        ledger: Where answers are looked up and kept.
        progress: Called with (answered, in all).

    Returns:
        One answer per question, in the order of the questions, and what the pass did.

    Raises:
        StopAsking: No request can succeed. Answers received until then are in the ledger.
        LedgerError: The ledger stopped taking answers.
    """
    keys = [stage.key(model.identity, question) for question in questions]
    found = ledger.known(sorted(set(keys)))
    answers = {key: known.answer for key, known in found.items() if is_settled(known)}
    tally = Tally(questions=len(questions), known=sum(key in answers for key in keys))
    still_open = {
        key: question for key, question in zip(keys, questions, strict=True) if key not in answers
    }
    if still_open:
        pending = deque(packed(stage, still_open, model.items_per_request))
        counter = _Counter(len(answers), len(set(keys)), progress)
        _run(_Pass(stage, model, ledger, tally, pending, counter).run())
        # the ledger's word counts, also where another process bought the same answer first
        bought = ledger.known(sorted(still_open))
        answers |= {key: _bought(known) for key, known in bought.items()}
    for key in keys:
        outcome = answers[key].outcome
        tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + 1
        tally.asked_again += answers[key].asked_again
    return [answers[key] for key in keys], tally


def _run(work: Coroutine[None, None, None]) -> None:
    """Run to the end, also for a caller whose thread has an event loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(contextvars.copy_context().run, asyncio.run, work).result()


def is_settled(known: Known) -> bool:
    """Whether what the ledger knows under a key is not asked again."""
    if known.answer.outcome.is_final:
        return True
    # a paid reply without a usable answer is asked again, but not for ever
    return known.answer.outcome != Outcome.FAILED and known.attempts >= PAID_ATTEMPTS


def _bought(known: Known) -> Answer:
    return replace(known.answer, bought=True, asked_again=not is_settled(known))


def packed(stage: Stage, open_questions: dict[str, Question], limit: int) -> Iterator[_Pending]:
    """Pack questions about one image, up to the limit, into one request, in stable order."""
    waiting: list[tuple[str, Question]] = []
    for key, question in open_questions.items():
        full = len(waiting) >= (limit if stage.shared else 1)
        if waiting and (full or waiting[0][1].image != question.image):
            yield _Pending([k for k, _ in waiting], [q for _, q in waiting])
            waiting = []
        waiting.append((key, question))
    if waiting:
        yield _Pending([k for k, _ in waiting], [q for _, q in waiting])


@dataclass(slots=True)
class _Counter:
    """Counts answered questions for whoever watches."""

    done: int
    total: int
    progress: Progress | None

    def add(self, answered: int) -> None:
        self.done += answered
        if self.progress is not None:
            self.progress(self.done, self.total)


class _Pass:
    """One pass of a stage over its open questions.

    A dispatcher starts requests, each a task of its own; a writer commits what has arrived. The
    dispatcher sleeps until something changes: a request ended, a commit was made, a retry is due.
    """

    def __init__(
        self,
        stage: Stage,
        model: ChatModel,
        ledger: Ledger,
        tally: Tally,
        fresh: deque[_Pending],
        counter: _Counter,
    ) -> None:
        self._stage = stage
        self._model = model
        self._ledger = ledger
        self._tally = tally
        self._fresh = fresh
        self._counter = counter
        self._retries: list[tuple[float, int, _Pending]] = []
        self._quiet_until = 0.0
        self._order = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._received: list[Received] = []
        self._commit: asyncio.Future[None] | None = None
        self._commits = ThreadPoolExecutor(1, "ledger")  # never behind the reading of images
        self._changed = asyncio.Event()
        self._write_now = asyncio.Event()
        self._ended = False
        self._stopped: BaseException | None = None

    async def run(self) -> None:
        """Send everything and commit everything.

        When no request can succeed, what is in flight is still awaited and kept: it is paid for.
        Whoever interrupts loses what is in flight, and nothing that was received.
        """
        writer = asyncio.create_task(self._write())
        writer.add_done_callback(lambda _: self._changed.set())
        self._counter.add(0)
        try:
            await self._dispatch(writer)
            self._ended = True
            self._write_now.set()
            await writer
        except BaseException:
            await self._abandon(writer)
            raise
        finally:
            self._commits.shutdown()
            await self._model.close()
        if self._stopped is not None:
            raise self._stopped

    async def _dispatch(self, writer: asyncio.Task[None]) -> None:
        while not writer.done():
            self._changed.clear()
            self._start_what_is_due()
            wait = self._nothing_due_for()
            if wait is None:
                return
            await _event_or(wait, self._changed)

    def _has_room(self) -> bool:
        """Whether a request may start: a slot is free, and the ledger keeps up."""
        waiting = len(self._received)
        return len(self._sending) < self._model.concurrency and waiting < COMMIT_RESPONSES

    def _start_what_is_due(self) -> None:
        while self._stopped is None and self._has_room():
            now = time.monotonic()
            if now < self._quiet_until:
                return
            if self._retries and self._retries[0][0] <= now:
                pending = heapq.heappop(self._retries)[2]
            elif self._fresh:
                pending = self._fresh.popleft()
            else:
                return
            self._sending.add(asyncio.create_task(self._send(pending)))

    def _nothing_due_for(self) -> float | None:
        """Return the seconds until something is due by itself, null when all is sent and back."""
        if self._stopped is not None or not (self._fresh or self._retries):
            return LONGEST_WAIT_S if self._sending else None
        if not self._has_room():
            return LONGEST_WAIT_S
        due = max(self._quiet_until, 0.0 if self._fresh else self._retries[0][0])
        return max(0.001, due - time.monotonic())

    async def _send(self, pending: _Pending) -> None:
        try:
            reply = await self._try(pending)
            if reply is not None:
                self._received.append(self._understood(pending, reply))
                if len(self._received) >= COMMIT_RESPONSES:
                    self._write_now.set()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # raised by `run` once what is in flight is kept
            self._stopped = self._stopped or error
        finally:
            self._sending.discard(asyncio.current_task())
            self._changed.set()

    async def _try(self, pending: _Pending) -> ChatReply | None:
        """Return the reply, or null when the request waits for another attempt."""
        request = self._stage.request(pending.questions)
        pending.attempt += 1
        try:
            return await self._model.send(await self._model.prepare(request))
        except TryAgain as error:
            now = time.monotonic()
            if error.after_s is not None:  # the server's wish is for everybody
                self._quiet_until = max(self._quiet_until, now + error.after_s)
            if pending.attempt >= self._model.max_attempts:
                return _failed(f"{error.reason} (gave up after {pending.attempt} attempts)")
            self._order += 1
            wait = _backoff(pending.attempt) if error.after_s is None else error.after_s
            heapq.heappush(self._retries, (now + wait, self._order, pending))
            return None
        except GiveUp as error:
            return _failed(error.reason)

    def _understood(self, pending: _Pending, reply: ChatReply) -> Received:
        image = pending.questions[0].image
        return Received(
            response_id=uuid.uuid4().hex,
            stage=self._stage.name,
            model=self._model.name,
            prompt_version=self._stage.prompt_version,
            image_id=image.image_id if image else None,
            keys=pending.keys,
            items=[question.item for question in pending.questions],
            reply=reply,
            answers=understand(self._stage, pending.questions, reply),
        )

    async def _write(self) -> None:
        """Commit what arrived, every 100 ms, or at once when 200 responses wait or all is done."""
        while not self._ended or self._received:
            await _event_or(COMMIT_SECONDS, self._write_now)
            self._write_now.clear()
            if self._received:
                await self._commit_received()
                self._changed.set()

    async def _commit_received(self) -> None:
        batch, self._received = self._received, []
        loop = asyncio.get_running_loop()
        self._commit = loop.run_in_executor(self._commits, self._ledger.record, batch)
        await asyncio.shield(self._commit)
        for item in batch:
            if item.reply.outcome != Outcome.FAILED:
                self._tally.count(item.reply)
        self._counter.add(sum(len(item.keys) for item in batch))

    async def _abandon(self, writer: asyncio.Task[None]) -> None:
        """Drop what is in flight and keep what was received: it is paid for."""
        tasks = [*self._sending, writer]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._commit is not None:
            await asyncio.wait([self._commit])
            if self._commit.exception() is not None:
                return
        if self._received:
            await self._commit_received()


async def _event_or(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, at most so long; unlike `asyncio.wait_for`, never deaf to a cancel."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def understand(stage: Stage, questions: Sequence[Question], reply: ChatReply) -> list[Answer]:
    """Take each item's answer from a reply; what cannot be taken says why."""
    if reply.outcome != Outcome.ANSWERED or reply.text is None:
        outcome = reply.outcome if reply.outcome != Outcome.ANSWERED else Outcome.INVALID
        return _all(questions, outcome, reply.reason or "the reply is empty")
    values: Sequence[Json | None]
    try:
        values = stage.parse(reply.text, questions)
        orjson.dumps(values)
    except UnusableReply as error:
        return _all(questions, Outcome.INVALID, str(error))
    except Exception as error:  # whatever a model writes, what was paid for is kept
        reason = f"the reply could not be read: {type(error).__name__}: {error!s:.200}"
        return _all(questions, Outcome.INVALID, reason)
    if len(values) != len(questions):
        return _all(questions, Outcome.INVALID, f"{len(values)} answers for {len(questions)} items")
    return [
        Answer(Outcome.INVALID, None, "the reply has no answer for this item", bought=True)
        if value is None
        else Answer(Outcome.ANSWERED, value, None, bought=True)
        for value in values
    ]


def _all(questions: Sequence[Question], outcome: Outcome, reason: str) -> list[Answer]:
    return [Answer(outcome, None, reason, bought=True) for _ in questions]


def _failed(reason: str) -> ChatReply:
    return ChatReply(outcome=Outcome.FAILED, text=None, raw="", reason=reason)


def _backoff(attempt: int) -> float:
    first, longest = BACKOFF_S
    return min(longest, first * 4.0 ** (attempt - 1))


__all__ = ["PAID_ATTEMPTS", "StopAsking", "Tally", "ask", "understand"]
