"""Which relations the boxes of two things rule out, as the picture is seen."""

from __future__ import annotations

from dataclasses import dataclass

from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary

Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""
BELOW = ("below", "under", "beneath", "underneath")
INSIDE = ("in", "inside")


@dataclass(frozen=True, slots=True)
class _Span:
    """What a box covers in one direction."""

    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2

    def is_apart(self, other: _Span) -> bool:
        return self.end < other.start or other.end < self.start


def ruled_out(one: Box, other: Box, words: Vocabulary) -> list[str]:
    """Return relations that cannot hold from the one thing to the other.

    Nothing is left of what has its middle further left; nothing that is apart from a thing touches
    it; nothing is above what it begins below the middle of, nor beside a thing and reaching below
    its middle.
    """
    x, y, w, h = one
    left, top, width, height = other
    across, down = _Span(x, x + w), _Span(y, y + h)
    other_across, other_down = _Span(left, left + width), _Span(top, top + height)
    is_beside = across.is_apart(other_across)
    found = list(words.touching) if is_beside or down.is_apart(other_down) else []
    if across.middle >= other_across.middle:
        found.append("to the left of")
    if across.middle <= other_across.middle:
        found.append("to the right of")
    if down.start >= other_down.middle or (is_beside and down.end > other_down.middle):
        found.append("above")
    if down.end <= other_down.middle or (is_beside and down.start < other_down.middle):
        found.extend(BELOW)
    if w > width and h > height:
        found.extend(INSIDE)
    return found
