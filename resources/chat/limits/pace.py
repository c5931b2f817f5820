"""How many requests may be under way: additive up, multiplicative down, quiet when asked for.

The rule is TCP's (Chiu and Jain 1989): every round of successes adds a little, every round in which
the server says that it has too much halves. A round is what is under way at one time, so that a
hundred refusals of one burst halve once. When round after round brings no success at all, whatever
the reason, that halves, too, and nothing is sent for a while that grows: a server that is down is
asked a little now and then, not about everything that there is to ask.
"""

from __future__ import annotations

from resources.chat.messages import TryAgain

STEPS = 16
"""Rounds of successes after which a pace that was halved to nothing is whole again."""
QUIET_S = (0.1, 10.0)
"""First and longest quiet after rounds without success; each is twice the last."""


class Pace:
    """The adaptive concurrency of one pass; times are those of one monotonic clock, in seconds.

    Args:
        ceiling: The most requests that may be under way.
    """

    def __init__(self, ceiling: int) -> None:
        self._ceiling = float(ceiling)
        self._limit = float(ceiling)
        self._round_began = float("-inf")
        self._rounds_without_success = 0
        self.under_way = 0
        self.lowest = ceiling
        self.quiet_until = 0.0

    @property
    def limit(self) -> int:
        """How many requests may be under way now."""
        return max(1, int(self._limit))

    def succeeded(self) -> None:
        """Take note that the server did what was asked of it."""
        self._rounds_without_success = 0
        if self._limit < self._ceiling:
            step = max(1.0, self._ceiling / STEPS) / self._limit
            self._limit = min(self._ceiling, self._limit + step)

    def failed(self, error: TryAgain, started_at: float, now: float) -> None:
        """Take note that an attempt that began at `started_at` has to be made again."""
        if error.after_s is not None:  # the server's wish is for everybody
            self.quiet_until = max(self.quiet_until, now + error.after_s)
        if started_at < self._round_began:
            return
        self._round_began = now
        self._rounds_without_success += 1
        if error.overloaded or self._rounds_without_success > 1:
            self._limit = max(1.0, self._limit / 2)
            self.lowest = min(self.lowest, self.limit)
        if error.after_s is None and self._rounds_without_success > 1:
            first, longest = QUIET_S
            quiet = min(longest, first * 2.0 ** min(20, self._rounds_without_success - 2))
            self.quiet_until = max(self.quiet_until, now + quiet)
