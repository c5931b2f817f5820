"""Whether two names under one parent say the same in other words.

The rule, for two normalised labels:

1.  Both are cut into words. Spelling is made American, ``q&a`` and ``3-D`` get one spelling, small
    prefixes join their word (``multi-modal``), and articles, ``of``, ``for`` and ``and`` are left
    out. Of each word its stem counts (``words``): words that name what is done (*counting, count,
    counted*; *recognition, recognise*) in all their forms, others without their plural.
2.  **Same words, any order** is a rewording: *counting of the objects*, *object-counting*. Words
    that give a direction or a condition (*to, from, in, before, without...*) hold the order: what
    stands before and what stands behind one are compared separately, so that *image to text* and
    *text to image* stay two task types.
3.  **Same letters, other spaces** is a rewording: *web page*, *webpage*.
4.  **One word with a slip of the pen**, all others the same, is a rewording. A slip is: two
    neighbouring letters swapped, or a letter doubled or not, in words of eight letters; one letter
    missing, added or wrong in words of eleven. It is never one at the first two or the last two
    letters, where prefixes and endings make other words (*typical, atypical*), and never a digit.

So a label that differs in any word of meaning stays: *red / blue object counting*, *2d / 3d grid*,
*bar / pie chart*, *left / right*, *largest / smallest*.

What it misses, on purpose: synonyms (*tally objects*, *car / automobile*), words beyond the shared
ones (*object counting in pictures*), the order turned around a preposition (*sketch recognition*,
*recognition in sketches*), abbreviations, other languages, slips in short words. What it takes
wrongly: compounds in which order alone makes the meaning (*depth map*, *map depth*), *group
counting* for *counting and grouping*, and the few long words that one letter tells apart and that
are not listed here.

Names are looked up by what is equal about them, so a parent with n children costs n look-ups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tg_assets.task_tree.words import singular, spelled, stem

_WORD = re.compile(r"\d+(?:\.\d+)?[^\W\d_]*|[^\W\d_]+(?:\+\+|#)?\d*")
_FIXED = (
    (re.compile(r"\bq\s*(?:&|and)\s*a\b"), "question answer"),
    (re.compile(r"\b(\d+(?:\.\d+)?)[\s-]*d(?:imensional)?\b"), r"\1d"),
    (re.compile(r"\btwo[\s-]dimensional\b"), "2d"),
    (re.compile(r"\bthree[\s-]dimensional\b"), "3d"),
    (re.compile(r"'s\b"), ""),
    (re.compile(r"(?<=s)'(?!\w)"), ""),
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), ""),
)
_PREFIXED = re.compile(
    r"\b(anti|bi|co|cross|e|hyper|inter|intra|macro|meta|micro|multi|non|over|post|pre|re|semi|sub"
    r"|super|tri|ultra|un)-(?=[^\W\d_])"
)
_SPACED_PREFIX = re.compile(r"\b(anti|hyper|macro|micro|multi|non|semi|ultra) (?=[^\W\d_])")
_LEFT_OUT = frozenset(("a", "an", "the", "of", "for", "and", "its", "their"))
_ORDERING_WORDS = (
    "to from into onto in inside on by with without within before after than over under above "
    "below between via as at through against versus vs not no or per behind beside near during "
    "about across along among around beyond toward towards until while"
)
_ORDERING = frozenset(_ORDERING_WORDS.split())
_SWAP_CHARS = 8
_SLIP_CHARS = 11
_KEPT_ENDS = 2
_CONFUSABLE_PAIRS = (
    "construction/constriction prescription/proscription complementary/complimentary "
    "conservation/conversation perspective/prospective institution/instruction "
    "superposition/supposition interpolation/interpellation"
)
_CONFUSABLE = frozenset(frozenset(pair.split("/")) for pair in _CONFUSABLE_PAIRS.split())


@dataclass(frozen=True)
class _Form:
    """What of a label is compared."""

    words: tuple[str, ...]  # singular, in American spelling, in order
    stems: tuple[str, ...]  # of these words, at the same places

    @property
    def bag(self) -> str:
        """The stems, sorted within each stretch between two ordering words."""
        stretches: list[list[str]] = [[]]
        for one in self.stems:
            if one in _ORDERING:
                stretches += [[f"<{one}>"], []]
            else:
                stretches[-1].append(one)
        return "|".join(" ".join(sorted(stretch)) for stretch in stretches)

    @property
    def letters(self) -> str:
        """The stems without spaces, in order."""
        return "".join(self.stems)

    def without(self, position: int) -> str:
        """The bag with one word replaced by its first letters."""
        blank = f"?{self.words[position][:_KEPT_ENDS]}"
        stems = (*self.stems[:position], blank, *self.stems[position + 1 :])
        return _Form(self.words, stems).bag


@lru_cache(maxsize=65_536)
def _form(label: str) -> _Form:
    text = label
    for pattern, replacement in _FIXED:
        text = pattern.sub(replacement, text)
    text = _SPACED_PREFIX.sub(r"\1", _PREFIXED.sub(r"\1", text))
    words = _WORD.findall(text)
    kept = [word for word in words if word not in _LEFT_OUT] or words or [label]
    return _Form(
        tuple(singular(spelled(word)) for word in kept), tuple(stem(word) for word in kept)
    )


def canonical(label: str) -> str:
    """Return the same text for labels that share their words in the sense of the rule's part 2."""
    return _form(label).bag


def is_rewording(one: str, other: str) -> bool:
    """Return whether two normalised labels say the same; equal labels do."""
    return Siblings([one]).twin(other) is not None


class Siblings:
    """The names under one parent, for finding the twin of a new one."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        """Start with these labels."""
        self._exact: set[str] = set()
        self._by_bag: dict[str, str] = {}
        self._by_letters: dict[str, str] = {}
        self._by_rest: dict[str, list[tuple[str, str]]] = {}
        for label in labels:
            self.add(label)

    def __contains__(self, label: str) -> bool:
        return label in self._exact

    def __len__(self) -> int:
        return len(self._exact)

    def add(self, label: str) -> None:
        """Add a normalised label; of twins the first stays the one that is named."""
        self._exact.add(label)
        form = _form(label)
        self._by_bag.setdefault(form.bag, label)
        self._by_letters.setdefault(form.letters, label)
        for position, word in _long_words(form):
            self._by_rest.setdefault(form.without(position), []).append((word, label))

    def twin(self, label: str) -> str | None:
        """Return the label that this one is a rewording of, itself if it is there, or None."""
        if label in self._exact:
            return label
        form = _form(label)
        found = self._by_bag.get(form.bag) or self._by_letters.get(form.letters)
        if found is not None:
            return found
        for position, word in _long_words(form):
            for other, twin in self._by_rest.get(form.without(position), ()):
                if is_slip(word, other):
                    return twin
        return None


def _long_words(form: _Form) -> list[tuple[int, str]]:
    shortest = _SWAP_CHARS - 1
    return [(at, word) for at, word in enumerate(form.words) if len(word) >= shortest]


def is_slip(one: str, other: str) -> bool:
    """Return whether two words differ by a slip of the pen (the rule's part 4)."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) < _SWAP_CHARS or len(other) - len(one) > 1:
        return False
    if not (one.isalpha() and other.isalpha()) or frozenset((one, other)) in _CONFUSABLE:
        return False
    pairs = zip(one, other, strict=False)
    start = next((at for at, (a, b) in enumerate(pairs) if a != b), len(one))
    if start < _KEPT_ENDS:
        return False
    if len(one) == len(other):
        return _is_swap_or_wrong_letter(one, other, start)
    if one[start:] != other[start + 1 :] or len(one) - start < _KEPT_ENDS:
        return False
    doubled = other[start] in (other[start - 1], other[start + 1])
    return doubled or len(one) >= _SLIP_CHARS


def _is_swap_or_wrong_letter(one: str, other: str, start: int) -> bool:
    if start >= len(one) - _KEPT_ENDS:
        return False
    if one[start : start + 2] == other[start : start + 2][::-1]:
        return one[start + 2 :] == other[start + 2 :]
    return len(one) >= _SLIP_CHARS and one[start + 1 :] == other[start + 1 :]
