"""Where things stand: cells of a grid, and how one cell lies from another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GRIDS = (2, 3)
"""Sides of the grids."""

CELLS = {
    2: ("top left", "top right", "bottom left", "bottom right"),
    3: (
        "top left",
        "top middle",
        "top right",
        "middle left",
        "middle",
        "middle right",
        "bottom left",
        "bottom middle",
        "bottom right",
    ),
}
"""The names of the cells, row by row."""

RELATIVE = {
    "top left": (-1, -1),
    "top": (-1, 0),
    "top right": (-1, 1),
    "left": (0, -1),
    "right": (0, 1),
    "bottom left": (1, -1),
    "bottom": (1, 0),
    "bottom right": (1, 1),
}
"""The eight relative positions: rows down and columns right."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A cell with a neighbour.

    Attributes:
        cell: Of the target.
        position: How the reference lies from it.
        reference: The reference's cell.
    """

    grid: int
    cell: str
    position: str
    reference: str


def neighbours(grid: int) -> Iterator[Beside]:
    """Yield every cell with every relative position that is still on the grid."""
    for place, cell in enumerate(CELLS[grid]):
        for position, (down, right) in RELATIVE.items():
            row, column = place // grid + down, place % grid + right
            if 0 <= row < grid and 0 <= column < grid:
                yield Beside(grid, cell, position, CELLS[grid][row * grid + column])


def squared_distance(grid: int, first: str, second: str) -> int:
    """Return the squared distance of two cells' centres, in cells."""
    one, other = CELLS[grid].index(first), CELLS[grid].index(second)
    return (one // grid - other // grid) ** 2 + (one % grid - other % grid) ** 2


def is_farther_somewhere(grid: int, target: str, reference: str) -> bool:
    """Whether some cell is farther from the reference than the target: it can be the closest."""
    there = squared_distance(grid, target, reference)
    return any(squared_distance(grid, cell, reference) > there for cell in CELLS[grid])


def is_nearer_somewhere(grid: int, target: str, reference: str) -> bool:
    """Whether some other cell is nearer to the reference: the target can be the farthest."""
    there = squared_distance(grid, target, reference)
    return any(0 < squared_distance(grid, cell, reference) < there for cell in CELLS[grid])
