"""The pieces the report is made of: bars, columns and tables, as HTML without scripts.

Every text that comes in is escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 480, 210  # of the column chart, in its own units
_TOP, _BOTTOM = 18, 40
_FIGURE_CHARACTERS = 9


def section(title: str, content: str, note: str = "", wide: bool = False) -> str:
    """Return a section of the page, or nothing where there is no content."""
    if not content:
        return ""
    below = f'<p class="note">{escape(note)}</p>\n' if note else ""
    kind = ' class="wide"' if wide else ""
    return f"<section{kind}>\n<h2>{escape(title)}</h2>\n{below}{content}\n</section>"


def figures(values: Sequence[tuple[str, str]]) -> str:
    """Return headline figures, as (number, what it counts)."""
    cells = []
    for number, of in values:
        size = ' class="long"' if len(number) > _FIGURE_CHARACTERS else ""
        cells.append(f"<div><b{size}>{escape(number)}</b><span>{escape(of)}</span></div>")
    return f'<div class="figures">{"".join(cells)}</div>'


def bars(rows: Sequence[tuple[str, int]]) -> str:
    """Return horizontal bars with their names and counts."""
    most = max((count for _, count in rows), default=0)
    return stacked_bars([(name, [(count, "blue")], f"{count:,}") for name, count in rows], most)


def stacked_bars(rows: Sequence[tuple[str, Sequence[tuple[int, str]], str]], most: int) -> str:
    """Return horizontal bars in parts.

    Args:
        rows: (name, parts as (count, colour), text at the end).
        most: The count that fills the whole width.
    """
    if not rows:
        return ""
    lines = []
    for name, parts, end in rows:
        pieces = "".join(
            f'<i class="{colour}" style="width:{100 * count / max(most, 1):.2f}%"></i>'
            for count, colour in parts
            if count
        )
        lines.append(
            f'<span class="name" title="{escape(name)}">{escape(name)}</span>'
            f'<span class="track">{pieces}</span><span class="count">{escape(end)}</span>'
        )
    return f'<div class="bars">{"".join(lines)}</div>'


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Return a legend, given (colour, what it means)."""
    items = [f'<span><i class="{colour}"></i>{escape(text)}</span>' for colour, text in entries]
    return f'<div class="legend">{"".join(items)}</div>'


def columns(rows: Sequence[tuple[str, int]], label: str) -> str:
    """Return a chart of vertical columns as inline SVG.

    Args:
        rows: (name, count), from left to right.
        label: What the names are.
    """
    if not rows:
        return ""
    most = max(count for _, count in rows) or 1
    floor = _HEIGHT - _BOTTOM
    step = _WIDTH / len(rows)
    parts = [f'<line x1="0" x2="{_WIDTH}" y1="{floor}" y2="{floor}"/>']
    for place, (name, count) in enumerate(rows):
        height = (floor - _TOP) * count / most
        left, middle = place * step, (place + 0.5) * step
        width = min(0.8 * step, 70)
        parts.append(
            f'<rect x="{middle - width / 2:.1f}" y="{floor - height:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}" rx="2"><title>{escape(name)}: {count:,}</title></rect>'
            f'<text x="{middle:.1f}" y="{floor - height - 5:.1f}">{count:,}</text>'
            f'<text x="{left + step / 2:.1f}" y="{floor + 16}">{escape(name)}</text>'
        )
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}">{escape(label)}</text>')
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}</svg>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: frozenset[int] = frozenset(),
    foot: Sequence[str] = (),
) -> str:
    """Return a table, or nothing where there are no rows.

    Args:
        head: The columns' names.
        rows: The cells.
        numbers: Places of the columns that are aligned as numbers.
        foot: A last row that sums up.
    """
    if not rows:
        return ""

    def line(cells: Sequence[str], tag: str) -> str:
        marks = [' class="number"' if place in numbers else "" for place in range(len(cells))]
        inside = [f"<{tag}{m}>{escape(c)}</{tag}>" for c, m in zip(cells, marks, strict=True)]
        return f"<tr>{''.join(inside)}</tr>"

    body = "\n".join(line(row, "td") for row in rows)
    last = f"<tfoot>{line(foot, 'td')}</tfoot>" if foot else ""
    return (
        f'<div class="scroll"><table><thead>{line(head, "th")}</thead>'
        f"<tbody>\n{body}\n</tbody>{last}</table></div>"
    )
