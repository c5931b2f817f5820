"""Measures the generators over scene graphs, on graphs made with the statistics of GQA's.

    python -m benchmarks.scene_graphs --graphs 10000 --json

GQA itself (validation: 10,000 graphs) is not part of the project. The graphs made here have, on
average, 16.5 objects (a log-normal number, 1 to 120) with 0.7 attributes each, and 50 relations, of
which 43 are pairs of `to the left of` and `to the right of` that follow the boxes. Names, values
and the other relations follow Zipf's law over as many words as GQA has (1,700, 610 and 310).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

NAMES, VALUES, RELATIONS = 1700, 610, 308
OBJECTS, ATTRIBUTES, SIDEWAYS, OTHERS = 16.5, 0.7, 24.0, 7.5
COLORS = ("white", "black", "green", "blue", "brown", "red", "gray", "yellow", "orange", "pink")
WIDTH, HEIGHT = 500, 375


def zipf(dice: np.random.Generator, words: int, n: int) -> np.ndarray:
    """Draw places in a list of words, the early ones oftener."""
    steps = np.cumsum(1 / np.arange(3, words + 3))
    return np.searchsorted(steps, dice.random(n) * steps[-1])


def gqa_like(graphs: int, seed: int = 1) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield graphs in GQA's format, by id."""
    dice = np.random.default_rng(seed)
    for number in range(graphs):
        yield str(2_300_000 + number), _graph(dice, number * 1000)


def _graph(dice: np.random.Generator, first: int) -> dict[str, Any]:
    n = int(np.clip(dice.lognormal(np.log(OBJECTS) - 0.14, 0.6), 1, 120))
    boxes = dice.integers(0, (WIDTH - 20, HEIGHT - 20), (n, 2))
    values = np.split(
        zipf(dice, VALUES, (per_object := dice.poisson(ATTRIBUTES, n)).sum()), per_object.cumsum()
    )
    ids = [str(first + k) for k in range(n)]
    objects = {
        ids[k]: {
            "name": f"name {name}",
            "x": int(boxes[k, 0]),
            "y": int(boxes[k, 1]),
            "w": 20,
            "h": 20,
            "attributes": sorted({_value(v) for v in values[k]}),
            "relations": [],
        }
        for k, name in enumerate(zipf(dice, NAMES, n))
    }
    sideways = dice.poisson(SIDEWAYS * n / OBJECTS)
    for one, other in dice.integers(0, n, (sideways, 2)):
        left, right = sorted((int(one), int(other)), key=lambda k: (boxes[k, 0], k))
        if left != right:
            _relate(objects, ids[left], "to the left of", ids[right])
            _relate(objects, ids[right], "to the right of", ids[left])
    others = dice.poisson(OTHERS * n / OBJECTS)
    for (one, other), name in zip(
        dice.integers(0, n, (others, 2)), zipf(dice, RELATIONS, others), strict=True
    ):
        if one != other:
            _relate(objects, ids[one], f"relation {name}", ids[other])
    return {"width": WIDTH, "height": HEIGHT, "objects": objects}


def _value(place: int) -> str:
    return COLORS[place] if place < len(COLORS) else f"value {place}"


def _relate(objects: dict[str, Any], subject: str, name: str, other: str) -> None:
    relation = {"name": name, "object": other}
    if relation not in objects[subject]["relations"]:
        objects[subject]["relations"].append(relation)


def write(file: Path, graphs: int, seed: int = 1) -> None:
    """Write graphs into one file, as GQA does."""
    with file.open("wb") as out:
        for number, (name, graph) in enumerate(gqa_like(graphs, seed)):
            out.write(b"," if number else b"{")
            out.write(orjson.dumps(name) + b":" + orjson.dumps(graph))
        out.write(b"}")
