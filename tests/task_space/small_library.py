"""A small library in the published format: two parents, a lone category, an empty one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EDGES = [
    ["thing", "food"],
    ["thing", "toy"],
    ["food", "apple"],
    ["thing", "apple"],  # implied by thing, food, apple
    ["toy", "ball"],
    ["food", "cake"],
    ["toy", "cake"],  # a toy cake: two parents
    ["toy", "toy"],  # a self-loop
    ["thing", "nothing"],  # has no object
]
PICTURE = {"images": ["0.png"]}
OBJECTS: Mapping[str, Mapping[str, Any]] = {
    "apple": {
        "apple-1": {"attributes": {"color": ["red"], "shape": ["round"]}, **PICTURE},
        "apple-2": {"attributes": {"color": ["green"]}, **PICTURE},
    },
    "ball": {"ball-1": {"attributes": {"color": ["red"], "material": ["rubber"]}, **PICTURE}},
    "cake": {"cake-1": {"attributes": {}, **PICTURE}},
    "rock": {"rock-1": {"attributes": {"material": ["stone"]}, **PICTURE}},
    "nothing": {},
}
CATEGORIES = ("apple", "ball", "cake", "food", "rock", "thing", "toy")


def write(folder: Path, objects: Any = OBJECTS, edges: Any = EDGES) -> Path:
    """Write the library; return its folder."""
    nodes = {end: {"surface_name": [f"a {end}"]} for edge in EDGES for end in edge}
    files = {
        "taxonomy.json": {"edges": edges, "nodes": nodes},
        "cateid_to_objects.json": objects,
        "cateid_to_concept.json": {"rock": {"surface_name": ["stone"]}},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder
