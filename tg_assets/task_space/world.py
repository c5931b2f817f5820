"""What a synthetic picture or video shows: objects of a library in the cells of a grid.

A world is complete: drawing it decides nothing that a question could be about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson

from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.grids import CELLS

Kind = Literal["2d", "3d", "video"]
FRAMES = 16
"""Frames of a video."""


class WorldError(TaskSpaceError):
    """A text that is no world; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How a thing moves in a video; it stays in its cell in every frame.

    Attributes:
        kind: Whether it changes its place or turns about its vertical axis.
        direction: ``left``, ``right``, ``up`` or ``down`` in the picture; ``clockwise`` or
            ``counterclockwise`` as seen from above.
    """

    kind: Literal["move", "rotate"]
    direction: str


@dataclass(frozen=True, slots=True)
class Thing:
    """An object in a picture.

    Attributes:
        id: Unique in the world; numbers of object-id masks follow the order of `World.things`.
        asset: The object's id in the library, which knows its categories and attributes.
        cell: Where its middle lies.
        size: Its largest extent, as a share of the largest that a cell holds.
        turn: About its vertical axis, in degrees.
        motion: In a video, how it moves; null when it stands still.
    """

    id: str
    asset: str
    cell: str
    size: float = 1.0
    turn: float = 0.0
    motion: Motion | None = None


@dataclass(frozen=True)
class World:
    """A picture's or a video's complete truth.

    Attributes:
        kind: How it is drawn.
        grid: The side of the grid.
        things: At most one a cell, in the order of cells.
        look: Seed of what only the eye cares about: backdrop, light.
    """

    kind: Kind
    grid: int
    things: tuple[Thing, ...]
    look: int = 0

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the grid's cells."""
        return CELLS[self.grid]

    def at(self, cell: str) -> Thing | None:
        """Return what stands in a cell."""
        return next((thing for thing in self.things if thing.cell == cell), None)

    def to_json(self) -> str:
        """Return the canonical text: sorted keys, no spaces."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def from_json(cls, text: str) -> World:
        """Return the world that `to_json` wrote.

        Raises:
            WorldError: The text is no world.
        """
        try:
            raw: dict[str, Any] = orjson.loads(text)
            things = tuple(_thing(thing) for thing in raw.pop("things"))
            return cls(things=things, **raw)
        except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as error:
            raise WorldError(f"not a world: {error}") from error


def _thing(raw: Mapping[str, Any]) -> Thing:
    motion = raw.get("motion")
    return Thing(**{**raw, "motion": None if motion is None else Motion(**motion)})
