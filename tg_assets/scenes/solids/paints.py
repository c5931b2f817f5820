"""Colours and materials: what an object's attributes mean to the renderer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tg_assets.task_space.errors import TaskSpaceError

Rgb = tuple[int, int, int]


class PaintError(TaskSpaceError):
    """A colour or material that cannot be painted; the message names the object."""


COLORS: Mapping[str, Rgb] = MappingProxyType(
    {
        "red": (214, 34, 36),
        "orange": (245, 124, 10),
        "yellow": (250, 212, 20),
        "green": (36, 150, 56),
        "blue": (30, 84, 214),
        "purple": (122, 44, 172),
        "pink": (248, 130, 186),
        "brown": (122, 70, 32),
        "black": (34, 34, 38),
        "white": (244, 244, 240),
        "gray": (140, 144, 150),
        # Not asked about: what parts beside the body are made of.
        "wood brown": (160, 108, 58),
        "steel": (188, 192, 198),
        "gold": (224, 170, 52),
        "window": (120, 178, 208),
        "paper": (238, 232, 214),
        "skin": (226, 178, 140),
        "leaf": (70, 140, 50),
    }
)
"""sRGB of each colour in full light."""

ASKED_COLORS = tuple(list(COLORS)[:11])
"""The values of the attribute type color."""


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface answers to light.

    Attributes:
        mirror: Share of the room that it reflects when seen head-on.
        edge: Share when seen from the side (Fresnel).
        gloss: Exponent of the highlight of the lamp.
        highlight: Its strength.
        tinted: Reflections take the colour of the surface.
        clear: Share of what lies behind that shines through.
        grain: The pattern in it, by name.
    """

    mirror: float = 0.0
    edge: float = 0.0
    gloss: float = 1.0
    highlight: float = 0.0
    tinted: bool = False
    clear: float = 0.0
    grain: str = ""


MATERIALS: Mapping[str, Material] = MappingProxyType(
    {
        "plastic": Material(mirror=0.05, edge=0.45, gloss=90, highlight=0.9),
        "rubber": Material(),
        "metal": Material(mirror=0.85, edge=1.0, gloss=60, highlight=1.2, tinted=True),
        "wood": Material(edge=0.06, gloss=20, highlight=0.08, grain="wood"),
        "stone": Material(grain="stone"),
        "glass": Material(mirror=0.08, edge=0.9, gloss=200, highlight=1.6, clear=0.86),
    }
)
"""What the values of the attribute type material look like."""
