"""Drawing the picture that a uri of a rendered source names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tg_assets.image_pool.locations import RENDERED_PREFIX, is_rendered
from tg_assets.scenes.render import FAMILIES, Rendered, render
from tg_assets.task_space.libraries import OpenLibrary
from tg_assets.task_space.world import World

if TYPE_CHECKING:
    from tg_assets.scenes.render_cache import Drawing

__all__ = ["is_rendered", "render_uri"]


def render_uri(
    uri: str,
    library: OpenLibrary | None = None,
    draw_world: Callable[[World], Drawing] | None = None,
) -> Rendered:
    """Draw ``rendered:<family>/<seed>``.

    Args:
        uri: What is to be drawn.
        library: What sprites and models are of; the one that comes with the project when absent.
        draw_world: Draws worlds; the built-in renderers when absent.

    Raises:
        ValueError: The uri names no family or no seed.
    """
    family, _, seed = uri.removeprefix(RENDERED_PREFIX).partition("/")
    if family not in FAMILIES or not seed.isdigit():
        raise ValueError(
            f"{uri}: no such picture; rendered pictures are {RENDERED_PREFIX}<family>/<seed> "
            f"with a family of {', '.join(sorted(FAMILIES))}"
        )
    return render(family, int(seed), library, draw_world)
