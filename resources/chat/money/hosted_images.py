"""Image tokens of Claude and Gemini, by their makers' guides."""

from __future__ import annotations

import math
from dataclasses import dataclass

CLAUDE_PATCH = 28
GEMINI_TILE_TOKENS = 258
GEMINI_SMALL = 384
GEMINI_TILE = (256, 768)
GEMINI_3_TOKENS = 1120


@dataclass(frozen=True, slots=True)
class Claude:
    """Claude: a token for each patch of 28 x 28 pixels, after its resize.

    Source: https://platform.claude.com/docs/en/build-with-claude/vision ("Resolution and token
    cost", "How Claude resizes and pads images"; 2026). An image beyond one of the two limits is
    shrunk to the largest size of its shape that keeps both. The guide's earlier approximation,
    width x height / 750, says within 5 % the same.
    """

    longest: int
    budget: int

    def __call__(self, width: int, height: int, _: str) -> int:
        """Return the tokens of an image of so many pixels."""
        long, short = max(width, height), min(width, height)
        low, high = 1, min(long, self.longest)
        while low < high:  # the longest side that keeps the budget
            middle = (low + high + 1) // 2
            fits = _claude_patches(middle, short * middle / long) <= self.budget
            low, high = (middle, high) if fits else (low, middle - 1)
        return _claude_patches(low, short * low / long)


def _claude_patches(long: float, short: float) -> int:
    return math.ceil(long / CLAUDE_PATCH) * max(1, math.ceil(round(short) / CLAUDE_PATCH))


def gemini_2(width: int, height: int, _: str) -> int:
    """Return the tokens of an image for Gemini 1.5 to 2.5: 258 a tile.

    Source: https://ai.google.dev/gemini-api/docs/image-understanding ("How tokens are
    calculated"): an image within 384 x 384 is one tile; others are cut into tiles of the short
    side / 1.5, from 256 to 768 pixels.
    """
    if max(width, height) <= GEMINI_SMALL:
        return GEMINI_TILE_TOKENS
    smallest, largest = GEMINI_TILE
    side = min(largest, max(smallest, math.floor(min(width, height) / 1.5)))
    return GEMINI_TILE_TOKENS * math.ceil(width / side) * math.ceil(height / side)


def gemini_3(_: int, __: int, ___: str) -> int:
    """Return the tokens of an image for Gemini 3: its default resolution, at most.

    Source: https://ai.google.dev/gemini-api/docs/media-resolution (images: 1,120 by default).
    """
    return GEMINI_3_TOKENS
