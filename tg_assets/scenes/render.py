"""The way in: a family and a seed give a picture and its truth."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tg_assets.scenes.families import charts, documents, worlds
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.picture import Picture
from tg_assets.task_space.libraries import OpenLibrary, opened
from tg_assets.task_space.world import World

if TYPE_CHECKING:
    from tg_assets.scenes.render_cache import Drawing

# Level 4 halves the time of PIL's default and costs a few per cent of size.
_PNG_LEVEL = 4


@dataclass(frozen=True)
class Family:
    """A kind of picture: `compose` decides what is true, `draw` shows it.

    Families without a `draw` show worlds of the task space, which have renderers of their own.
    """

    name: str
    compose: Callable[[int, OpenLibrary], Scene]
    draw: Callable[[Scene], Image.Image] | None


@dataclass(frozen=True)
class Rendered:
    """A picture as PNG bytes, and its truth."""

    png: bytes
    scene: Scene


def _dice(family: str, seed: int) -> np.random.Generator:
    """Return dice whose seed is a digest: neither call order nor process matters."""
    digest = hashlib.blake2b(f"{family}\0{seed}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


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
        "models", lambda seed, library: worlds.compose("3d", "models", seed, library), None
    ),
    "sprites": Family(
        "sprites",
        lambda seed, library: worlds.compose("2d", "sprites", seed, library),
        None,
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


def render(
    family: str,
    seed: int,
    library: OpenLibrary | None = None,
    draw_world: Callable[[World], Drawing] | None = None,
) -> Rendered:
    """The picture and its truth; the same bytes in every process.

    Args:
        family: Of `FAMILIES`.
        seed: The picture's.
        library: What sprites and models are of; the one that comes with the project when absent.
        draw_world: Draws worlds; the built-in renderers when absent.

    Raises:
        ValueError: There is no such family.
    """
    scene = compose(family, seed, library)
    draw = FAMILIES[family].draw
    if draw is not None:
        return Rendered(encode(draw(scene)), scene)
    world = worlds.world_of(scene)
    drawn = draw_world(world) if draw_world else _drawn(worlds.library_of(scene), world)
    assert isinstance(drawn, Picture)  # videos are no family of pictures
    return Rendered(encode(drawn.image), worlds.with_boxes(scene, drawn))


def _drawn(library: OpenLibrary, world: World) -> Drawing:
    from tg_assets.scenes.worlds import draw

    return draw(library.library, world)


def encode(image: Image.Image) -> bytes:
    """The image as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
