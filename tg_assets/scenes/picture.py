"""What renderers return: pixels, and which thing each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendered picture.

    Attributes:
        image: In RGB.
        mask: H x W. 0 is backdrop, n the n-th of the world's things, counted from 1.
    """

    image: Image.Image
    mask: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Clip:
    """A rendered video.

    Attributes:
        frames: In the order of time.
    """

    frames: tuple[Picture, ...]
