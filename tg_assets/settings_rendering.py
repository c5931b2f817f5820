"""The settings of how worlds of the task space are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tg_assets.settings_parts import Part

if TYPE_CHECKING:
    from tg_assets.scenes.worlds import Renderer
    from tg_assets.task_space.library import Library


class Rendering(Part):
    """How 3D pictures and videos are drawn, and how much of what was drawn is kept."""

    solids: Literal["built-in", "blender"] = "built-in"
    blender_python: str | None = None  # the Python that has bpy; the running one when absent
    samples: int = Field(default=32, ge=1)  # of Blender: light paths per pixel
    threads: int = Field(default=1, ge=1)  # of Blender
    picture_timeout_s: float = Field(default=300, gt=0)  # of Blender; a video has it per frame
    cache_gigabytes: float | None = Field(default=20, gt=0)

    def renderer(self, library: Library, cache: Path) -> Renderer:
        """Return what draws the worlds of a library.

        Args:
            library: Whose objects they show.
            cache: The folder of what was drawn.
        """
        from tg_assets.scenes.blender.rendering import Blender
        from tg_assets.scenes.render_cache import RenderCache
        from tg_assets.scenes.worlds import Renderer

        most = None if self.cache_gigabytes is None else int(self.cache_gigabytes * 10**9)
        blender = None
        if self.solids == "blender":
            python = None if self.blender_python is None else Path(self.blender_python)
            blender = Blender(python, self.samples, self.threads, self.picture_timeout_s)
        return Renderer(library, RenderCache(cache, most), blender)
