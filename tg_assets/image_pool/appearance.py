"""How a picture's samples look on a screen: depth, transparency and colour space."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin

_DISPLAYABLE = frozenset(
    ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
)
_DEEP_GREY = frozenset(("I;16", "I;16L", "I;16B", "I;16N", "I", "F"))
_WHITE_IS_ZERO = 0


def is_deep(image: Image.Image) -> bool:
    """Tell whether the samples have more than 8 bits: see :func:`eight_bit_grey`."""
    return image.mode in _DEEP_GREY


def is_displayable(image: Image.Image) -> bool:
    """Tell whether :func:`on_white` can show the image."""
    return image.mode in _DISPLAYABLE


def eight_bit_grey(image: Image.Image, samples: npt.NDArray[Any]) -> Image.Image:
    """Scale grey samples of 16 or 32 bits to 8 bits.

    Samples of 16 bits are scaled by their whole range, so that a dark picture stays dark. Signed,
    32-bit and floating-point samples have no range that all agree on; as viewers do, theirs is
    taken to be from the darkest to the brightest. What is not a number is shown black.

    Args:
        image: The image, one of the modes that :func:`is_deep` knows, for what it says about its
            samples.
        samples: Its samples, (height, width).

    Returns:
        The picture, mode L, with its transparent value shown white.
    """
    grey = _scaled(samples) if image.mode.startswith("I;16") else _stretched(samples)
    if _zero_is_white(image):
        grey = 255 - grey
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[samples == clear] = 255
    return Image.fromarray(grey)


def on_white(image: Image.Image) -> Image.Image:
    """Return the image as RGB, its transparent pixels laid over white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    picture = image.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("RGB")


def _scaled(samples: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    wide = samples.astype(np.uint32)  # in place from here: there may be 90 million of them
    wide *= 255
    wide += 32767
    wide //= 65535
    return wide.astype(np.uint8)


def _stretched(samples: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    real = samples.astype(np.float32)
    finite = np.isfinite(real)
    real[~finite] = 0
    real /= 2  # the span of two floats may be more than a float holds
    low = real.min(where=finite, initial=np.inf)
    span = real.max(where=finite, initial=-np.inf) - low
    if not span > 0:
        return np.where(finite, 128, 0).astype(np.uint8)
    real -= low
    real /= span
    real[~finite] = 0
    real *= 255
    return np.rint(real, out=real).astype(np.uint8)


def _zero_is_white(image: Image.Image) -> bool:
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    meaning = image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION)
    return bool(meaning == _WHITE_IS_ZERO)
