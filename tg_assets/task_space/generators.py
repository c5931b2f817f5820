"""The 22 generators over synthetic pictures: which plans each has.

From Task-Me-Anything (arXiv 2406.11775): the same kinds of question in 2D, in 3D and in video, over
grids of 2x2 and 3x3 cells. A target may carry an attribute value that the library has for its
category; a reference never does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any, get_args

import polars as pl

from tg_assets.task_space.errors import did_you_mean
from tg_assets.task_space.forms import Form, Pool, TargetKind
from tg_assets.task_space.grids import (
    CELLS,
    GRIDS,
    is_farther_somewhere,
    is_nearer_somewhere,
    neighbours,
)
from tg_assets.task_space.world import Kind

PLAIN: tuple[TargetKind, ...] = ("category", "category with attribute")
ATTRIBUTED: tuple[TargetKind, ...] = ("category with attribute",)

SIZES = ("largest", "smallest")
ORDERS = ("target first", "reference first")
MOVES = ("left", "right", "up", "down")
TURNS = ("clockwise", "counterclockwise")
OTHERS = ("still", "moving otherwise")
SIZE_GRID, DISTANCE_GRID, VIDEO_GRID = 2, 3, 2

SLOTS: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "grid": pl.Int64,
        "cell": pl.String,
        "position": pl.String,
        "count": pl.Int64,
        "size": pl.String,
        "distance": pl.String,
        "motion": pl.String,
        "others": pl.String,
        "order": pl.String,
    }
)
"""What a plan may name beside target, attribute and reference; null where it does not."""


def _table(rows: Sequence[Mapping[str, Any]], **more: Sequence[str]) -> pl.DataFrame:
    """Return slot rows, each with every combination of what else they may hold."""
    combined = [
        {**row, **dict(zip(more, values, strict=True))}
        for row in rows
        for values in product(*more.values())
    ]
    return pl.DataFrame(combined, schema=dict(SLOTS))


def _cells(grids: Sequence[int]) -> list[dict[str, Any]]:
    return [{"grid": grid, "cell": cell} for grid in grids for cell in CELLS[grid]]


def _beside(grids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"grid": grid, "cell": place.cell, "position": place.position}
        for grid in grids
        for place in neighbours(grid)
    ]


def _placed(pool: Pool, kinds: Sequence[TargetKind]) -> list[Form]:
    alone, beside = _table(_cells(GRIDS)), _table(_beside(GRIDS))
    return [
        *(Form(pool, kind, alone) for kind in kinds),
        *(Form(pool, kind, beside, with_reference=True) for kind in kinds),
    ]


def _counted(pool: Pool) -> list[Form]:
    rows = [{"grid": grid, "count": n} for grid in GRIDS for n in range(1, grid * grid + 1)]
    kinds: tuple[TargetKind, ...] = ("category", "attribute", "category with attribute")
    return [Form(pool, kind, _table(rows)) for kind in kinds]


def _sized(pool: Pool, kinds: Sequence[TargetKind], beside: bool = False) -> list[Form]:
    forms = [Form(pool, kind, _table(_cells([SIZE_GRID]), size=SIZES)) for kind in kinds]
    if beside:
        slots = _table(_beside([SIZE_GRID]), size=SIZES, order=ORDERS)
        forms += [Form(pool, kind, slots, with_reference=True) for kind in kinds]
    return forms


def _distant(pool: Pool, kinds: Sequence[TargetKind]) -> list[Form]:
    rows = []
    for place in neighbours(DISTANCE_GRID):
        row = {"grid": DISTANCE_GRID, "cell": place.cell, "position": place.position}
        if is_farther_somewhere(DISTANCE_GRID, place.cell, place.reference):
            rows.append({**row, "distance": "closest"})
        if is_nearer_somewhere(DISTANCE_GRID, place.cell, place.reference):
            rows.append({**row, "distance": "farthest"})
    return [Form(pool, kind, _table(rows), with_reference=True) for kind in kinds]


def _in_motion(
    pool: Pool, kinds: Sequence[TargetKind], motions: Sequence[str], beside: bool = False
) -> list[Form]:
    alone = _table(_cells([VIDEO_GRID]), motion=motions, others=OTHERS)
    forms = [Form(pool, kind, alone) for kind in kinds]
    if beside:
        slots = _table(_beside([VIDEO_GRID]), motion=motions, others=OTHERS, order=ORDERS)
        forms += [Form(pool, kind, slots, with_reference=True) for kind in kinds]
    return forms


GENERATORS: Mapping[str, Callable[[Pool], list[Form]]] = MappingProxyType(
    {
        **{
            f"{name}-{space}": forms
            for space in ("2d", "3d")
            for name, forms in (
                ("how-many", _counted),
                ("what", lambda pool: _placed(pool, PLAIN)),
                ("where", lambda pool: _placed(pool, PLAIN)),
                ("what-attribute", lambda pool: _placed(pool, ATTRIBUTED)),
                ("where-attribute", lambda pool: _placed(pool, ATTRIBUTED)),
            )
        },
        "what-size-3d": lambda pool: _sized(pool, PLAIN),
        "where-size-3d": lambda pool: _sized(pool, PLAIN, beside=True),
        "what-attribute-size-3d": lambda pool: _sized(pool, ATTRIBUTED),
        "what-distance-3d": lambda pool: _distant(pool, PLAIN),
        "where-distance-3d": lambda pool: _distant(pool, PLAIN),
        "what-attribute-distance-3d": lambda pool: _distant(pool, ATTRIBUTED),
        "what-move-video": lambda pool: _in_motion(pool, PLAIN, MOVES),
        "where-move-video": lambda pool: _in_motion(pool, PLAIN, MOVES),
        "what-attribute-move-video": lambda pool: _in_motion(pool, ATTRIBUTED, MOVES),
        "what-rotate-video": lambda pool: _in_motion(pool, PLAIN, TURNS),
        "where-rotate-video": lambda pool: _in_motion(pool, PLAIN, TURNS, beside=True),
        "what-attribute-rotate-video": lambda pool: _in_motion(pool, ATTRIBUTED, TURNS),
    }
)
"""The forms of each generator."""


def no_generator(name: str) -> str:
    """Return what to say of a name that no generator here has."""
    from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator
    from tg_assets.task_space.scene_graphs.video_plans import VideoGenerator

    over_graphs = (*get_args(ImageGenerator), *get_args(VideoGenerator))
    if name in over_graphs:
        return (
            f"{name} asks about annotated pictures and videos, and its plans have no numbers: "
            f"see `tg task-space plans --generator {name}` and `tg task-space questions`"
        )
    meant = did_you_mean(name, (*GENERATORS, *over_graphs))
    said = f"{meant} There" if meant else "there"
    return (
        f"no generator is called {name!r}; {said} are {', '.join(GENERATORS)}; and over scene "
        f"graphs, with `tg task-space plans` and `questions`, {', '.join(over_graphs)}"
    )


def kind_of(generator: str) -> Kind:
    """Return the kind of picture that a generator's plans are drawn as: the end of its name."""
    kind: Kind = generator.rpartition("-")[-1]  # type: ignore[assignment]
    return kind
