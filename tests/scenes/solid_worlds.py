"""Worlds of built-in models for the tests: any models in any colours, placed by a seed."""

from __future__ import annotations

import random
from functools import cache

from tg_assets.scenes.solids.models import MODELS
from tg_assets.task_space.grids import CELLS
from tg_assets.task_space.library import Asset, Attribute, Library
from tg_assets.task_space.taxonomy import Taxonomy
from tg_assets.task_space.world import Kind, Motion, Thing, World


@cache
def library() -> Library:
    """Return a library with every model in its first colour and first material."""
    assets = {}
    for facts in MODELS.values():
        values = [Attribute("color", facts.colors[0]), Attribute("material", facts.materials[0])]
        assets[facts.name] = Asset(
            facts.name, (facts.categories[0],), tuple(sorted(values)), model=facts.name,
            is_round=facts.is_round,
        )  # fmt: skip
    kinds = {category for asset in assets.values() for category in asset.categories}
    return Library(Taxonomy([], kinds), assets, {})


def full(seed: int, grid: int, kind: Kind = "3d", motion: Motion | None = None) -> World:
    """Return a world with a random thing in every cell, turned at random."""
    dice = random.Random(seed)
    things = [
        Thing(cell, dice.choice(sorted(MODELS)), cell, 1.0, float(dice.randrange(-35, 36)), motion)
        for cell in CELLS[grid]
    ]
    return World(kind, grid, tuple(things), seed)


def alone(asset: str, cell: str = "middle", grid: int = 3, **more: object) -> World:
    """Return a world with one thing."""
    kind = "video" if more.get("motion") else "3d"
    return World(kind, grid, (Thing("it", asset, cell, **more),))  # type: ignore[arg-type]
