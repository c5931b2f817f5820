"""What picks an object of a picture out: a few things around it, never its own name.

A referring subgraph has exactly n elements: attributes of the object itself; at most one neighbour,
which together with its relation is one element; attributes of that neighbour.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Direction = Literal["out", "in"]


class Neighbour(NamedTuple):
    """Another object that is related to the one picked out.

    Attributes:
        relation: The relation's name.
        direction: ``out`` when the object picked out is RELATION the neighbour, ``in`` when the
            neighbour is RELATION the object picked out.
        name: What the neighbour is.
        attributes: Values that the neighbour has, sorted.
    """

    relation: str
    direction: Direction
    name: str
    attributes: tuple[str, ...]


class Subgraph(NamedTuple):
    """What picks an object out.

    Attributes:
        attributes: Values that it has, sorted.
        neighbour: The one neighbour; null where there is none.
    """

    attributes: tuple[str, ...]
    neighbour: Neighbour | None

    @property
    def size(self) -> int:
        """How many elements it has."""
        around = 0 if self.neighbour is None else 1 + len(self.neighbour.attributes)
        return len(self.attributes) + around
