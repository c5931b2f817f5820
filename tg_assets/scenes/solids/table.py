"""The objects that the project's own models make: the 3D part of the shipped library.

python -m tg_assets.scenes.solids.table > tg_assets/scenes/solids/objects.csv
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from tg_assets.scenes.solids.catalogue import ModelFacts
from tg_assets.scenes.solids.models import MODELS

FILE = Path(__file__).with_name("objects.csv")
COLUMNS = ("id", "category", "model", "color", "material", "shape", "round")
MOST = 8
"""Objects of a model."""
GLASS = ("red", "orange", "yellow", "green", "blue", "purple")
"""Colours in which glass stands out from the ground."""
TELLING = ("metal", "wood", "stone", "glass")
"""Materials that a picture shows by themselves; plastic and rubber only beside others."""


def rows() -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table: each colour of a model once, its materials in turn."""
    for facts in MODELS.values():
        for color, material in _kinds(facts):
            said = material if len(facts.materials) > 1 or material in TELLING else ""
            words = [facts.name, color, said if len(facts.materials) > 1 else ""]
            name = "-".join(word.replace(" ", "-") for word in words if word)
            is_round = "yes" if facts.is_round else ""
            yield (
                f"solid-{name}", ";".join(facts.categories), facts.name, color, said,
                facts.shape or "", is_round,
            )  # fmt: skip


def _kinds(facts: ModelFacts) -> list[tuple[str, str]]:
    kinds: list[tuple[str, str]] = []
    # Models begin at different colours, so that a library does not consist of red things.
    start = sum(facts.name.encode()) % len(facts.colors)
    for n in range(max(len(facts.colors), len(facts.materials))):
        color = facts.colors[(start + n) % len(facts.colors)]
        material = facts.materials[n % len(facts.materials)]
        if material == "glass" and color not in GLASS:
            color = GLASS[n % len(GLASS)]
        if (color, material) not in kinds:
            kinds.append((color, material))
    return kinds[:MOST]


def main() -> None:
    """Write the table."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows())


if __name__ == "__main__":
    main()
