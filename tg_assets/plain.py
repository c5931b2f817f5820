"""Text from files and models, made fit to be shown: nothing that a reader's program would obey."""

from __future__ import annotations

import re

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which a terminal obeys (all but tab and newline), and those that turn the
direction of what follows."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~&-])")


def plain(text: str) -> str:
    r"""Return text for a terminal: control characters are written as ``\x1b``, never sent."""
    return _OBEYED.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def markdown(text: str) -> str:
    """Return text for Markdown, on one line: it shows as it is, and links and embeds nothing."""
    line = " ".join(plain(text).split())
    return (
        _MARKDOWN.sub(r"\\\1", line)
        .replace("\\<", "&lt;")
        .replace("\\>", "&gt;")
        .replace("\\&", "&amp;")
    )
