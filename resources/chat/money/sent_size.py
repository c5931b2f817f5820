"""The size an image has when it is sent: see `resources.chat.images`, which sends it."""

from __future__ import annotations

import math
from collections.abc import Callable


def sent_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Return width and height, in pixels, of an image reduced to a longest side.

    A smaller one keeps its size. The short side is rounded as Pillow's ``thumbnail`` does.
    """
    if max(width, height) <= max_side:
        return width, height
    shape = width / height
    if shape <= 1:
        across = _rounded(max_side * shape, lambda n: abs(shape - n / max_side))
        return across, max_side
    down = _rounded(max_side / shape, lambda n: abs(shape - max_side / n) if n else 0)
    return max_side, down


def _rounded(number: float, error: Callable[[int], float]) -> int:
    return max(min(math.floor(number), math.ceil(number), key=error), 1)
