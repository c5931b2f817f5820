"""From a world to a picture or a video in 3D."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tg_assets.scenes.picture import Clip, Picture
from tg_assets.scenes.solids.drawing import draw
from tg_assets.scenes.solids.files import SUFFIXES, solid_from
from tg_assets.scenes.solids.looks import look
from tg_assets.scenes.solids.models import MODELS
from tg_assets.scenes.solids.paints import ASKED_COLORS, MATERIALS, PaintError
from tg_assets.scenes.solids.solid import Solid, from_parts
from tg_assets.scenes.solids.stage import camera, set_up
from tg_assets.task_space.library import Asset, Library, LibraryError
from tg_assets.task_space.world import FRAMES, World

VERSION = "1"
"""Raised when the same world would give other pixels: the render cache goes by it."""
PICTURE_PIXELS, CLIP_PIXELS = 448, 320


def render_picture(library: Library, world: World, pixels: int = PICTURE_PIXELS) -> Picture:
    """Draw a world of kind 3d.

    Raises:
        LibraryError: A thing's asset has no model that can be drawn.
    """
    solids = [solid_of(library, thing.asset) for thing in world.things]
    return draw(set_up(world, solids), look(world.look), camera(world.grid, pixels))


def render_clip(library: Library, world: World, pixels: int = CLIP_PIXELS) -> Clip:
    """Draw a world of kind video, frame by frame.

    Raises:
        LibraryError: A thing's asset has no model that can be drawn.
    """
    solids = [solid_of(library, thing.asset) for thing in world.things]
    light, eye = look(world.look), camera(world.grid, pixels)
    return Clip(tuple(draw(set_up(world, solids, n), light, eye) for n in range(FRAMES)))


def solid_of(library: Library, name: str) -> Solid:
    """Return what an asset looks like: its model, painted as its attributes say.

    Raises:
        LibraryError: The library has no such asset, or it has no model.
        PaintError: Its colour or material is none that can be painted.
    """
    asset = library.asset(name)
    if asset.model is None:
        raise LibraryError(f"object {name} has no 3D model: it cannot stand in a 3D picture")
    if asset.model in MODELS:
        color, material = paint_of(asset)
        facts = MODELS[asset.model]
        return built(asset.model).painted(color or facts.colors[0], material or facts.materials[0])
    if not Path(asset.model).suffix:
        raise LibraryError(
            f"object {name}: there is no built-in model {asset.model!r}; a model of your own is a "
            f"file of {', '.join(SUFFIXES)} in the library's folder"
        )
    solid = solid_from(library.file(asset.model))
    if not solid.body.any():
        return solid  # in colours of its own, whatever words there are for them
    return solid.painted(*paint_of(asset))


def paint_of(asset: Asset) -> tuple[str | None, str | None]:
    """Return an asset's colour and material; null where it says none.

    Raises:
        PaintError: It has several of one kind, or one that cannot be painted.
    """
    found: dict[str, str] = {}
    for kind, known in (("color", ASKED_COLORS), ("material", MATERIALS)):
        values = [attribute.value for attribute in asset.attributes if attribute.type == kind]
        if len(values) > 1 or any(value not in known for value in values):
            raise PaintError(
                f"object {asset.id}: its {kind} is {' and '.join(values)}; a model without colours "
                f"of its own is painted in one of {', '.join(known)}"
            )
        found.update(dict.fromkeys([kind], *values) if values else {})
    return found.get("color"), found.get("material")


@lru_cache(maxsize=256)
def built(model: str) -> Solid:
    """Return a built-in model, unpainted."""
    return from_parts(MODELS[model].build())
