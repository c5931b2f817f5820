"""Tables and lines of a data card that nothing in them can break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [_line(head), _line(["---"] * len(head)), *(_line(map(_cell, row)) for row in rows)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return inline(text).replace("|", "\\|")


def inline(text: str | None) -> str:
    """Return text that cannot break out of its line or be taken for HTML."""
    flat = re.sub(r"\s+", " ", text or "").strip()
    return flat.replace("<", "&lt;")
