"""A number that is not known yet: at least, expected, at most."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A range with the value that is expected; sums and products of what is never negative."""

    low: float = 0.0
    expected: float = 0.0
    high: float = 0.0

    @classmethod
    def exactly(cls, value: float) -> Span:
        """Return the span of a number that is known."""
        return cls(value, value, value)

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __mul__(self, other: Span | float) -> Span:
        by = other if isinstance(other, Span) else Span.exactly(other)
        return Span(self.low * by.low, self.expected * by.expected, self.high * by.high)

    def each(self, function: Callable[[float], float]) -> Span:
        """Return the span of a rising function's values."""
        return Span(function(self.low), function(self.expected), function(self.high))

    def within(self, least: float, most: float) -> Span:
        """Return the span cut to limits."""
        return self.each(lambda value: min(most, max(least, value)))

    @property
    def is_known(self) -> bool:
        """Whether it is one number."""
        return math.isclose(self.low, self.high, rel_tol=1e-9)


NOTHING = Span()
