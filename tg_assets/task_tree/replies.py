"""What a language model replied, read as a list of raw labels.

The prompt asks for ``{"labels": [...]}``. Models that know no structured output wrap that in
prose or code fences, stop in the middle, or write a plain list; all of these are read. Whether a
label is any good is decided by ``growth``, which sees the labels as they came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tg_assets.task_tree.labels import encodable, normalise_label

_MAX_STARTS = 200
"""How many brackets of a reply are tried as the beginning of JSON, so that no reply is slow."""

_MAX_EXPLAINED = 500
"""Where in a line a bold name with its explanation is looked for."""

_KEYS = ("labels", "label", "names", "name", "categories", "category", "path", "task_type")
# What a model thought aloud, closed or not; some chat templates leave the opening mark out.
_THOUGHT = re.compile(
    r"^.*</(?:think|thinking|reasoning)>|<(?:think|thinking|reasoning)>.*$",
    re.DOTALL | re.IGNORECASE,
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w-]*[ \t]*$", re.MULTILINE)
_QUOTED = re.compile(
    r"""(["'])((?:(?!\1[ \t]*[,\]])[^\n\\]|\\.){0,500})\1[ \t]{0,99}(?=[,\]\n]|$)"""
)
_DEBRIS = re.compile(r"[\[{]|\W*labels\W*$", re.IGNORECASE)
_BOX = re.compile(r"\[(?: |x|\d+)?\]\s", re.IGNORECASE)
_START = re.compile(r"[{\[]")
_OPENED_LIST = re.compile(r"""\[\s*["']""")
_EXPLAINED = re.compile(r"\*\*(.+?)\*\*\s*(?::|-|–|—)\s+\S.*")
_TALK = re.compile(
    r"(?:sure|certainly|of course|okay|ok|understood|absolutely|here (?:are|is)|below (?:are|is)"
    r"|these are|the following|i hope|i have|i've|i can|i cannot|i can't|i'm|i am|let me|feel free"
    r"|please|note that|note:|sorry|unfortunately|as an ai)\b",
    re.IGNORECASE,
)


class UnusableReply(ValueError):  # noqa: N818 - a reply, not a fault of the program
    """A reply in which no labels can be found; the message says what it looked like."""


def parse_labels(text: str) -> list[str]:
    """Return the labels of a reply, raw and in its order.

    JSON wins: the reply itself, or the first object with "labels" in it, or the first other list
    of names. Then the complete strings of a list that breaks off or uses single quotes. Then one
    label per line, without the lines that are talk. A JSON list without entries is an answer:
    there is nothing to add.

    Args:
        text: The reply.

    Returns:
        The labels, also those that no tree could take; possibly none.

    Raises:
        UnusableReply: There is nothing in the reply that could be a label.
    """
    spoken = text if _is_json(text) else _FENCE.sub("", _THOUGHT.sub("\n", text))
    if _is_json(spoken):
        labels = _labels_in(json.loads(spoken))
    else:
        labels = _embedded(spoken)
        if labels is None:
            labels = _broken_list(spoken) or _lines(spoken)
    if labels is None:
        raise UnusableReply(
            f"no labels in a reply of {len(text)} characters that begins {text[:80]!r}; "
            'expected {"labels": ["...", "..."]} or one label per line'
        )
    return [encodable(label) for label in labels]


def render_labels(labels: Sequence[str]) -> str:
    """Return the reply that the prompt asks for, with these labels."""
    return json.dumps({"labels": list(labels)}, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _embedded(text: str) -> list[str] | None:
    """Return the labels of JSON inside the text; an object that says "labels" goes first."""
    second_best: list[str] | None = None
    for value in _values(text):
        labels = _labels_in(value)
        if labels is not None and isinstance(value, dict) and "labels" in value:
            return labels
        if second_best is None and labels:
            second_best = labels
    return second_best


def _values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    position, starts = 0, 0
    while starts < _MAX_STARTS and (match := _START.search(text, position)):
        starts += 1
        try:
            value, position = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.end()
        else:
            yield value


def _labels_in(value: Any) -> list[str] | None:
    """Return the labels of a JSON value, None where it holds none at all."""
    if isinstance(value, list):
        if not value:
            return []
        labels = [name for entry in value if (name := _name(entry)) is not None]
        return labels or None
    if isinstance(value, dict):
        wanted = value.get("labels", next((v for v in value.values() if isinstance(v, list)), None))
        if isinstance(wanted, dict):  # {"labels": {"name": "what it means"}}
            return [str(key) for key in wanted]
        if isinstance(wanted, str):
            return _lines(wanted)
        return _labels_in(wanted) if isinstance(wanted, list) else None
    return _lines(value) if isinstance(value, str) else None


def _name(entry: Any) -> str | None:
    """Return the name in one entry of a list: the string itself, or that of a small object."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, dict):
        return next((entry[key] for key in _KEYS if isinstance(entry.get(key), str)), None)
    return None


def _broken_list(text: str) -> list[str] | None:
    """Return the complete strings of a list that is no JSON: cut off, or in single quotes."""
    opened = _OPENED_LIST.search(text)
    if opened is None:
        return None
    inside = text[opened.start() + 1 :]
    return [_unescaped(match) for match in _QUOTED.finditer(inside)] or None


def _unescaped(match: re.Match[str]) -> str:
    try:
        return str(json.loads(f'"{match.group(2)}"'))
    except ValueError:
        return match.group(2)


def _lines(text: str) -> list[str] | None:
    labels = []
    for line in text.splitlines():
        line = line.strip()
        if line.endswith(":") or _TALK.match(line):
            continue
        if _DEBRIS.match(line) and not _BOX.match(line):
            continue
        if explained := _EXPLAINED.search(line[:_MAX_EXPLAINED]):
            line = explained.group(1)
        if normalise_label(line):
            labels.append(line)
    return labels or None
