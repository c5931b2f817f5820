"""What can be wrong with a library, a filter or an index."""

from __future__ import annotations

from collections.abc import Iterable

from tg_assets.spelling import nearest


class TaskSpaceError(ValueError):
    """Something that a person can put right: the message names it and says how."""


def did_you_mean(word: str, there: Iterable[str]) -> str:
    """Return ``did you mean 'x'?``, or nothing where no word that is there is much like it."""
    # "rad" is 0.67 like "red"; of column names, "size" is 0.6 like "sprite", which nobody means
    meant = nearest(word, there, 0.65)
    return f"did you mean {meant!r}?" if meant else ""
