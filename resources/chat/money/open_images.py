"""Image tokens of open models, as their processors in `transformers` and vLLM make them.

Delimiters that stand around an image are counted with it. ``tests/money`` compares each with the
real processor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Qwen:
    """Qwen2-VL, Qwen2.5-VL (factor 28) and Qwen3-VL (factor 32): merged patches.

    Sides are rounded to multiples of the factor, within limits on their product, as
    ``smart_resize`` of the Qwen2-VL processor does; limits are those of the published checkpoints.
    """

    factor: int
    least_pixels: int
    most_pixels: int

    def __call__(self, width: int, height: int, _: str) -> int:
        """Return the tokens of an image of so many pixels, with its start and end."""
        across, down = round(width / self.factor), round(height / self.factor)
        pixels = across * down * self.factor**2
        if pixels > self.most_pixels:
            scale = math.sqrt(width * height / self.most_pixels)
            across = max(1, math.floor(width / scale / self.factor))
            down = max(1, math.floor(height / scale / self.factor))
        elif pixels < self.least_pixels:
            scale = math.sqrt(self.least_pixels / (width * height))
            across = math.ceil(width * scale / self.factor)
            down = math.ceil(height * scale / self.factor)
        return across * down + 2


def llava(_: int, __: int, ___: str) -> int:
    """Return the tokens of an image for LLaVA-1.5: 24 x 24 patches of a square of 336."""
    return 576


@dataclass(frozen=True, slots=True)
class AnyResolution:
    """LLaVA-NeXT and LLaVA-OneVision: the whole image, and tiles of it without their padding.

    Attributes:
        side: Pixels of a tile's side.
        patches: Patches on a tile's side.
        grids: Tiles (across, down) that an image may be laid out in.
        most_tiles: Beyond so many tiles' worth of patches they are interpolated (OneVision's
            ``anyres_max_9``).
    """

    side: int
    patches: int
    grids: tuple[tuple[int, int], ...]
    most_tiles: int | None = None

    def __call__(self, width: int, height: int, _: str) -> int:
        """Return the tokens of an image of so many pixels."""
        across, down = (self.patches * tiles for tiles in self._grid(width, height))
        if width / height > across / down:
            down -= (down - int(round(height * across / width, 7))) // 2 * 2
        else:
            across -= (across - int(round(width * down / height, 7))) // 2 * 2
        if self.most_tiles is not None:
            ratio = math.sqrt(across * down / (self.most_tiles * self.patches**2))
            if ratio > 1.1:
                across, down = int(across // ratio), int(down // ratio)
        return across * down + down + self.patches**2  # a newline for each row

    def _grid(self, width: int, height: int) -> tuple[int, int]:
        """Return the grid that keeps most of the image, and of those the smallest."""

        def worth(grid: tuple[int, int]) -> tuple[int, int]:
            across, down = grid[0] * self.side, grid[1] * self.side
            scale = min(across / width, down / height)
            kept = min(int(width * scale) * int(height * scale), width * height)
            return kept, kept - across * down

        return max(self.grids, key=worth)


LLAVA_NEXT_GRIDS = ((2, 1), (1, 2), (2, 2), (1, 3), (3, 1))
ONEVISION_GRIDS = tuple((across, down) for down in range(1, 7) for across in range(1, 7))


@dataclass(frozen=True, slots=True)
class InternVL:
    """InternVL: 256 tokens for each tile of 448 pixels, and for a thumbnail beside several.

    The grid is the nearest in shape; among equal ones the larger, if the image fills half of it
    (``dynamic_preprocess`` of the published checkpoints).
    """

    most_tiles: int = 12
    side: int = 448
    per_tile: int = 256

    def __call__(self, width: int, height: int, _: str) -> int:
        """Return the tokens of an image of so many pixels, with its start and end."""
        across, down = self._grid(width, height)
        tiles = across * down
        return self.per_tile * (tiles + (tiles > 1)) + 2

    def _grid(self, width: int, height: int) -> tuple[int, int]:
        best, distance = (1, 1), math.inf
        for across, down in self._grids():
            apart = abs(width / height - across / down)
            half_filled = width * height > 0.5 * self.side**2 * across * down
            if apart < distance or (apart == distance and half_filled):
                best, distance = (across, down), apart
        return best

    def _grids(self) -> list[tuple[int, int]]:
        sides = range(1, self.most_tiles + 1)
        grids = [(a, d) for a in sides for d in sides if a * d <= self.most_tiles]
        return sorted(grids, key=lambda grid: grid[0] * grid[1])


@dataclass(frozen=True, slots=True)
class Pixtral:
    """Pixtral (patches of 16, longest side 1024) and Mistral Small 3 and later (28, 1540).

    Each row of patches ends with a token of its own.
    """

    patch: int
    longest: int

    def __call__(self, width: int, height: int, _: str) -> int:
        """Return the tokens of an image of so many pixels."""
        ratio = max(width / self.longest, height / self.longest, 1)
        across = (math.floor(width / ratio) - 1) // self.patch + 1
        down = (math.floor(height / ratio) - 1) // self.patch + 1
        return (max(1, across) + 1) * max(1, down)


def glm_4v(_: int, __: int, ___: str) -> int:
    """Return the tokens of an image for GLM-4V-9B: 40 x 40 of a square of 1120, start and end."""
    return 1602
