"""From a picture to what a CLIP model sees: resized, cropped and padded as its model asks.

The sizes are those of open_clip's own transform, which resizes with Pillow; here torch resizes,
several times as fast. tests/clip_similarity/test_pictures.py holds the two to each other.
Importing this module does not load torch; the first picture that is resized does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tg_assets.image_pool.appearance import on_white
from tg_assets.image_pool.decoding import Reduced, decode_reduced

VERSION = "2"
"""Raise it when the same bytes give other samples: it is part of the encoder's fingerprint."""

Pixels = NDArray[np.uint8]
"""Samples, (height, width, 3)."""

_SPARE = 2
"""How many times as large as needed a JPEG is at least decoded: at 1 the samples of photographs are
off by up to 50 of 255, at 2 by up to 9."""

_MUCH_CUT_OFF = 4
"""From so many times the pixels that are kept, only what is kept is computed: slower for each, but
a strip of 8000 x 4 would become 448,000 x 224 first. Such a picture is decoded whole."""

ResizeMode = Literal["shortest", "longest", "squash"]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture becomes as large as a model's input; the words are open_clip's.

    Attributes:
        height: Rows of the result.
        width: Columns of the result.
        resize_mode: ``shortest`` cuts off what is too long, ``longest`` pads what is too short,
            ``squash`` keeps no proportions.
        interpolation: ``bicubic`` or ``bilinear``.
        fill: What ``longest`` pads with, 0 to 255.
    """

    height: int
    width: int
    resize_mode: ResizeMode = "shortest"
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    fill: int = 0

    @classmethod
    def of(cls, preprocess: dict[str, Any]) -> Fit:
        """Return the fit that open_clip's preprocessing configuration asks for."""
        size = preprocess["size"]
        height, width = (size, size) if isinstance(size, int) else size
        mode = preprocess["resize_mode"]
        smooth = preprocess["interpolation"] == "bilinear"
        if mode == "shortest" and height != width:
            smooth = False  # open_clip forgets the interpolation in this case
        return cls(
            height, width, mode, "bilinear" if smooth else "bicubic", preprocess["fill_color"]
        )

    def resized(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height to resize a picture to, before anything is cut off."""
        if self.resize_mode == "squash":
            return self.width, self.height
        ratios = width / self.width, height / self.height
        if self.resize_mode == "shortest" and self.width == self.height:  # as torchvision rounds
            if width <= height:
                return self.width, int(self.width * height / width)
            return int(self.height * width / height), self.height
        ratio = max(ratios) if self.resize_mode == "longest" else min(ratios)
        # A strip would round to nothing, at which open_clip's transform fails.
        return max(1, round(width / ratio)), max(1, round(height / ratio))

    def least(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height below which a picture may not be decoded."""
        wide, high = self.resized(width, height)
        if self._cuts_much_off(wide, high):
            return width, height
        return _SPARE * wide, _SPARE * high

    def of_file(self, content: bytes) -> Pixels:
        """Decode a file and fit its picture.

        Raises:
            BadImage: It holds no picture that can be used.
        """
        return self._of(decode_reduced(content, self.least))

    def of_picture(self, image: Image.Image) -> Pixels:
        """Fit a picture that Pillow holds: upright, and on white where it is transparent."""
        pixels = np.array(on_white(ImageOps.exif_transpose(image)))
        return self._of(Reduced(pixels, pixels.shape[1], pixels.shape[0]))

    def _of(self, picture: Reduced) -> Pixels:
        wide, high = self.resized(picture.width, picture.height)
        if self._cuts_much_off(wide, high):
            fitted = self._only_what_is_kept(picture, wide, high)
        else:
            fitted = self._cut_and_padded(self._all(picture, wide, high))
        if fitted.shape[2] == 1:
            fitted = np.repeat(fitted, 3, axis=2)
        return np.ascontiguousarray(fitted)

    def _all(self, picture: Reduced, wide: int, high: int) -> Pixels:
        """Resize the whole picture; turned when it is small, which costs next to nothing."""
        size, whole = (high, wide), (picture.height, picture.width)
        if picture.is_sideways:
            size, whole = size[::-1], whole[::-1]
        if picture.pixels.shape[:2] == size:
            return picture.upright(picture.pixels)
        import torch

        # By ratio and not by size: the last sample of a reduced picture may stand for less than
        # the others. Sizes are rounded down, the ratios therefore raised by next to nothing.
        ratios = [side * picture.by / of * (1 + 1e-9) for side, of in zip(size, whole, strict=True)]
        done = torch.nn.functional.interpolate(
            torch.from_numpy(picture.pixels).permute(2, 0, 1)[None],
            scale_factor=ratios,
            mode=self.interpolation,
            antialias=True,
        )
        return picture.upright(done[0].permute(1, 2, 0).numpy())

    def _cut_and_padded(self, pixels: Pixels) -> Pixels:
        high, wide = pixels.shape[:2]
        rows, columns = max(0, self.height - high), max(0, self.width - wide)
        if rows or columns:
            margins = ((rows // 2, -(-rows // 2)), (columns // 2, -(-columns // 2)), (0, 0))
            pixels = np.pad(pixels, margins, constant_values=self.fill)
        top, left = self._corner(*pixels.shape[1::-1])
        return pixels[top : top + self.height, left : left + self.width]

    def _only_what_is_kept(self, picture: Reduced, wide: int, high: int) -> Pixels:
        """Resize the part that is kept, as if all had been resized."""
        top, left = self._corner(wide, high)
        across, down = picture.width / wide, picture.height / high
        box = (
            left * across,
            top * down,
            min((left + self.width) * across, picture.width),
            min((top + self.height) * down, picture.height),
        )
        pixels = picture.upright(picture.pixels)
        image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        method = Image.Resampling[self.interpolation.upper()]
        done = np.array(image.resize((self.width, self.height), method, box))
        return done.reshape(self.height, self.width, -1)

    def _cuts_much_off(self, wide: int, high: int) -> bool:
        return wide * high > _MUCH_CUT_OFF * self.width * self.height

    def _corner(self, wide: int, high: int) -> tuple[int, int]:
        return round((high - self.height) / 2), round((wide - self.width) / 2)
