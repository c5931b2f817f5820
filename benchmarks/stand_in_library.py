"""A library without pictures: enough things to have plans, for simulated models and benchmarks."""

from __future__ import annotations

from tg_assets.ids import unit_interval
from tg_assets.task_space.library import Asset, Attribute, Library
from tg_assets.task_space.taxonomy import Taxonomy

FAMILIES = {
    "fruit": "apple pear banana cherry grape lemon mango orange peach plum",
    "vegetable": "carrot onion potato tomato cabbage radish pumpkin pepper leek garlic",
    "mammal": "cat dog horse cow sheep goat rabbit fox bear mouse",
    "bird": "duck goose owl eagle parrot robin swan crow pigeon penguin",
    "chair": "stool armchair bench sofa throne deckchair recliner pew hassock swing",
    "table": "desk sideboard counter workbench trestle lectern console altar stand easel",
    "vehicle": "car bus truck tram bicycle scooter tractor van ambulance train",
    "vessel": "cup mug bowl vase jug bottle glass pot pan kettle",
    "instrument": "violin guitar drum flute trumpet harp piano cello banjo accordion",
    "tool": "hammer saw wrench drill chisel pliers axe spade rake trowel",
    "garment": "hat coat shirt scarf glove boot shoe belt skirt sock",
    "toy": "ball doll kite top puppet yoyo robot marble block puzzle",
}
ABOVE = {
    "food": "fruit vegetable",
    "animal": "mammal bird",
    "furniture": "chair table",
    "artifact": "furniture vehicle vessel instrument tool garment toy",
}
VALUES = {
    "color": "red green blue yellow white black brown gray",
    "material": "wood metal plastic glass fabric",
    "shape": "round square long flat",
}
SHARE = 0.3
"""Of the attribute values, so many can be had in each category."""


def stand_in_library() -> Library:
    """Return 120 categories in 12 families, each with some attribute values."""
    groups = {**FAMILIES, **ABOVE}
    edges = [(parent, child) for parent, children in groups.items() for child in children.split()]
    leaves = sorted(name for family in FAMILIES.values() for name in family.split())
    assets = {
        f"{name}-1": Asset(
            f"{name}-1",
            (name,),
            tuple(sorted(_attributes(name))),
            views=((f"{name}.png", 0.0),),  # never opened: nothing of it is drawn
            model=f"{name}.glb",
        )
        for name in leaves
    }
    tree = Taxonomy(edges, set(leaves))
    return Library(tree, assets, {name: name for name in tree.concepts})


def _attributes(category: str) -> list[Attribute]:
    return [
        Attribute(kind, value)
        for kind, values in VALUES.items()
        for value in values.split()
        if unit_interval("stand-in", category, kind, value) < SHARE
    ]
