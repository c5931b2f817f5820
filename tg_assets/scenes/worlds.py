"""Drawing worlds of the task space: 2D, 3D or video, from the cache where they are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tg_assets.ids import digest
from tg_assets.scenes.blender.rendering import VERSION as BLENDER_VERSION
from tg_assets.scenes.blender.rendering import Blender
from tg_assets.scenes.render_cache import Drawing, RenderCache
from tg_assets.scenes.solids.models import MODELS
from tg_assets.scenes.solids.rendering import VERSION as SOLIDS_VERSION
from tg_assets.scenes.solids.rendering import render_clip, render_picture
from tg_assets.scenes.sprites.rendering import VERSION as SPRITES_VERSION
from tg_assets.scenes.sprites.rendering import render_picture as render_sprites
from tg_assets.task_space.library import Asset, Library, LibraryError
from tg_assets.task_space.world import Kind, World


@dataclass(frozen=True)
class Renderer:
    """Draws the worlds of a library.

    Attributes:
        library: Whose objects they show.
        cache: Where drawings are kept.
        blender: Draws 3D pictures and videos; null leaves them to the built-in renderer.
    """

    library: Library
    cache: RenderCache
    blender: Blender | None = None

    def render(self, world: World) -> Drawing:
        """Return a world's picture, or its clip.

        Raises:
            LibraryError: A thing's asset cannot be drawn.
            BlenderError: Blender was to draw it and did not.
        """
        return self.cache.read(self.key(world), lambda: self._draw(world))

    def files(self, world: World) -> Path:
        """Return the folder of a world's files, as `render_cache` names them.

        Raises:
            LibraryError, BlenderError: As `render`.
        """
        return self.cache.drawn(self.key(world), lambda: self._draw(world))

    def forget(self, world: World) -> None:
        """Keep nothing of a world's drawing: its picture was withdrawn."""
        self.cache.forget(self.key(world))

    def key(self, world: World) -> str:
        """Return a digest of everything that decides the pixels.

        That is the world, what its assets look like, their files' bytes, the renderer's version
        and its settings; where the library lies does not matter.

        Raises:
            LibraryError: A file of an asset is missing.
        """
        assets = dict.fromkeys(thing.asset for thing in world.things)
        looks = [
            part for name in assets for part in self._looks(self.library.asset(name), world.kind)
        ]
        return digest("world", *self._by(world), world.to_json(), *looks)

    def _by(self, world: World) -> tuple[str, ...]:
        if world.kind == "2d":
            return "sprites", SPRITES_VERSION
        if self.blender is not None:
            return "blender", SOLIDS_VERSION, BLENDER_VERSION, str(self.blender.samples)
        return "built-in", SOLIDS_VERSION

    def _looks(self, asset: Asset, kind: Kind) -> Iterator[str | bytes]:
        yield asset.id
        yield from (part for value in asset.attributes for part in (value.type, value.value))
        if kind == "2d":
            for name, turn in asset.views:
                yield f"{turn:g}"
                yield _bytes_of(self.library.file(name), asset)
        elif asset.model in MODELS or asset.model is None:
            yield asset.model or ""
        else:
            yield _bytes_of(self.library.file(asset.model), asset)

    def _draw(self, world: World) -> Drawing:
        return draw(self.library, world, self.blender)


def draw(library: Library, world: World, blender: Blender | None = None) -> Drawing:
    """Draw a world anew.

    Args:
        library: Whose objects it shows.
        world: Decides the kind of drawing.
        blender: Draws 3D pictures and videos; null leaves them to the built-in renderer.

    Raises:
        LibraryError: A thing's asset cannot be drawn.
        BlenderError: Blender was to draw it and did not.
    """
    if world.kind == "2d":
        return render_sprites(library, world)
    if world.kind == "3d":
        picture = blender.render_picture if blender else render_picture
        return picture(library, world)
    film = blender.render_clip if blender else render_clip
    return film(library, world)


def _bytes_of(file: Path, asset: Asset) -> bytes:
    """Return what a file holds."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise LibraryError(f"object {asset.id}: {file} does not exist") from None
