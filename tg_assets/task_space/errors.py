"""What can be wrong with a library, a filter or an index."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TaskSpaceError(ValueError):
    """Something that a person can put right: the message names it and says how."""


def did_you_mean(word: str, there: Iterable[str]) -> str:
    """Return ``did you mean 'x'?``, or nothing where no word that is there is much like it."""
    by_lower = {one.casefold(): one for one in there}
    # "rad" is 0.67 like "red"; of column names, "size" is 0.6 like "sprite", which nobody means
    near = get_close_matches(word.casefold(), by_lower, 1, 0.65)
    return f"did you mean {by_lower[near[0]]!r}?" if near else ""
