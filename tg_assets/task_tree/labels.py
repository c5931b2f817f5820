"""Names of task types: one spelling for each, however a person or a model wrote it.

A task type is a path: labels joined by ``~``. Two texts that normalise to the same path are the
same task type; whether two different paths mean the same is the question of ``rewording``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from tg_assets.tables import PATH_SEPARATOR

MAX_LABEL_CHARS = 120
"""The longest name of one level. Longer ones are sentences, not names."""

_READ_CHARS = 1000
"""What of a text is read as a name. Nothing that long is one, and stripping it would be slow."""

# NFKC would make "space and combining tilde" of some of these, so they are replaced before it.
# \sim is what the sign becomes where a paper's text was taken from its LaTeX.
_TILDE = re.compile(r"\$? ?\\(?:sim|tilde)\b ?\$?|[~∼∽∾˜～〜〰⁓ⸯ\U000E007E]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_CHARACTERS = str.maketrans(
    {"_": " ", "’": "'", "‘": "'", "`": None, "´": "'", "“": '"', "”": '"', "„": '"', "″": '"'}
    | dict.fromkeys("‐‑‒–—―−", "-")
)

_NUMBERING = re.compile(
    r"""
    [(\[]? \d{1,3} [.)\]] (?: \s+ | (?=[^\W\d_]) )   # 1. | 2) | (3) | [4] | 1.ocr, but not 2.5d
    | \d{1,3} : \s+                                  # 1: ocr, but not 16:9
    | \d{1,3} \s+ - \s+                              # 1 - ocr
    | \d{1,2} (?: \.\d{1,2} )+ [.)]? \s+ (?! d\b | dimension )   # 1.2 ocr, but not 2.5 d
    | \(? (?: [a-z] | [ivx]{2,4} ) [.)] \s+          # a. | b) | (c) | iv.
    | \[ [\ x]? \] \s+                               # a ticked or empty box
    """,
    re.VERBOSE,
)
_BULLET = re.compile(r"[-*•◦▪▫‣⁃·●○■□→➤>\s]+|\++\s+|#+\s+|[,;:!?|]+|\.{2,}|…")
_TRAILING = re.compile(r"[\s.,;:!?|*…-]+$")
_QUOTES = "\"'«»‹›"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}


def normalise_label(text: str) -> str:
    """Return the one spelling of the name of one level.

    Lower case, single spaces, straight quotes and hyphens; without numbering, bullets, markdown,
    surrounding quotes or brackets, trailing punctuation, or the sign that separates levels.

    Args:
        text: The name as a person or a model wrote it.

    Returns:
        The normalised name, or "" where the text holds no letter and so names nothing. It is not
        cut to size: whoever takes labels compares their length with ``MAX_LABEL_CHARS``.
    """
    label = _TILDE.sub(" ", text[:_READ_CHARS])
    # Dropping an invisible character can bring letters together that then compose, so all of it
    # is repeated until nothing changes; in practice the second pass only confirms the first.
    while (cleaned := _strip(_fold(label))) != label:
        label = cleaned
    return label if any(character.isalpha() for character in label) else ""


def normalise_path(text: str) -> tuple[str, ...]:
    """Return the labels of a path, split on ``~`` and its look-alikes; empty levels are dropped."""
    labels = (normalise_label(part) for part in _TILDE.split(text))
    return tuple(label for label in labels if label)


def join_path(labels: Iterable[str]) -> str:
    """Return the path of labels that are normalised already."""
    return PATH_SEPARATOR.join(labels)


def split_path(path: str) -> tuple[str, ...]:
    """Return the labels of a path that is normalised already; none for ""."""
    return tuple(path.split(PATH_SEPARATOR)) if path else ()


def parent_of(path: str) -> str:
    """Return the path of the parent, "" for a task type of level 1."""
    return path.rpartition(PATH_SEPARATOR)[0]


def level_of(path: str) -> int:
    """Return the level of a path: the number of its labels, 0 for ""."""
    return path.count(PATH_SEPARATOR) + 1 if path else 0


def encodable(text: str) -> str:
    """Return the text with lone surrogates replaced, so that it can be hashed and stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _fold(text: str) -> str:
    """Unify characters: case, width, dashes, quotes, spaces; drop what cannot be seen."""
    text = " ".join(text.translate(_CHARACTERS).replace("**", "").split())
    text = "".join(
        character for character in text if unicodedata.category(character) not in _INVISIBLE
    )
    text = unicodedata.normalize("NFKC", text).lower()
    # Folding may itself bring a sign that separates levels.
    return _TILDE.sub(" ", unicodedata.normalize("NFKC", text))


def _strip(label: str) -> str:
    """Take away from both ends what is layout and not name, until nothing more goes."""
    while True:
        before = label
        label = _strip_front(label.strip())
        label = _TRAILING.sub("", label).strip(_QUOTES).strip()
        label = _unwrap(label)
        if label == before:
            return label


def _strip_front(label: str) -> str:
    for pattern in (_NUMBERING, _BULLET):
        match = pattern.match(label)
        if match and any(character.isalpha() for character in label[match.end() :]):
            return label[match.end() :]
    # An icon before the name; behind the name a sign such as the degree belongs to it.
    if label and unicodedata.category(label[0]) == "So":
        return label[1:].lstrip("\ufe0f")
    return label


def _unwrap(label: str) -> str:
    """Remove a pair of brackets around the whole label, or one that has no partner."""
    if not label:
        return label
    opening, closing = label[0], label[-1]
    if opening in _BRACKETS:
        partner = _partner(label)
        if partner == len(label) - 1:
            return label[1:-1]
        if partner is None:
            return label[1:]
    for start, end in _BRACKETS.items():
        if closing == end and label.count(end) > label.count(start):
            return label[:-1]
    return label


def _partner(label: str) -> int | None:
    """Return where the bracket that opens the label is closed."""
    opening, closing = label[0], _BRACKETS[label[0]]
    depth = 0
    for position, character in enumerate(label):
        depth += (character == opening) - (character == closing)
        if depth == 0:
            return position
    return None
