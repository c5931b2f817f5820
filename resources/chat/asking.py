"""Asking: questions in, answers out, each bought once.

What the ledger knows is not asked. The rest is packed into requests, sent with bounded
concurrency, and committed as it arrives; retries wait in a queue and hold no slot.
"""

from __future__ import annotations

import asyncio
import heapq
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

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
"""First and longest wait before a retry, where the server names none."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Tally:
    """What one pass of a stage did."""

    questions: int = 0
    known: int = 0
    requests: int = 0
    cost_usd: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

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
    settled = {key: known.answer for key, known in found.items() if _is_settled(known)}
    tally = Tally(questions=len(questions), known=sum(key in settled for key in keys))
    open_questions = {
        key: question
        for key, question in zip(keys, questions, strict=True)
        if key not in settled
    }
    if open_questions:
        total = len(set(keys))
        pass_ = _Pass(stage, model, ledger, tally, settled, total, progress)
        asyncio.run(pass_.run(_packed(stage, open_questions, model.items_per_request)))
    answers = [settled[key] for key in keys]
    for answer in answers:
        tally.outcomes[answer.outcome] = tally.outcomes.get(answer.outcome, 0) + 1
    return answers, tally


def _is_settled(known: Known) -> bool:
    if known.answer.outcome.is_final:
        return True
    # a paid reply without a usable answer is asked again, but not for ever
    return known.answer.outcome != Outcome.FAILED and known.attempts >= PAID_ATTEMPTS


def _packed(stage: Stage, open_questions: dict[str, Question], limit: int) -> Iterator[_Pending]:
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


class _Pass:
    """One pass of a stage over its open questions."""

    def __init__(
        self,
        stage: Stage,
        model: ChatModel,
        ledger: Ledger,
        tally: Tally,
        settled: dict[str, Answer],
        total: int,
        progress: Progress | None,
    ) -> None:
        self._stage = stage
        self._model = model
        self._ledger = ledger
        self._tally = tally
        self._settled = settled
        self._total = total
        self._progress = progress
        self._retries: list[tuple[float, int, _Pending]] = []
        self._in_flight = 0
        self._order = 0
        self._stopped: StopAsking | None = None

    async def run(self, pending: Iterator[_Pending]) -> None:
        """Send everything and commit everything.

        When no request can succeed, what is in flight is still awaited and kept: it is paid for.
        """
        received: asyncio.Queue[Received | None] = asyncio.Queue(maxsize=4 * COMMIT_RESPONSES)
        writer = asyncio.create_task(self._write(received))
        senders = [
            asyncio.create_task(self._send(pending, received))
            for _ in range(self._model.concurrency)
        ]
        try:
            await _until_done(senders, writer)
            await received.put(None)
            await writer
        finally:
            for task in (*senders, writer):
                task.cancel()
            await asyncio.gather(*senders, writer, return_exceptions=True)
            await self._model.close()
        if self._stopped is not None:
            raise self._stopped

    async def _send(
        self, fresh: Iterator[_Pending], received: asyncio.Queue[Received | None]
    ) -> None:
        while (pending := await self._next(fresh)) is not None:
            self._in_flight += 1
            try:
                reply = await self._try(pending)
            except StopAsking as error:
                self._stopped = self._stopped or error
                return
            finally:
                self._in_flight -= 1
            if reply is not None:
                await received.put(self._understood(pending, reply))

    async def _next(self, fresh: Iterator[_Pending]) -> _Pending | None:
        """Return what is to be sent now: a retry that is due, else something fresh."""
        while self._stopped is None:
            now = time.monotonic()
            if self._retries and self._retries[0][0] <= now:
                return heapq.heappop(self._retries)[2]
            pending = next(fresh, None)
            if pending is not None:
                return pending
            if not self._retries and not self._in_flight:
                return None
            due = self._retries[0][0] - now if self._retries else COMMIT_SECONDS
            await asyncio.sleep(max(0.001, min(due, COMMIT_SECONDS)))
        return None

    async def _try(self, pending: _Pending) -> ChatReply | None:
        """Return the reply, or null when the request waits for another attempt."""
        request = self._stage.request(pending.questions)
        pending.attempt += 1
        try:
            return await self._model.chat(request)
        except TryAgain as error:
            if pending.attempt >= self._model.max_attempts:
                return _failed(f"{error.reason} (gave up after {pending.attempt} attempts)")
            self._order += 1
            wait = error.after_s if error.after_s is not None else _backoff(pending.attempt)
            heapq.heappush(self._retries, (time.monotonic() + wait, self._order, pending))
            return None
        except GiveUp as error:
            return _failed(error.reason)

    def _understood(self, pending: _Pending, reply: ChatReply) -> Received:
        return Received(
            response_id=uuid.uuid4().hex,
            stage=self._stage.name,
            model=self._model.name,
            prompt_version=self._stage.prompt_version,
            image_id=pending.questions[0].image.image_id if pending.questions[0].image else None,
            keys=pending.keys,
            items=[question.item for question in pending.questions],
            reply=reply,
            answers=understand(self._stage, pending.questions, reply),
        )

    async def _write(self, received: asyncio.Queue[Received | None]) -> None:
        """Commit what arrives, at most 200 responses or 100 ms after it came."""
        ended = False
        while not ended:
            first = await received.get()
            if first is None:
                return
            batch = [first]
            deadline = time.monotonic() + COMMIT_SECONDS
            while len(batch) < COMMIT_RESPONSES and not ended:
                try:
                    wait = deadline - time.monotonic()
                    item = await asyncio.wait_for(received.get(), max(0.0, wait))
                except TimeoutError:
                    break
                if item is None:
                    ended = True
                else:
                    batch.append(item)
            await asyncio.to_thread(self._ledger.record, batch)
            self._settle(batch)

    def _settle(self, batch: Sequence[Received]) -> None:
        for item in batch:
            if item.reply.outcome != Outcome.FAILED:
                self._tally.count(item.reply)
            self._settled.update(zip(item.keys, item.answers, strict=True))
        if self._progress is not None:
            self._progress(len(self._settled), self._total)


async def _until_done(
    senders: Sequence[asyncio.Task[None]], writer: asyncio.Task[None]
) -> None:
    """Wait for all senders; an error of one, or of the writer, is raised at once."""
    left: set[asyncio.Task[None]] = {*senders, writer}
    while not all(sender.done() for sender in senders):
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def understand(
    stage: Stage, questions: Sequence[Question], reply: ChatReply
) -> list[Answer]:
    """Take each item's answer from a reply; what cannot be taken says why."""
    if reply.outcome != Outcome.ANSWERED or reply.text is None:
        outcome = reply.outcome if reply.outcome != Outcome.ANSWERED else Outcome.INVALID
        reason = reply.reason or "the reply is empty"
        return [Answer(outcome, None, reason, bought=True) for _ in questions]
    values: Sequence[Json | None]
    try:
        values = stage.parse(reply.text, questions)
    except UnusableReply as error:
        return [Answer(Outcome.INVALID, None, str(error), bought=True) for _ in questions]
    return [
        Answer(Outcome.INVALID, None, "the reply has no answer for this item", bought=True)
        if value is None
        else Answer(Outcome.ANSWERED, value, None, bought=True)
        for value in values
    ]


def _failed(reason: str) -> ChatReply:
    return ChatReply(outcome=Outcome.FAILED, text=None, raw="", reason=reason)


def _backoff(attempt: int) -> float:
    first, longest = BACKOFF_S
    return min(longest, first * 2.0 ** (attempt - 1))


__all__ = ["PAID_ATTEMPTS", "StopAsking", "Tally", "ask", "understand"]
