"""The way in: a family and a seed give a picture and its truth."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tg_assets.scenes.families import charts, documents, grid, tabletop
from tg_assets.scenes.graph import Scene

# Level 4 halves the time of PIL's default and costs a few per cent of size.
_PNG_LEVEL = 4


@dataclass(frozen=True)
class Family:
    """A kind of picture: `compose` decides what is true, `draw` shows it."""

    name: str
    compose: Callable[[np.random.Generator, int], Scene]
    draw: Callable[[Scene], Image.Image]


@dataclass(frozen=True)
class Rendered:
    """A picture as PNG bytes, and its truth."""

    png: bytes
    scene: Scene


FAMILIES: dict[str, Family] = {
    "grid": Family("grid", grid.compose, grid.draw),
    "tabletop": Family("tabletop", tabletop.compose, tabletop.draw),
    "charts": Family("charts", charts.compose, charts.draw),
    "documents": Family("documents", documents.compose, documents.draw),
}


def compose(family: str, seed: int) -> Scene:
    """The truth alone, which is much cheaper than the picture.

    The generator's seed is a digest of family and seed: neither call order nor process matters.

    Raises:
        ValueError: There is no such family.
    """
    if family not in FAMILIES:
        raise ValueError(f"no family {family!r}; there are {', '.join(sorted(FAMILIES))}")
    digest = hashlib.blake2b(f"{family}\0{seed}".encode(), digest_size=16).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
    return FAMILIES[family].compose(rng, seed)


def render(family: str, seed: int) -> Rendered:
    """The picture and its truth; the same bytes in every process.

    Raises:
        ValueError: There is no such family.
    """
    scene = compose(family, seed)
    return Rendered(encode(FAMILIES[family].draw(scene)), scene)


def encode(image: Image.Image) -> bytes:
    """The image as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
