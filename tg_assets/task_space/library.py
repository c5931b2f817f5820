"""The assets that pictures are made of: objects, each of a category, with attribute values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.taxonomy import Taxonomy

ATTRIBUTE_TYPES = ("color", "material", "shape")
OBJECTS_FILE = "cateid_to_objects.json"
CONCEPTS_FILE = "cateid_to_concept.json"
TAXONOMY_FILE = "taxonomy.json"


class LibraryError(TaskSpaceError):
    """An asset library that cannot be used; the message names file, object and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Attribute:
    """A value of an attribute type, such as the colour red."""

    type: str
    value: str


@dataclass(frozen=True)
class Library:
    """Objects under a taxonomy.

    Attributes:
        taxonomy: Of the categories.
        attributes: The attribute values of each category, sorted: those of its own objects and of
            all below it, because an object counts for its category and every ancestor.
        names: The display name of each category.
    """

    taxonomy: Taxonomy
    attributes: Mapping[str, tuple[Attribute, ...]]
    names: Mapping[str, str]


def load_published(folder: Path) -> Library:
    """Load a library in the format that Task-Me-Anything publishes.

    Args:
        folder: Holds ``taxonomy.json``, ``cateid_to_objects.json`` and ``cateid_to_concept.json``.

    Raises:
        LibraryError: A file is missing or is not what it should be.
        TaxonomyError: The taxonomy runs in a circle.
    """
    taxonomy, objects, concepts = (
        _read(folder / name) for name in (TAXONOMY_FILE, OBJECTS_FILE, CONCEPTS_FILE)
    )
    edges = taxonomy.get("edges")
    if not isinstance(edges, list) or not all(_is_edge(edge) for edge in edges):
        raise LibraryError(
            f"{folder / TAXONOMY_FILE}: edges is to be a list of [parent, child]; see the format"
        )
    own = {
        category: frozenset(_attributes(category, things, folder / OBJECTS_FILE))
        for category, things in objects.items()
        if things
    }
    tree = Taxonomy([(parent, child) for parent, child in edges], own.keys())
    attributes = {
        category: tuple(sorted(_with_below(category, tree, own))) for category in tree.concepts
    }
    known = {**taxonomy.get("nodes", {}), **concepts}
    names = {category: _name(category, known) for category in tree.concepts}
    return Library(tree, attributes, names)


def _read(file: Path) -> dict[str, Any]:
    try:
        parsed = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        raise LibraryError(
            f"{file} does not exist; the folder of a library holds {TAXONOMY_FILE}, "
            f"{OBJECTS_FILE} and {CONCEPTS_FILE}"
        ) from None
    except orjson.JSONDecodeError as error:
        raise LibraryError(f"{file} is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise LibraryError(f"{file} is to hold a JSON object, not a {type(parsed).__name__}")
    return parsed


def _is_edge(edge: Any) -> bool:
    return isinstance(edge, list) and len(edge) == 2 and all(isinstance(end, str) for end in edge)


def _attributes(category: str, things: Mapping[str, Any], file: Path) -> set[Attribute]:
    found = set()
    for name, thing in things.items():
        for kind, values in thing.get("attributes", {}).items():
            if kind not in ATTRIBUTE_TYPES:
                raise LibraryError(
                    f"{file}: object {name} of {category} has the attribute type {kind!r}; known "
                    f"are {', '.join(ATTRIBUTE_TYPES)}"
                )
            found |= {Attribute(kind, value) for value in values}
    return found


def _with_below(
    category: str, tree: Taxonomy, own: Mapping[str, frozenset[Attribute]]
) -> frozenset[Attribute]:
    nothing: frozenset[Attribute] = frozenset()
    below = (own.get(concept, nothing) for concept in tree.descendants(category))
    return own.get(category, nothing).union(*below)


def _name(category: str, known: Mapping[str, Any]) -> str:
    said = known.get(category, {}).get("surface_name") or category
    return str(said[0] if isinstance(said, list) else said)
