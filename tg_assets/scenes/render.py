"""The way in: a family and a seed give a picture and its truth."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tg_assets.scenes.families import charts, documents, worlds
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.picture import Picture
from tg_assets.task_space.libraries import OpenLibrary, opened

# Level 4 halves the time of PIL's default and costs a few per cent of size.
_PNG_LEVEL = 4


@dataclass(frozen=True)
class Family:
    """A kind of picture: `compose` decides what is true, `draw` shows it.

    A drawing with a mask tells where objects are seen, which the truth then says too.
    """

    name: str
    compose: Callable[[int, OpenLibrary], Scene]
    draw: Callable[[Scene], Image.Image | Picture]


@dataclass(frozen=True)
class Rendered:
    """A picture as PNG bytes, and its truth."""

    png: bytes
    scene: Scene


def _dice(family: str, seed: int) -> np.random.Generator:
    """Return dice whose seed is a digest: neither call order nor process matters."""
    digest = hashlib.blake2b(f"{family}\0{seed}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def _draw_sprites(scene: Scene) -> Picture:
    from tg_assets.scenes.sprites.rendering import render_picture

    return render_picture(worlds.library_of(scene).library, worlds.world_of(scene), worlds.PIXELS)


def _draw_models(scene: Scene) -> Picture:
    from tg_assets.scenes.solids.rendering import render_picture

    return render_picture(worlds.library_of(scene).library, worlds.world_of(scene), worlds.PIXELS)


FAMILIES: dict[str, Family] = {
    "charts": Family(
        "charts", lambda seed, _: charts.compose(_dice("charts", seed), seed), charts.draw
    ),
    "documents": Family(
        "documents",
        lambda seed, _: documents.compose(_dice("documents", seed), seed),
        documents.draw,
    ),
    "models": Family(
        "models", lambda seed, library: worlds.compose("3d", "models", seed, library), _draw_models
    ),
    "sprites": Family(
        "sprites",
        lambda seed, library: worlds.compose("2d", "sprites", seed, library),
        _draw_sprites,
    ),
}


def compose(family: str, seed: int, library: OpenLibrary | None = None) -> Scene:
    """The truth alone, which is much cheaper than the picture.

    Args:
        family: Of `FAMILIES`.
        seed: The picture's.
        library: What sprites and models are of; the one that comes with the project when absent.

    Raises:
        ValueError: There is no such family.
    """
    if family not in FAMILIES:
        raise ValueError(f"no family {family!r}; there are {', '.join(sorted(FAMILIES))}")
    return FAMILIES[family].compose(seed, opened() if library is None else library)


def render(family: str, seed: int, library: OpenLibrary | None = None) -> Rendered:
    """The picture and its truth; the same bytes in every process.

    Raises:
        ValueError: There is no such family.
    """
    scene = compose(family, seed, library)
    drawn = FAMILIES[family].draw(scene)
    if isinstance(drawn, Picture):
        return Rendered(encode(drawn.image), worlds.with_boxes(scene, drawn))
    return Rendered(encode(drawn), scene)


def encode(image: Image.Image) -> bytes:
    """The image as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
