"""The libraries that are open in this process, by what is in them.

A scene names the library that its objects are of by a digest of the library's content, so that a
picture is never explained by another library than it was drawn from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tg_assets.ids import ID_CHARS, digest
from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.library import Library
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.space import TaskSpace


class UnknownLibrary(TaskSpaceError):  # noqa: N818 - one that is not open
    """A scene was drawn from a library that is not open here."""


@dataclass(frozen=True)
class OpenLibrary:
    """A library with what it spans.

    Attributes:
        library: The library.
        version: A digest of its content: objects, taxonomy, names, and the pictures of objects.
    """

    library: Library
    version: str

    @cached_property
    def space(self) -> TaskSpace:
        """The task space over it."""
        return TaskSpace(self.library)


_OPEN: dict[str, OpenLibrary] = {}


@lru_cache(maxsize=8)
def opened(folders: tuple[str, ...] = ()) -> OpenLibrary:
    """Open a library, or return it when it is open already.

    Args:
        folders: As `open_library` takes them; none is the library that comes with the project.

    Raises:
        LibraryError: There is none, or something is wrong with it.
    """
    library = open_library([Path(folder) for folder in folders])
    found = OpenLibrary(library, version_of(library))
    return _OPEN.setdefault(found.version, found)


def by_version(version: str) -> OpenLibrary:
    """Return the open library of a version.

    Raises:
        UnknownLibrary: No library that is open has this content.
    """
    if version not in _OPEN:
        opened()
    if version not in _OPEN:
        raise UnknownLibrary(
            f"a picture was drawn from a library of version {version}, which is not open here; "
            "name its folders under task_space.library, or draw the pictures again"
        )
    return _OPEN[version]


def version_of(library: Library) -> str:
    """Return a digest of a library's content; files of 3D models and views count by their bytes."""
    said = [f"{category}={'/'.join(names)}" for category, names in sorted(library.aliases.items())]
    for concept in library.taxonomy.concepts:
        said.append(f"{concept}>{','.join(sorted(library.taxonomy.children(concept)))}")
    for name in sorted(library.assets):
        asset = library.assets[name]
        files = [file for file, _ in asset.views] + [asset.model or ""]
        said.append(
            digest(
                name,
                ",".join(asset.categories),
                ",".join(f"{value.type}={value.value}" for value in asset.attributes),
                str(asset.is_round),
                *(_content(library.folder, file) for file in files),
            )
        )
    return digest("library", *said)


def _content(folder: Path | None, file: str) -> str:
    """Return a digest of a file's bytes; a name where it is none."""
    path = Path(file) if folder is None else folder / file
    if not file or not path.is_file():
        return Path(file).name
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()[:ID_CHARS]
