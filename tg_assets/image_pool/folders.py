"""Walking a folder of images: local, with the links and oddities of a disk, or in a storage."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from upath import UPath

from tg_assets.image_pool.listed import IMAGE_SUFFIXES, Refused, SourceFile
from tg_assets.image_pool.locations import is_utf8, local_path, printable
from tg_assets.image_pool.storages import speaking_of


class FolderError(ValueError):
    """The folder that was to be listed is not there; the message names it."""


@dataclass(frozen=True, slots=True)
class _File:
    uri: str


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str


@dataclass(frozen=True, slots=True)
class _Problem:
    path: str
    reason: str
    detail: str


_Entry = _File | _Folder | _Problem


class _Tree(Protocol):
    def entries(self, folder: str) -> Iterator[_Entry]:
        """Yield what is in a folder, sorted by name; problems instead of errors."""
        ...


def walk(
    root: str, source: str, license: str, suffixes: tuple[str, ...] = IMAGE_SUFFIXES
) -> Iterator[SourceFile | Refused]:
    """List the files below a folder whose names end so, images unless told otherwise.

    See :func:`tg_assets.image_pool.sources.list_folder`.
    """
    path = local_path(root)
    tree: _Tree
    if path is None:
        remote = UPath(root)
        tree, top = _RemoteTree(remote, suffixes), remote.path.rstrip("/")
    else:
        top = os.path.abspath(path)
        tree = _LocalTree(top, suffixes)
    return _walked(tree, top, source, license)


def _walked(tree: _Tree, top: str, source: str, license: str) -> Iterator[SourceFile | Refused]:
    # A stack of its own: folders may be nested deeper than Python's calls.
    open_folders = [tree.entries(top)]
    while open_folders:
        entry = next(open_folders[-1], None)
        if entry is None:
            open_folders.pop()
        elif isinstance(entry, _Folder):
            open_folders.append(tree.entries(entry.path))
        elif isinstance(entry, _File):
            yield SourceFile(entry.uri, source, license)
        else:
            yield Refused(printable(entry.path), source, entry.reason, entry.detail)


class _LocalTree:
    """A folder of this machine."""

    def __init__(self, root: str, suffixes: tuple[str, ...]) -> None:
        if not os.path.isdir(root):
            what = "is a file" if os.path.exists(root) else "does not exist"
            raise FolderError(f"{printable(root)} {what}; name a folder of images")
        if not is_utf8(root):
            raise FolderError(f"{printable(root)}: the name is not UTF-8; rename the folder")
        self._suffixes = suffixes
        self._top = os.path.realpath(root)
        self._visited = {self._identity(root)}

    def entries(self, folder: str) -> Iterator[_Entry]:
        try:
            with os.scandir(folder) as found:
                inside = sorted(found, key=lambda item: item.name)
        except OSError as error:
            yield _Problem(folder, "unreadable", f"the folder cannot be read: {error.strerror}")
            return
        for item in inside:
            entry = self._entry(item)
            if entry is not None:
                yield entry

    def _entry(self, item: os.DirEntry[str]) -> _Entry | None:
        try:
            is_folder = item.is_dir()
            is_file = item.is_file()
        except OSError as error:
            reason = "dangling_link" if error.errno == errno.ELOOP else "unreadable"
            return _Problem(item.path, reason, f"it cannot be looked at: {error.strerror}")
        if not is_utf8(item.name):
            wanted = is_folder or self._is_wanted(item.name)
            return _Problem(item.path, "not_utf8", "the name is not UTF-8") if wanted else None
        if is_folder:
            return self._folder(item)
        if not is_file and item.is_symlink() and not os.path.exists(item.path):
            return _Problem(item.path, "dangling_link", "what the link names does not exist")
        if not self._is_wanted(item.name):
            return None
        if not is_file:
            return _Problem(item.path, "not_a_file", "it is a pipe, a socket or a device")
        return _File(item.path)

    def _is_wanted(self, name: str) -> bool:
        return name.lower().endswith(self._suffixes)

    def _folder(self, item: os.DirEntry[str]) -> _Entry:
        # A folder within the listed one is listed under its own name, wherever links to it sort:
        # a link that is added later must not rename pictures that are already in shards.
        try:
            identity = self._identity(item.path)
        except OSError as error:
            return _Problem(item.path, "unreadable", f"it cannot be looked at: {error.strerror}")
        if identity in self._visited or (item.is_symlink() and self._is_within(item.path)):
            detail = f"it is {printable(os.path.realpath(item.path))}, which is listed already"
            return _Problem(item.path, "already_listed", detail)
        self._visited.add(identity)
        return _Folder(item.path)

    def _is_within(self, path: str) -> bool:
        return os.path.commonpath([self._top, os.path.realpath(path)]) == self._top

    @staticmethod
    def _identity(folder: str) -> tuple[int, int]:
        # The real path in two numbers: to resolve the path itself takes as many calls as it is
        # deep, for each folder.
        facts = os.stat(folder)
        return facts.st_dev, facts.st_ino


class _RemoteTree:
    """A folder of a storage that fsspec knows; such storages have no links."""

    def __init__(self, root: UPath, suffixes: tuple[str, ...]) -> None:
        self._suffixes = suffixes
        with speaking_of(str(root)):
            self._storage: Any = root.fs
            self._storage.invalidate_cache()  # a sensor lists the same folder again and again
            there = self._storage.isdir(root.path)
        if not there:
            raise FolderError(f"{root} is no folder, or holds nothing; name a folder of images")

    def entries(self, folder: str) -> Iterator[_Entry]:
        try:
            with speaking_of(self._uri(folder)):
                found = self._storage.ls(folder, detail=True)
        except (FileNotFoundError, NotADirectoryError) as error:
            detail = f"the folder cannot be read: {error.strerror or type(error).__name__}"
            yield _Problem(self._uri(folder), "unreadable", detail)
            return
        for item in sorted(found, key=lambda item: str(item["name"])):
            name = str(item["name"])
            if name.strip("/") == folder.strip("/"):
                continue  # the empty object that some tools leave to mark a folder
            if item["type"] == "directory":
                yield _Folder(name.rstrip("/"))
            elif name.lower().endswith(self._suffixes):
                yield _File(self._uri(name))

    def _uri(self, name: str) -> str:
        return str(self._storage.unstrip_protocol(name))
