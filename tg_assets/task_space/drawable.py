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

    Nothing is left of one that has nothing to draw in it: then there is nothing to ask either.
    """
    kept = {name: asset for name, asset in library.assets.items() if can_be_drawn(asset, kind)}
    if len(kept) == len(library.assets):
        return library
    tree = library.taxonomy
    edges = [(parent, child) for parent in tree.concepts for child in tree.children(parent)]
    with_assets = {category for asset in kept.values() for category in asset.categories}
    return replace(library, assets=kept, taxonomy=Taxonomy(edges, with_assets))


def why_no_plans(library: Library, kind: Kind, needs_attribute: bool) -> str:
    """Return why a generator has nothing to ask, for a person who wants to change that.

    Args:
        library: Of which it asks.
        kind: How its plans are drawn.
        needs_attribute: It has nothing to ask about, not even alone, for want of values.
    """
    means = "a picture" if kind == "2d" else "a 3D model"
    if not any(can_be_drawn(asset, kind) for asset in library.assets.values()):
        return f"no object of the library has {means}"
    if needs_attribute:
        return f"no object with {means} has a color, material or shape"
    return f"of the objects with {means} no two are of categories that exclude each other"
