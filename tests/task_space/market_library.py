"""A library with everything that makes an instance unsound where nobody looks out for it."""

from __future__ import annotations

from tg_assets.task_space.library import Asset, Attribute, Library
from tg_assets.task_space.taxonomy import Taxonomy

EDGES = [
    ("food", "apple"), ("food", "bread"), ("food", "cake"), ("food", "orange"),
    ("toy", "ball"), ("toy", "kite"), ("toy", "teddy"), ("ball", "football"),
    ("furniture", "chair"), ("chair", "office chair"), ("furniture", "table"),
    ("tool", "hammer"), ("tool", "saw"), ("vessel", "cup"), ("vessel", "vase"),
    ("gift", "souvenir"),
]  # fmt: skip
OBJECTS = {
    "apple-1": ("apple", "color=red", "shape=sphere"),
    "apple-2": ("apple", "color=green"),
    "apple-3": ("apple",),  # nobody said which colour
    "bread-1": ("bread", "color=brown"),
    "cake-1": ("cake", "color=white", "shape=cylinder"),
    "orange-1": ("orange", "color=orange", "shape=sphere"),
    "ball-1": ("ball", "color=blue", "material=rubber"),
    "football-1": ("football", "color=brown", "material=leather"),
    "kite-1": ("kite", "color=red", "material=paper"),
    "kite-2": ("kite", "color=red", "color=blue"),  # of two colours
    "teddy-1": ("teddy", "color=brown", "material=textile"),
    "chair-1": ("chair", "material=wood", "color=brown"),
    "office-1": ("office chair", "material=metal", "color=gray"),
    "table-1": ("table", "material=wood", "shape=rectangle"),
    "hammer-1": ("hammer", "material=metal"),
    "saw-1": ("saw", "material=metal", "color=gray"),
    "cup-1": ("cup", "material=ceramic", "color=white"),
    "vase-1": ("vase", "material=glass", "color=blue"),
    "globe-1": ("globe", "color=blue", "shape=sphere"),
    "bust-1": ("bust", "material=stone", "color=white"),
    # all that is a trinket is a keepsake as well, and the other way round
    "trinket-1": ("keepsake", "trinket", "color=gold"),
    # two kinds of mixer, called the same
    "mixer-1": ("mixer (kitchen)", "color=white", "material=metal"),
    "mixer-2": ("mixer (studio)", "color=black", "material=plastic"),
    "souvenir-1": ("souvenir", "color=yellow"),
}
ROUND = {"ball-1", "football-1", "globe-1"}


def _asset(name: str, said: tuple[str, ...]) -> Asset:
    values = [Attribute(*part.split("=")) for part in said if "=" in part]
    categories = tuple(sorted(part for part in said if "=" not in part))
    return Asset(
        name,
        categories,
        tuple(sorted(values)),
        views=((f"{name}.png", 0.0),),
        model=name,
        is_round=name in ROUND,
    )


def market() -> Library:
    """Return the library."""
    assets = {name: _asset(name, said) for name, said in OBJECTS.items()}
    with_assets = {category for asset in assets.values() for category in asset.categories}
    tree = Taxonomy(EDGES, with_assets)
    names = {category: category.partition(" (")[0] for category in tree.concepts}
    aliases = {category: (name,) for category, name in names.items()}
    return Library(tree, assets, names, aliases)
