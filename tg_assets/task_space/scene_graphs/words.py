"""English for names, attribute values and relations that people wrote down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import yaml

_TABLES = yaml.load(
    Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
)
_MANY: Mapping[str, str] = _TABLES["plurals"]
_ONE_OF: Mapping[str, str] = {many: one for one, many in _MANY.items()}
_ALWAYS_MANY, _ONE, _MASS, _SMALL_WORDS = (
    frozenset(_TABLES[table]) for table in ("always plural", "singular", "mass", "small")
)
_VERBS: Mapping[str, str] = _TABLES["verbs"]
_NOT_VERBS = frozenset(_TABLES["not verbs"])
_UNLIKE_THEIR_LETTER = ("uni", "use", "uten", "euro", "one ", "ukulele")
_SILENT_H = ("hour", "honest", "heir")


def spoken(word: str) -> str:
    """Return a name, a value or a relation as it is said: underscores are spaces."""
    return " ".join(word.replace("_", " ").split())


def article(phrase: str) -> str:
    """Return a phrase with ``a`` or ``an``."""
    low = phrase.lower()
    vowel = low.startswith(_SILENT_H) or (
        low[0] in "aeiou" and not low.startswith(_UNLIKE_THEIR_LETTER)
    )
    return f"{'an' if vowel else 'a'} {phrase}"


def is_plural(name: str) -> bool:
    """Whether a name speaks of several things."""
    last = name.lower().split()[-1]
    if last in _ALWAYS_MANY or (last in _ONE_OF and last not in _MANY):
        return True
    return last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in _ONE


def is_mass(name: str) -> bool:
    """Whether a name takes no article: snow, grass."""
    return name.lower().split()[-1] in _MASS


def plural(name: str) -> str:
    """Return the name for several of a thing."""
    head, space, last = name.rpartition(" ")
    if is_plural(name):
        return name
    if last in _MANY:
        many = _MANY[last]
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        many = last + "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        many = last[:-1] + "ies"
    else:
        many = last + "s"
    return head + space + many


@lru_cache(maxsize=1 << 16)
def singular(name: str) -> str:
    """Return the name for one of what a name speaks of."""
    head, space, last = name.rpartition(" ")
    return head + space + _stem(last)


def some(phrase: str, name: str) -> str:
    """Return a phrase for one of several things that fit it: ``a cup``, ``trees``, ``some snow``.

    Args:
        phrase: The name with the values in front of it.
        name: The name alone.
    """
    if is_plural(name):
        return f"some {phrase}"
    return f"some {phrase}" if is_mass(name) else article(phrase)


def predicate(relation: str, many: bool) -> str:
    """Return what a relation says of its subject: ``is on``, ``are holding``, ``contains``."""
    said = spoken(relation)
    if said in _VERBS:
        return said if many else _VERBS[said]
    first = said.split()[0]
    if first.endswith("s") and first not in _NOT_VERBS:
        return said  # wears, holds
    return f"{'are' if many else 'is'} {said}"


def listed(parts: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def said_alike(one: str, other: str) -> bool:
    """Whether two phrases share a word that means something: ``wine glass`` and ``glasses``."""
    return bool(_stems(one) & _stems(other))


@lru_cache(maxsize=1 << 16)
def _stems(phrase: str) -> frozenset[str]:
    words = frozenset(spoken(phrase).lower().replace("-", " ").replace("/", " ").split())
    meaning = words - _SMALL_WORDS or words
    return frozenset(_stem(word) for word in meaning)


def _stem(word: str) -> str:
    if word in _ONE_OF:
        return _ONE_OF[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
