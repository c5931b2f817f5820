"""Worlds drawn by whichever renderer draws their kind."""

from __future__ import annotations

from collections.abc import Callable

from tg_assets.scenes.picture import Clip, Picture
from tg_assets.task_space.library import Library
from tg_assets.task_space.world import World

Drawer = Callable[[World], Picture | Clip]


def drawer(library: Library) -> Drawer:
    """Return what draws the worlds of a library: a clip of a video, a picture of all others.

    Drawing raises `TaskSpaceError` where an object cannot be drawn in that kind of world.
    """

    def draw(world: World) -> Picture | Clip:
        if world.kind == "2d":
            from tg_assets.scenes.sprites.rendering import render_picture as render_sprites

            return render_sprites(library, world)
        from tg_assets.scenes.solids.rendering import render_clip, render_picture

        return (
            render_clip(library, world) if world.kind == "video" else render_picture(library, world)
        )

    return draw
