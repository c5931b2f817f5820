"""Dice that depend on a key alone: the same key rolls the same numbers in every process."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tg_assets.ids import digest

T = TypeVar("T")
_BITS = 64


class Dice:
    """Rolls one after the other, from a key.

    Whoever decides something takes dice of its own (`apart`), so that one decision more in one
    place changes nothing in another.
    """

    def __init__(self, *key: str | int) -> None:
        self._key = digest("task space dice", *key).encode()
        self._rolled = 0
        self._numbers: list[int] = []

    def apart(self, what: str) -> Dice:
        """Return dice for one decision among those of this key."""
        dice = Dice.__new__(Dice)
        dice._key = hashlib.blake2b(what.encode(), key=self._key, digest_size=32).digest()
        dice._rolled, dice._numbers = 0, []
        return dice

    def below(self, n: int) -> int:
        """Return a whole number from 0 to below `n`."""
        if not self._numbers:
            block = hashlib.blake2b(self._rolled.to_bytes(8, "little"), key=self._key).digest()
            self._numbers = list(struct.unpack("<8Q", block))
            self._rolled += 1
        return (self._numbers.pop() * n) >> _BITS

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both possible."""
        return low + self.below(high - low + 1)

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of some things."""
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[T]) -> Iterator[T]:
        """Yield all things in random order; whoever stops early pays only for what they took."""
        left = list(things)
        while left:
            place = self.below(len(left))
            left[place], left[-1] = left[-1], left[place]
            yield left.pop()
