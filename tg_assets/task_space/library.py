"""The assets that pictures are made of: objects, each of a category, with attribute values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.taxonomy import Taxonomy

ATTRIBUTE_TYPES = ("color", "material", "shape")
OBJECTS_FILE = "cateid_to_objects.json"
CONCEPTS_FILE = "cateid_to_concept.json"
TAXONOMY_FILE = "taxonomy.json"
IMAGES_FOLDER, MODELS_FOLDER = "object_images", "objects"
"""Where the published pictures and models lie, beside the tables."""


class LibraryError(TaskSpaceError):
    """An asset library that cannot be used; the message names file, object and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Attribute:
    """A value of an attribute type, such as the colour red."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Asset:
    """An object that can stand in a picture.

    Attributes:
        id: Unique in the library.
        categories: The categories that list it, sorted: one asset may belong to several.
        attributes: Its values, sorted. Where it has none of a type, nothing is said of it: it is
            not known to lack any value of that type.
        views: Pictures of it, as names for `Library.file`, with the angle in degrees that each
            shows it from.
        model: Its 3D model, as a name for `Library.file` or one that a renderer knows.
        is_round: Turning it about its vertical axis shows nothing.
        turns: The turns of its model, in degrees, that show well what it is; any does where there
            are none.
    """

    id: str
    categories: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()
    views: tuple[tuple[str, float], ...] = ()
    model: str | None = None
    is_round: bool = False
    turns: tuple[float, ...] = ()


@dataclass(frozen=True)
class Library:
    """Objects under a taxonomy.

    Attributes:
        taxonomy: Of the categories.
        assets: The objects by id.
        names: The display name of each category.
        aliases: Every name of each category, the display name first.
        folder: Where the files of the assets lie; null where there are none.
    """

    taxonomy: Taxonomy
    assets: Mapping[str, Asset]
    names: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder: Path | None = None

    @cached_property
    def assets_of(self) -> Mapping[str, tuple[Asset, ...]]:
        """The objects that count for each category, by id: its own and those of all below it."""
        found: dict[str, dict[str, Asset]] = {concept: {} for concept in self.taxonomy.concepts}
        for asset in sorted(self.assets.values(), key=lambda asset: asset.id):
            for category in self.categories_of(asset.id):
                found[category][asset.id] = asset
        return {category: tuple(mine.values()) for category, mine in found.items()}

    @cached_property
    def attributes(self) -> Mapping[str, tuple[Attribute, ...]]:
        """The attribute values of each category, sorted: those of every object that counts."""
        return {
            category: tuple(sorted({value for asset in assets for value in asset.attributes}))
            for category, assets in self.assets_of.items()
        }

    def asset(self, name: str) -> Asset:
        """Return an object.

        Raises:
            LibraryError: There is none of that id.
        """
        if name not in self.assets:
            raise LibraryError(f"the library has no object {name!r}")
        return self.assets[name]

    def file(self, name: str) -> Path:
        """Return a file of an asset: what its views and its model name."""
        return (self.folder or Path()) / name

    def categories_of(self, asset: str) -> frozenset[str]:
        """Return everything that an object is: its categories and all above them."""
        return self._categories[self.asset(asset).id]

    @cached_property
    def _categories(self) -> Mapping[str, frozenset[str]]:
        return {
            name: frozenset(asset.categories).union(
                *(self.taxonomy.ancestors(category) for category in asset.categories)
            )
            for name, asset in self.assets.items()
        }


def require_folder(folder: Path) -> None:
    """Refuse what is no folder.

    Raises:
        LibraryError: It does not exist, or is a file.
    """
    if folder.is_file():
        raise LibraryError(
            f"{folder} is a file; name the folder that holds it and the library's other files"
        )
    if not folder.is_dir():
        raise LibraryError(f"{folder} does not exist; name the folder of a library")


def load_published(folder: Path) -> Library:
    """Load a library in the format that Task-Me-Anything publishes.

    Args:
        folder: Holds ``taxonomy.json``, ``cateid_to_objects.json`` and ``cateid_to_concept.json``;
            for rendering, the pictures as ``object_images/CATEGORY/OBJECT/NUMBER.png`` and the
            models as ``objects/OBJECT.glb``.

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
    assets = _assets(objects, folder / OBJECTS_FILE)
    with_assets = {category for asset in assets.values() for category in asset.categories}
    tree = Taxonomy([(parent, child) for parent, child in edges], with_assets)
    known = {**taxonomy.get("nodes", {}), **concepts}
    aliases = {category: _names(category, known) for category in tree.concepts}
    names = {category: said[0] for category, said in aliases.items()}
    return Library(tree, assets, names, aliases, folder)


def _assets(objects: Mapping[str, Mapping[str, Any]], file: Path) -> dict[str, Asset]:
    """Return the objects by id, each with every category that lists it."""
    categories: dict[str, set[str]] = {}
    attributes: dict[str, set[Attribute]] = {}
    views: dict[str, tuple[tuple[str, float], ...]] = {}
    turns: dict[str, tuple[float, ...]] = {}
    for category, things in objects.items():
        for name, thing in things.items():
            where = f"{file}: object {name} of {category}"
            categories.setdefault(name, set()).add(category)
            attributes.setdefault(name, set()).update(_attributes(thing, where))
            views[name] = tuple(_views(thing, f"{IMAGES_FOLDER}/{category}/{name}", where))
            turns[name] = tuple(map(float, thing.get("angles", ())))
    return {
        name: Asset(
            name,
            tuple(sorted(mine)),
            tuple(sorted(attributes[name])),
            views[name],
            model=f"{MODELS_FOLDER}/{name}.glb",
            turns=turns[name],
        )
        for name, mine in categories.items()
    }


def _views(thing: Mapping[str, Any], folder: str, where: str) -> Iterator[tuple[str, float]]:
    """Yield the pictures of an object with the turn that each shows.

    They are numbered ring by ring, three turns a ring. That is not written down anywhere: of the
    1,996 published objects, 1,903 keep just the turns (``angles``) of which a picture is left when
    the turn is the number modulo three, and 1,202 when it is the number divided by three.
    """
    for view in thing.get("images", ()):
        number = Path(str(view)).stem
        if not number.isdecimal():
            raise LibraryError(f"{where}: the picture {view!r} has no number as its name")
        yield f"{folder}/{view}", float(int(number) % 3 * 120)


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


def _attributes(thing: Mapping[str, Any], where: str) -> Iterator[Attribute]:
    for kind, values in thing.get("attributes", {}).items():
        if kind not in ATTRIBUTE_TYPES:
            raise LibraryError(
                f"{where} has the attribute type {kind!r}; known are {', '.join(ATTRIBUTE_TYPES)}"
            )
        yield from (Attribute(kind, value) for value in values)


def _names(category: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    said = known.get(category, {}).get("surface_name") or category
    return tuple(map(str, said)) if isinstance(said, list) else (str(said),)
