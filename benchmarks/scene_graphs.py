"""Measures the generators over scene graphs, on graphs made with the statistics of GQA's.

    python -m benchmarks.scene_graphs --graphs 10000 --sizes 1 2 3 --json

GQA itself (validation: 10,000 graphs) is not part of the project. The graphs made here have, on
average, 16.7 objects (a log-normal number, 1 to 120) with 0.7 attributes each, and 50 relations, of
which 43 are pairs of `to the left of` and `to the right of` that follow the boxes. Names, values
and the other relations follow Zipf's law over as many words as GQA has (1,700, 610 and 308): those
of the project's vocabulary first, then made-up ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.checking import faults
from tg_assets.task_space.scene_graphs.image_graphs import image_graph
from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator, image_plans
from tg_assets.task_space.scene_graphs.image_questions import ask_about_picture
from tg_assets.task_space.scene_graphs.listing import ImageLister, list_plans
from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary

NAMES, VALUES, RELATIONS = 1700, 610, 308
OBJECTS, ATTRIBUTES, SIDEWAYS, OTHERS = 16.5, 0.7, 24.0, 7.5
WIDTH, HEIGHT = 500, 375
GENERATORS: tuple[ImageGenerator, ...] = ("object", "attribute", "relation")


@cache
def lists() -> tuple[list[str], list[str], list[str]]:
    """Return names, values and relations, the commonest first."""
    words = own_vocabulary()
    known = (
        sorted(words.names.concepts),
        list(words.attribute_types),
        [r for r in words.relation_types if not r.startswith("to the ")],
    )
    return tuple(  # type: ignore[return-value]
        [*real[:n], *(f"word {k}" for k in range(n - len(real)))]
        for real, n in zip(known, (NAMES, VALUES, RELATIONS), strict=True)
    )


def zipf(dice: np.random.Generator, words: list[str], n: int) -> list[str]:
    """Draw words, the early ones oftener."""
    steps = np.cumsum(1 / np.arange(3, len(words) + 3))
    return [words[k] for k in np.searchsorted(steps, dice.random(n) * steps[-1])]


def gqa_like(graphs: int, seed: int = 1) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield graphs in GQA's format, by id."""
    dice = np.random.default_rng(seed)
    for number in range(graphs):
        yield str(2_300_000 + number), _graph(dice, number * 1000)


def _graph(dice: np.random.Generator, first: int) -> dict[str, Any]:
    names, values, relations = lists()
    n = int(np.clip(dice.lognormal(np.log(OBJECTS) - 0.14, 0.6), 1, 120))
    boxes = dice.integers(0, (WIDTH - 20, HEIGHT - 20), (n, 2))
    per_object = dice.poisson(ATTRIBUTES, n)
    ids = [str(first + k) for k in range(n)]
    objects = {
        ids[k]: {
            "name": name,
            "x": int(boxes[k, 0]),
            "y": int(boxes[k, 1]),
            "w": 20,
            "h": 20,
            "attributes": sorted(set(zipf(dice, values, int(per_object[k])))),
            "relations": [],
        }
        for k, name in enumerate(zipf(dice, names, n))
    }
    sideways = dice.poisson(SIDEWAYS * n / OBJECTS)
    for one, other in dice.integers(0, n, (sideways, 2)):
        left, right = sorted((int(one), int(other)), key=lambda k: (boxes[k, 0], k))
        if left != right:
            _relate(objects, ids[left], "to the left of", ids[right])
            _relate(objects, ids[right], "to the right of", ids[left])
    others = int(dice.poisson(OTHERS * n / OBJECTS))
    pairs = dice.integers(0, n, (others, 2))
    for (one, other), name in zip(pairs, zipf(dice, relations, others), strict=True):
        if one != other:
            _relate(objects, ids[one], name, ids[other])
    return {"width": WIDTH, "height": HEIGHT, "objects": objects}


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


def listing(file: Path, generator: ImageGenerator, size: int, workers: int) -> dict[str, Any]:
    """Measure listing and counting all plans of a file, reading it included."""
    lister = ImageLister(generator, size, own_vocabulary().type_of)
    figures: dict[str, Any] = {}
    for what, counting in (("list", False), ("count", True)):
        started, worked, plans, written = time.perf_counter(), time.process_time(), 0, 0
        for found in list_plans(file, lister, counting, workers):
            plans += found.plans
            written += sum(map(len, found.lines))
        figures[f"{what}_s"] = round(time.perf_counter() - started, 2)
        if workers == 1:
            figures[f"{what}_cpu_s"] = round(time.process_time() - worked, 2)
        figures["plans"] = plans
        if written:
            figures["MB"] = round(written / 1e6, 1)
    return figures


def asking(graphs: int, size: int) -> dict[str, Any]:
    """Measure questions (a second of CPU), one of each object or relation, and check every one."""
    words = own_vocabulary()
    figures: dict[str, Any] = {}
    for generator in GENERATORS:
        outcomes: Counter[str] = Counter()
        ask_s = check_s = 0.0
        for name, raw in gqa_like(graphs, seed=2):
            graph = image_graph(name, raw)
            plans = [next(iter(p)) for p in image_plans(graph, generator, size, words.type_of)]
            started = time.process_time()
            made = [ask_about_picture(plan, graph, 1, words) for plan in plans]
            asked = time.process_time()
            for one in made:
                unsound = () if isinstance(one, NoInstance) else faults(one, graph, words)
                reason = one.reason if isinstance(one, NoInstance) else "asked"
                outcomes["; ".join(unsound) or reason] += 1
            ask_s, check_s = ask_s + asked - started, check_s + time.process_time() - asked
        figures[generator] = {
            "outcomes": dict(outcomes.most_common()),
            "asked_per_s": round(outcomes.total() / ask_s),
            "checked_per_s": round(outcomes["asked"] / check_s),
        }
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=500)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--asked-graphs", type=int, default=50, help="graphs that are asked about")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graphs.json"
        write(file, given.graphs)
        found = {
            "graphs": given.graphs,
            "workers": given.workers,
            "file_MB": round(file.stat().st_size / 1e6, 1),
            **{
                f"{generator}, {size} elements": listing(file, generator, size, given.workers)
                for generator in GENERATORS
                for size in given.sizes
            },
            "questions": asking(given.asked_graphs, size=2),
        }
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
