"""Image tokens of OpenAI's models, by OpenAI's guide "Images and vision".

Source: https://developers.openai.com/api/docs/guides/images-vision ("Model sizing behavior",
"Calculating costs"), as of spring and September 2026. The guide's worked examples are tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

TILE = 512
TILES_FIT_IN = 2048
TILES_SHORT_SIDE = 768
PATCH = 32
LOW_SIDE = 512


@dataclass(frozen=True, slots=True)
class Tiles:
    """Models that see an image as tiles of 512 pixels: a base, and so much for each tile.

    The image is scaled to fit 2048 x 2048, then to a short side of 768; a smaller one is left as
    it is. ``auto`` counts as ``high``, which is what it becomes at worst.
    """

    base: int
    tile: int

    def __call__(self, width: int, height: int, detail: str) -> int:
        """Return the tokens of an image of so many pixels."""
        if detail == "low":
            return self.base
        width, height = _scaled(width, height, min(1, TILES_FIT_IN / max(width, height)))
        width, height = _scaled(width, height, min(1, TILES_SHORT_SIDE / min(width, height)))
        return self.base + self.tile * math.ceil(width / TILE) * math.ceil(height / TILE)


@dataclass(frozen=True, slots=True)
class Patches:
    """Models that see an image as patches of 32 pixels, at most `budget` of them.

    Attributes:
        budget: Patches of an image at ``high``.
        multiplier: Tokens a patch.
        longest: Pixels of the longest side at ``high``.
        budget_auto: Patches at ``auto``, which newer models take for the image's own size.
        fits_low: Whether ``low`` shrinks the image to 512 x 512; the older ones were measured to
            ignore it (community.openai.com, topic 1377015), so nothing is counted on.
    """

    budget: int
    multiplier: float
    longest: int = 2048
    budget_auto: int | None = None
    longest_auto: int | None = None
    fits_low: bool = False

    def __call__(self, width: int, height: int, detail: str) -> int:
        """Return the tokens of an image of so many pixels."""
        budget, longest = self.budget, self.longest
        if detail == "auto":
            budget, longest = self.budget_auto or budget, self.longest_auto or longest
        if detail == "low" and self.fits_low:
            longest = LOW_SIDE
        width, height = _scaled(width, height, min(1, longest / max(width, height)))
        if _patches(width, height) > budget:
            width, height = _within(width, height, budget)
        return math.ceil(min(budget, _patches(width, height)) * self.multiplier)


def _scaled(width: int, height: int, factor: float) -> tuple[int, int]:
    return max(1, round(width * factor)), max(1, round(height * factor))


def _patches(width: int, height: int) -> int:
    return math.ceil(width / PATCH) * math.ceil(height / PATCH)


def _within(width: int, height: int, budget: int) -> tuple[int, int]:
    """Shrink an image so that whole patches cover it within the budget."""
    factor = math.sqrt(PATCH**2 * budget / (width * height))
    across, down = width * factor / PATCH, height * factor / PATCH
    if across >= 1 and down >= 1:
        factor *= min(math.floor(across) / across, math.floor(down) / down)
    return max(1, math.floor(width * factor + 1e-6)), max(1, math.floor(height * factor + 1e-6))
