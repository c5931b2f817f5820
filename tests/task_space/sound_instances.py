"""Instances written by hand, one of each family, over a library written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tg_assets.task_space.instance import Asked, Claim, Instance, Option
from tg_assets.task_space.library import Asset, Attribute, Library
from tg_assets.task_space.taxonomy import Taxonomy
from tg_assets.task_space.world import Motion, Thing, World

EDGES = [
    ("food", "fruit"),
    ("fruit", "apple"),
    ("fruit", "banana"),
    ("toy", "ball"),
    ("toy", "kite"),
]
LOOKS: Mapping[str, tuple[str, str, str, str]] = {
    "red apple": ("apple", "red", "textile", "sphere"),
    "green apple": ("apple", "green", "textile", "sphere"),
    "yellow apple": ("apple", "yellow", "textile", "sphere"),
    "yellow banana": ("banana", "yellow", "paper", "cylinder"),
    "blue ball": ("ball", "blue", "rubber", "octagon"),
    "green ball": ("ball", "green", "rubber", "octagon"),
    "some toy": ("toy", "green", "rubber", "octagon"),
    "black kite": ("kite", "black", "plastic", "triangle"),
    "dragon": ("dragon", "brown", "plastic", "triangle"),
    "white oven": ("oven", "white", "metal", "cube"),
    "gray microwave": ("microwave", "gray", "glass", "cuboid"),
    "pink hammer": ("hammer", "pink", "wood", "torus"),
    "red hammer": ("hammer", "red", "wood", "torus"),
    "gold hammer": ("hammer", "gold", "metal", "torus"),
    "some fruit": ("fruit", "purple", "clay", "heart-shape"),
    "statue": ("object", "beige", "stone", "cone"),
}
NAMES = {"microwave": "microwave oven", "dragon": "kite"}


def library() -> Library:
    """Return the library: its object "red apple" is an apple, red, and so on."""
    kinds = ("color", "material", "shape")
    assets = [
        Asset(name, (category,), tuple(map(Attribute, kinds, values)))
        for name, (category, *values) in LOOKS.items()
    ]
    assets += [
        Asset("bare rock", ("rock",)),  # nobody wrote down how it looks
        Asset("round apple", ("apple",), (Attribute("color", "red"),), is_round=True),
        Asset("motley apple", ("apple",), (Attribute("color", "red"), Attribute("color", "white"))),
        Asset("apple ball", ("apple", "ball"), (Attribute("color", "blue"),)),
    ]
    tree = Taxonomy(EDGES, {category for asset in assets for category in asset.categories})
    names = {concept: NAMES.get(concept, concept) for concept in tree.concepts}
    aliases = {concept: (name,) for concept, name in names.items()}
    return Library(tree, {asset.id: asset for asset in assets}, names, aliases)


RED = Attribute("color", "red")
FOUR = (
    ("red apple", "top left"),
    ("blue ball", "top right"),
    ("black kite", "bottom left"),
    ("pink hammer", "bottom right"),
)
NINE = (
    ("red apple", "top middle"),
    ("blue ball", "top right"),
    ("black kite", "middle"),
    ("pink hammer", "bottom left"),
)
LEFT, UP = Motion("move", "left"), Motion("move", "up")
CLOCKWISE, COUNTER = Motion("rotate", "clockwise"), Motion("rotate", "counterclockwise")


def world(kind: Any, grid: int, places: Any, **each: Any) -> World:
    """Return a world; `each` gives every thing's own size or motion, in their order."""
    things = []
    for number, (asset, cell) in enumerate(places):
        more = {name: values[number] for name, values in each.items()}
        things.append(Thing(f"t{number}", asset, cell, **more))
    return World(kind, grid, tuple(things))


FLAT, DEEP = world("2d", 2, FOUR), world("3d", 3, NINE)
LARGE = world("3d", 2, FOUR, size=(0.9, 0.6, 0.5, 0.4))
SMALL = world("3d", 2, FOUR, size=(0.3, 0.6, 0.5, 0.5))
MANY = world("3d", 2, (FOUR[0], ("green apple", "top right"), *FOUR[2:]))
MOVING = world("video", 2, FOUR, motion=(LEFT, None, None, None))
TURNING = world("video", 2, FOUR, motion=(CLOCKWISE, UP, COUNTER, COUNTER))

COLORS = ("red", "blue", "black", "pink")
CELLS = ("top left", "top right", "bottom left", "bottom right")
AROUND = ("left", "right", "top", "bottom")
THINGS = ("apple", "kite", "hammer")
CORNER = {"cell": "top left"}
BESIDE = {**CORNER, "reference": "ball", "position": "right"}
ATTRIBUTE = {"attribute_type": "color", "attribute_value": "red"}
NEAR = {"cell": "top middle", "reference": "ball", "position": "right", "distance": "closest"}
LEFT_STILL = {"motion": "left", "others": "still"}
TURNS = {"motion": "clockwise", "others": "moving otherwise"}

Row = tuple[str, World, str, Claim, Sequence[str], Mapping[str, Any]]
ROWS: Mapping[str, Row] = {
    "how many": (
        "how-many-3d",
        MANY,
        "How many apples are there?",
        Claim("count", "apple"),
        ("2", "1", "3", "4"),
        {"count": 2},
    ),
    "what": (
        "what-2d",
        FLAT,
        "What is in the top left?",
        Claim("category", cell="top left"),
        THINGS,
        CORNER,
    ),
    "what beside": (
        "what-2d",
        FLAT,
        "What is the red object directly to the left of the ball?",
        Claim("category", attribute=RED, reference="ball", position="left"),
        THINGS,
        {**BESIDE, **ATTRIBUTE},
    ),
    "where": (
        "where-2d",
        FLAT,
        "Where is the red apple?",
        Claim("cell", "apple", RED),
        CELLS,
        {**CORNER, **ATTRIBUTE},
    ),
    "where beside": (
        "where-2d",
        FLAT,
        "Where is the apple relative to the ball?",
        Claim("position", "apple", reference="ball"),
        AROUND,
        BESIDE,
    ),
    "what attribute": (
        "what-attribute-2d",
        FLAT,
        "What color is the object in the top left?",
        Claim("attribute", cell="top left", attribute_type="color"),
        COLORS,
        {**CORNER, **ATTRIBUTE},
    ),
    "where attribute": (
        "where-attribute-2d",
        FLAT,
        "Where is the red object?",
        Claim("cell", attribute=RED),
        CELLS,
        {**CORNER, **ATTRIBUTE},
    ),
    "what size": (
        "what-size-3d",
        LARGE,
        "What is the largest object?",
        Claim("category", size="largest"),
        THINGS,
        {**CORNER, "size": "largest"},
    ),
    "where size": (
        "where-size-3d",
        SMALL,
        "Where does the ball lie from the smallest object?",
        Claim("position", size="smallest", reference="ball", inverted=True),
        ("right", "left", "top", "bottom"),
        {**BESIDE, "size": "smallest", "order": "reference first"},
    ),
    "what attribute size": (
        "what-attribute-size-3d",
        LARGE,
        "What is the color of the biggest object?",
        Claim("attribute", size="largest", attribute_type="color"),
        COLORS,
        {**CORNER, **ATTRIBUTE, "size": "largest"},
    ),
    "what distance": (
        "what-distance-3d",
        DEEP,
        "What is closest to the ball?",
        Claim("category", distance="closest", reference="ball"),
        THINGS,
        NEAR,
    ),
    "where distance": (
        "where-distance-3d",
        DEEP,
        "Where is the object nearest to the ball?",
        Claim("cell", distance="closest", reference="ball"),
        ("top middle", "middle", "bottom left", "top left"),
        NEAR,
    ),
    "what attribute distance": (
        "what-attribute-distance-3d",
        DEEP,
        "What color is the object closest to the ball?",
        Claim("attribute", distance="closest", reference="ball", attribute_type="color"),
        COLORS,
        {**NEAR, **ATTRIBUTE},
    ),
    "what move": (
        "what-move-video",
        MOVING,
        "What is moving left?",
        Claim("category", motion=LEFT),
        THINGS,
        {**CORNER, **LEFT_STILL},
    ),
    "where move": (
        "where-move-video",
        MOVING,
        "Where is the red object that moves leftwards?",
        Claim("cell", attribute=RED, motion=LEFT),
        CELLS,
        {**CORNER, **ATTRIBUTE, **LEFT_STILL},
    ),
    "what attribute move": (
        "what-attribute-move-video",
        MOVING,
        "What is the colour of the object that moves left?",
        Claim("attribute", motion=LEFT, attribute_type="color"),
        COLORS,
        {**CORNER, **ATTRIBUTE, **LEFT_STILL},
    ),
    "what rotate": (
        "what-rotate-video",
        TURNING,
        "What turns clockwise?",
        Claim("category", motion=CLOCKWISE),
        THINGS,
        {**CORNER, **TURNS},
    ),
    "where rotate": (
        "where-rotate-video",
        TURNING,
        "Where is the object rotating clockwise, seen from the ball?",
        Claim("position", motion=CLOCKWISE, reference="ball"),
        AROUND,
        {**BESIDE, **TURNS, "order": "target first"},
    ),
    "what attribute rotate": (
        "what-attribute-rotate-video",
        TURNING,
        "What color is the object rotating clockwise?",
        Claim("attribute", motion=CLOCKWISE, attribute_type="color"),
        COLORS,
        {**CORNER, **ATTRIBUTE, **TURNS},
    ),
}


def instance(name: str) -> Instance:
    """Return a sound instance by the name of its row; its first option is right."""
    generator, shown, question, claim, means, plan = ROWS[name]
    options = tuple(Option(option, option) for option in means)
    named = {"generator": generator, "index": 0, "target": "apple", "grid": shown.grid, **plan}
    asked = Asked(claim, question, options, 0)
    return Instance(named, 0, shown, asked, "Perception~Test~Family")
