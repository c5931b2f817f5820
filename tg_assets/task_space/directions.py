"""How one cell lies from another, of the eight relative positions."""

from __future__ import annotations

from tg_assets.task_space.grids import CELLS, RELATIVE

_POSITION_OF = {step: position for position, step in RELATIVE.items()}


def opposite(position: str) -> str:
    """Return how the second of two things lies from the first, given the first from the second."""
    down, right = RELATIVE[position]
    return _POSITION_OF[-down, -right]


def cell_beside(grid: int, cell: str, position: str) -> str | None:
    """Return the neighbour of a cell that lies so from it, if it is on the grid."""
    place, (down, right) = CELLS[grid].index(cell), RELATIVE[position]
    row, column = place // grid + down, place % grid + right
    on_grid = 0 <= row < grid and 0 <= column < grid
    return CELLS[grid][row * grid + column] if on_grid else None


def direction(grid: int, start: str, end: str) -> str:
    """Return how a cell lies from another one, however far: two to the left is to the left."""
    one, other = CELLS[grid].index(start), CELLS[grid].index(end)
    down, right = other // grid - one // grid, other % grid - one % grid
    return _POSITION_OF[_sign(down), _sign(right)]


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
