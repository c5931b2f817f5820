"""What a pass of a stage did, counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from resources.chat.messages import ChatReply

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
        retries: Attempts that had to be made again.
        overloads: How many of them the server refused for want of room.
        more_room: Requests asked again because their reply was cut.
        not_asked: Questions that the deadline of the pass left over.
        throttled_s: Seconds in which requests were ready, and rates or a server's wish held them.
        lowest_concurrency: To how few requests at a time the server's refusals brought it.
    """

    questions: int = 0
    known: int = 0
    requests: int = 0
    cost_usd: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    asked_again: int = 0
    retries: int = 0
    overloads: int = 0
    more_room: int = 0
    not_asked: int = 0
    throttled_s: float = 0.0
    lowest_concurrency: int | None = None

    def count(self, reply: ChatReply) -> None:
        """Add one response."""
        self.requests += 1
        self.cost_usd += reply.cost_usd
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens


@dataclass(slots=True)
class Counter:
    """Counts answered questions for whoever watches."""

    done: int
    total: int
    progress: Progress | None

    def add(self, answered: int) -> None:
        """Count questions as answered and say so."""
        self.done += answered
        if self.progress is not None:
            self.progress(self.done, self.total)
