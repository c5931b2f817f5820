"""Which name somebody meant who wrote another."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.6
"""`difflib`'s likeness from which one name may be meant by another."""


def nearest(word: str, there: Iterable[str], alike: float = ALIKE) -> str | None:
    """Return the name that is spelt most like a word in any case; null where none is."""
    by_lower = {one.casefold(): one for one in there}
    found = get_close_matches(word.casefold(), by_lower, 1, alike)
    return by_lower[found[0]] if found else None
