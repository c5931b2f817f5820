"""Questions that share a request, and the line in which requests wait."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from resources.chat.ledger import Known
from resources.chat.messages import Outcome
from resources.chat.stages import Question, Stage

PAID_ATTEMPTS = 3
"""How often a reply that held no usable answer is paid for before it is taken as final."""
CUT_ATTEMPTS = 2
"""How often a reply that was cut is paid for: once as asked, once with more room."""
RETRIES_PER_SLOT = 4
"""While so many requests a slot wait for another attempt, none is begun."""


@dataclass(slots=True)
class Pending:
    """Questions that share a request, on their way.

    Attributes:
        keys: Their answer keys.
        questions: The questions themselves.
        paid: How often any of them was paid for by earlier passes without use.
        more_room: Whether an earlier reply to them was cut.
        attempt: How many attempts this pass has made.
        reason: Why the last attempt has to be made again.
    """

    keys: Sequence[str]
    questions: Sequence[Question]
    paid: int = 0
    more_room: bool = False
    attempt: int = 0
    reason: str | None = None

    @property
    def may_get_more_room(self) -> bool:
        """Whether it is asked again, with more room, when its reply is cut."""
        return not self.more_room and self.paid + 1 < PAID_ATTEMPTS


def is_settled(known: Known) -> bool:
    """Whether what the ledger knows is taken as it is."""
    if known.answer.outcome.is_final:
        return True
    if known.answer.outcome == Outcome.TRUNCATED:
        return known.attempts >= CUT_ATTEMPTS
    # a paid reply without a usable answer is asked again, but not for ever
    return known.answer.outcome != Outcome.FAILED and known.attempts >= PAID_ATTEMPTS


def packed(
    stage: Stage,
    open_questions: Mapping[str, Question],
    limit: int,
    earlier: Mapping[str, Known],
) -> Iterator[Pending]:
    """Pack questions about one image, up to the limit, into one request, in stable order.

    Made when they are taken: of a hundred thousand requests, those under way are in memory.
    """
    limit = limit if stage.shared else 1
    keys: list[str] = []
    for key, question in open_questions.items():
        before = open_questions[keys[-1]] if keys else None
        if before is not None and (
            len(keys) >= limit
            or before.image != question.image
            or _was_cut(earlier, keys[-1]) != _was_cut(earlier, key)
        ):
            yield _pending(keys, open_questions, earlier)
            keys = []
        keys.append(key)
    if keys:
        yield _pending(keys, open_questions, earlier)


def _pending(
    keys: Sequence[str], questions: Mapping[str, Question], earlier: Mapping[str, Known]
) -> Pending:
    return Pending(
        keys,
        [questions[key] for key in keys],
        paid=max((earlier[key].attempts for key in keys if key in earlier), default=0),
        more_room=_was_cut(earlier, keys[0]),
    )


def _was_cut(earlier: Mapping[str, Known], key: str) -> bool:
    known = earlier.get(key)
    return known is not None and known.answer.outcome == Outcome.TRUNCATED


class Line:
    """Requests that wait to be made: new ones, and those that have to be made again.

    What is made again goes first, once it is due. While many wait to be made again, no new one
    begins, so that a server that is down is not asked about everything.

    Args:
        fresh: The new ones, taken one at a time.
        most_retries: How many may wait to be made again before new ones are held back.
    """

    def __init__(self, fresh: Iterable[Pending], most_retries: int) -> None:
        self._fresh = iter(fresh)
        self._first: Pending | None = next(self._fresh, None)
        self._most_retries = most_retries
        self._retries: list[tuple[float, int, Pending]] = []
        self._order = 0

    def again(self, pending: Pending, due: float) -> None:
        """Let a request wait until it is due, in monotonic seconds."""
        self._order += 1
        heapq.heappush(self._retries, (due, self._order, pending))

    def take(self, now: float) -> Pending | None:
        """Return what is next, null when nothing is due."""
        if self._retries and self._retries[0][0] <= now:
            return heapq.heappop(self._retries)[2]
        if self._first is None or len(self._retries) >= self._most_retries:
            return None
        taken, self._first = self._first, next(self._fresh, None)
        return taken

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._first is None and not self._retries

    def due(self) -> float:
        """Return when the next one is due, in monotonic seconds; infinite when none waits."""
        if self._first is not None and len(self._retries) < self._most_retries:
            return 0.0
        return self._retries[0][0] if self._retries else float("inf")

    def tried(self) -> Iterator[Pending]:
        """Take out, one at a time, what was tried before and waits to be made again."""
        while self._retries:
            yield heapq.heappop(self._retries)[2]
