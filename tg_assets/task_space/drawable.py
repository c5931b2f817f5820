"""Which objects of a library can stand in which kind of picture."""

from __future__ import annotations

from dataclasses import replace

from tg_assets.task_space.library import Asset, Library
from tg_assets.task_space.taxonomy import Taxonomy
from tg_assets.task_space.world import Kind


def can_be_drawn(asset: Asset, kind: Kind) -> bool:
    """Whether an object has what a kind of picture is made of: a view in 2D, or else a model."""
    return bool(asset.views) if kind == "2d" else asset.model is not None


def drawable(library: Library, kind: Kind) -> Library:
    """Return the part of a library that a kind of picture can show, under its part of the taxonomy.

    A library with nothing to draw in it is returned whole: its plans can be counted and its worlds
    made, if not drawn.
    """
    kept = {name: asset for name, asset in library.assets.items() if can_be_drawn(asset, kind)}
    if len(kept) in (0, len(library.assets)):
        return library
    tree = library.taxonomy
    edges = [(parent, child) for parent in tree.concepts for child in tree.children(parent)]
    with_assets = {category for asset in kept.values() for category in asset.categories}
    return replace(library, assets=kept, taxonomy=Taxonomy(edges, with_assets))
