"""The project's own format of a library: tables and pictures in a folder that anyone can add to.

A folder holds ``objects.csv``, a row an object, with its pictures; ``taxonomy.csv``, from parent to
child; and, where display names differ from the categories' ids, ``names.csv``. Several folders lie
on top of each other: what a later one adds stands beside what the earlier ones have.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tg_assets.task_space.errors import did_you_mean
from tg_assets.task_space.library import (
    ATTRIBUTE_TYPES,
    OBJECTS_FILE,
    TAXONOMY_FILE,
    Asset,
    Attribute,
    Library,
    LibraryError,
    load_published,
    require_folder,
)
from tg_assets.task_space.library_tables import Cells, read_table
from tg_assets.task_space.sprite_files import check_sprite
from tg_assets.task_space.taxonomy import Edge, Taxonomy, TaxonomyError

OBJECTS_TABLE = "objects.csv"
TAXONOMY_TABLE = "taxonomy.csv"
NAMES_TABLE = "names.csv"
SHIPPED = Path(__file__).parent / "shipped"
"""The folder of the library that comes with the project."""

_YES = {"": False, "no": False, "yes": True}


def open_library(folders: Sequence[Path] = ()) -> Library:
    """Load a library of either format, told by its files; the shipped one where none is given.

    Args:
        folders: One in the format that Task-Me-Anything publishes, or any number in the project's
            own, the lowest first. A folder that is called ``shipped`` and is not there is the
            library that comes with the project.

    Raises:
        LibraryError: A folder is none, or as `load_own` and `load_published` say it.
        TaxonomyError: The taxonomy runs in a circle.
    """
    layers = [SHIPPED if str(f) == "shipped" and not f.exists() else f for f in folders]
    for folder in layers:
        require_folder(folder)
        if (folder / OBJECTS_TABLE).exists():
            continue
        if not any((folder / name).exists() for name in (TAXONOMY_FILE, OBJECTS_FILE)):
            raise LibraryError(
                f"{folder} holds no library: neither {OBJECTS_TABLE}, of the project's format, nor "
                f"{TAXONOMY_FILE} and {OBJECTS_FILE}, of Task-Me-Anything's"
            )
        if len(layers) > 1:
            raise LibraryError(
                f"{folder} holds a library in Task-Me-Anything's format, which cannot lie on "
                "others; give it alone"
            )
        return load_published(folder)
    return load_own(layers or [SHIPPED])


def load_own(folders: Sequence[Path]) -> Library:
    """Load a library in the project's own format.

    Args:
        folders: Each with its tables, the lowest layer first.

    Raises:
        LibraryError: A table or a file that it names is missing or is not what it should be; the
            message names file, row and column.
        TaxonomyError: The taxonomy runs in a circle.
    """
    edges = [edge for folder in folders for edge in _edges(folder)]
    categories = {end for edge in edges for end in edge if end}
    assets = _assets(folders, categories)
    with_assets = {category for asset in assets.values() for category in asset.categories}
    try:
        tree = Taxonomy([edge for edge in edges if all(edge)], with_assets)
    except TaxonomyError as error:
        files = " or ".join(str(folder / TAXONOMY_TABLE) for folder in folders)
        raise TaxonomyError(f"{files}: {error}") from None
    said = _names(folders, categories)
    aliases = {concept: said.get(concept, (concept,)) for concept in tree.concepts}
    names = {concept: mine[0] for concept, mine in aliases.items()}
    return Library(tree, assets, names, aliases, folders[0].resolve())


def _edges(folder: Path) -> list[Edge]:
    """Return the edges of a taxonomy; a category that stands alone has an empty parent."""
    columns = ("parent", "child")
    return [
        (cells.one("parent"), cells.needed("child"))
        for cells in _optional(folder / TAXONOMY_TABLE, columns)
    ]


def _names(folders: Sequence[Path], categories: set[str]) -> dict[str, tuple[str, ...]]:
    """Return every name of the categories whose names are not just their ids."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in folders:
        for cells in _optional(folder / NAMES_TABLE, ("category", "name")):
            category = _known(cells, cells.needed("category"), categories)
            cells.needed("name")
            found[category] = cells.several("name")
    return found


def _optional(file: Path, columns: Sequence[str]) -> tuple[Cells, ...]:
    """Return the rows of a table that a folder may leave out."""
    return read_table(file, required=columns, known=columns) if file.exists() else ()


def _assets(folders: Sequence[Path], categories: set[str]) -> dict[str, Asset]:
    assets: dict[str, Asset] = {}
    places: dict[str, str] = {}
    for folder in folders:
        table = read_table(
            folder / OBJECTS_TABLE,
            required=("id", "category"),
            known=("id", "category", "sprite", "model", *ATTRIBUTE_TYPES, "round"),
        )
        for cells in table:
            asset = _asset(cells, folder.resolve(), categories)
            if asset.id in places:
                raise cells.wrong("id", f"{asset.id!r} stands at {places[asset.id]} already")
            assets[asset.id], places[asset.id] = asset, cells.place
        if not table:
            raise LibraryError(f"{folder / OBJECTS_TABLE} names no object; add a row for each")
    return assets


def _asset(cells: Cells, folder: Path, categories: set[str]) -> Asset:
    cells.needed("category")
    if not cells.one("sprite") and not cells.one("model"):
        raise cells.wrong("sprite", "is empty and so is model: there is nothing to draw; name one")
    if cells.one("round") not in _YES:
        raise cells.wrong("round", f"holds {cells.one('round')!r}; write yes, no or nothing")
    values = [Attribute(kind, value) for kind in ATTRIBUTE_TYPES for value in cells.several(kind)]
    return Asset(
        id=cells.needed("id"),
        categories=tuple(sorted(_known(cells, c, categories) for c in cells.several("category"))),
        attributes=tuple(sorted(values)),
        views=tuple((_sprite(cells, folder, name), 0.0) for name in cells.several("sprite")),
        model=_model(cells, folder),
        is_round=_YES[cells.one("round")],
    )


def _sprite(cells: Cells, folder: Path, name: str) -> str:
    file = _file(cells, "sprite", folder, name)
    if problem := check_sprite(file):
        raise cells.wrong("sprite", f"{file} {problem}")
    return str(file)


def _model(cells: Cells, folder: Path) -> str | None:
    """Return a model: a file where the name has an ending, else one that the renderer knows."""
    from tg_assets.scenes.solids.files import SUFFIXES
    from tg_assets.scenes.solids.models import MODELS

    name = cells.one("model")
    if not name or name in MODELS:
        _require_paints(cells, name)
        return name or None
    endings = ", ".join(SUFFIXES)
    if not (ending := Path(name).suffix):
        meant = did_you_mean(name, MODELS) or f"there are {', '.join(sorted(MODELS))}."
        raise cells.wrong(
            "model",
            f"no built-in model is called {name!r}; {meant} A model of your own is a file of "
            f"{endings} in the folder",
        )
    if ending.lower() not in SUFFIXES:
        raise cells.wrong("model", f"{name!r} cannot be drawn; models are files of {endings}")
    return str(_file(cells, "model", folder, name))


def _require_paints(cells: Cells, model: str) -> None:
    """Refuse what a built-in model cannot be painted as: a question would ask about it."""
    from tg_assets.scenes.solids.paints import ASKED_COLORS, MATERIALS

    for column, known in (("color", ASKED_COLORS), ("material", tuple(MATERIALS))):
        values = cells.several(column)
        wrong = [value for value in values if value not in known]
        if model and (wrong or len(values) > 1):
            said = did_you_mean(wrong[0], known) if wrong else ""
            raise cells.wrong(
                column,
                f"the built-in model {model!r} cannot be drawn as {' and '.join(values)}; "
                + (said or f"name one of {', '.join(known)}, or nothing"),
            )


def _file(cells: Cells, column: str, folder: Path, name: str) -> Path:
    """Return a file in a library's folder."""
    file = Path(os.path.normpath(folder / name))
    # such a file is not the library's, and is left behind when its folder is copied
    if not file.is_relative_to(folder):
        raise cells.wrong(column, f"{name!r} leads out of {folder}; copy the file into that folder")
    if not file.is_file():
        raise cells.wrong(column, f"{file} does not exist; put the file there")
    return file


def _known(cells: Cells, category: str, categories: set[str]) -> str:
    if category in categories:
        return category
    meant = did_you_mean(category, sorted(categories))
    meant = f"{meant} Else add" if meant else "add"
    raise cells.wrong(
        "category",
        f"{category!r} is in no {TAXONOMY_TABLE}; {meant} a row PARENT,{category} there, without "
        "PARENT where it stands alone",
    )
