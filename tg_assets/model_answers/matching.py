"""Which option a reply names: one, or none.

A reply is read in the order of how plainly it speaks: what it declares as its answer ("Answer: B"),
else all of it. In what is read count letters in the forms that only a letter has, and the texts of
the options as whole words, the longest first; what is negated does not count. A reply that names
two options has named none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["exact", "letter", "text", "several", "none"]

NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip

_MARKUP = re.compile(r"[*_`\"“”]+|(?<!\w)['‘’]|['‘’](?!\w)")
_DECLARED = re.compile(r"(?:\banswer\s*(?:is|:)|\bcorrect option is|\bi (?:choose|pick))", re.I)
_LETTER = re.compile(
    r"""\(([A-Z])\)                                  # (B)
      | (?<![\w'])([A-Z])\s*\)                       # B)
      | ^\s*([A-Z])\s*(?:[.:,]|-\s|$)                # B alone, or before its text
      | \b(?i:option|choice|answer|letter)\s+([A-Z])\b(?!\s+[a-z])
    """,
    re.VERBOSE | re.MULTILINE,
)
_DECLARED_LETTER = re.compile(r"^\s*(?:is\b)?\s*[:]?\s*(?:option\s+)?([A-Z])(?![\w'])(?!\s+[a-z])")
_CLAUSE = re.compile(r"[.,;:!?\n]|\bbut\b|\binstead\b(?!\s+of)|\brather\b(?!\s+than)", re.I)
_NEGATION = re.compile(
    r"\b(?:not|no|never|nor|neither|cannot|without|rather than|instead of|except)\b|n't\b", re.I
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a reply says.

    Attributes:
        option: The place of the option that it names; null when it names none or several.
        how: How it names it.
    """

    option: int | None
    how: How


def said(reply: str, options: Sequence[str]) -> Said:
    """Return which option a reply names.

    Args:
        reply: The model's words.
        options: The texts of the options as they were shown, under the letters A, B, ...
    """
    text = _MARKUP.sub("", reply).strip()
    for place, option in enumerate(options):
        if _same(text, option):
            return Said(place, "exact")
    declared = _declared(text)
    part = text if declared is None else declared
    letters = _letters(part, len(options), declared is not None)
    texts = set(_texts(part, options))
    named = letters | texts
    if len(named) > 1:
        return Said(None, "several")
    if not named:
        return Said(None, "none")
    return Said(named.pop(), "letter" if letters else "text")


def _same(text: str, option: str) -> bool:
    plain = text.rstrip(".!").strip().casefold()
    return plain == option.casefold() or _as_figure(plain) == option.casefold()


def _as_figure(word: str) -> str:
    return str(NUMBERS.index(word)) if word in NUMBERS else word


def _declared(text: str) -> str | None:
    """Return what follows the last declaration of an answer, to the end of its line."""
    found = list(_DECLARED.finditer(text))
    if not found:
        return None
    rest = text[found[-1].end() :].lstrip()
    return rest.split("\n", 1)[0] or None


def _letters(part: str, count: int, declared: bool) -> set[int]:
    matches = [next(filter(None, found.groups())) for found in _LETTER.finditer(part)]
    if declared and (alone := _DECLARED_LETTER.match(part)):
        matches.append(alone[1])
    places = {ord(letter) - ord("A") for letter in matches}
    return {place for place in places if place < count}


def _texts(part: str, options: Sequence[str]) -> Iterator[int]:
    """Yield the options whose text stands in the reply, not inside a longer one's, not negated."""
    taken: list[tuple[int, int]] = []
    for place in sorted(range(len(options)), key=lambda place: -len(options[place])):
        for start, end in _occurrences(part, options[place]):
            if any(start < stop and begin < end for begin, stop in taken):
                continue
            taken.append((start, end))
            if not _is_negated(part, start):
                yield place


def _occurrences(part: str, option: str) -> Iterator[tuple[int, int]]:
    wordings = [re.escape(option)]
    if option.isdigit() and int(option) < len(NUMBERS):
        one = r"(?:(?<=is )|(?<=only )|(?<=exactly )|(?<=see ))one"  # else a pronoun
        wordings.append(one if option == "1" else NUMBERS[int(option)])
    for wording in wordings:
        for found in re.finditer(rf"(?<![\w-]){wording}(?:e?s)?(?![\w-])", part, re.IGNORECASE):
            yield found.span()


def _is_negated(part: str, start: int) -> bool:
    before = part[:start]
    clauses = list(_CLAUSE.finditer(before))
    clause = before[clauses[-1].end() :] if clauses else before
    return bool(_NEGATION.search(clause))
