"""What the sources of the pool list, as streams: folders, file lists, pictures to be drawn."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from tg_assets import ids
from tg_assets.image_pool.file_lists import ListError, rows_of
from tg_assets.image_pool.folders import FolderError, walk
from tg_assets.image_pool.listed import Refused, SourceFile
from tg_assets.image_pool.locations import (
    RENDERED_PREFIX,
    BadLocation,
    climbs_out,
    inside,
    is_rendered,
    is_utf8,
    local_path,
    printable,
)

__all__ = [
    "FolderError",
    "ListError",
    "Refused",
    "SourceFile",
    "list_file_list",
    "list_folder",
    "list_rendered",
]

_SEED_DIGITS = 15  # of a hexadecimal digest: 60 bits, which fit a signed 64-bit integer


def list_folder(root: str, source: str, license: str) -> Iterator[SourceFile | Refused]:
    """List the images of a folder and of the folders in it.

    Files are told by the ending of their names (jpg, jpeg, png, webp, gif, bmp, tif, tiff, in any
    case) and come sorted by path, folder by folder. Links are followed, each real folder is
    listed once: a link to a folder within the listed one, loops among them, is refused, since
    that folder is listed under its own name.

    Args:
        root: A local folder, or the URL of one in a storage that fsspec knows (s3://...).
        source: Name of the source.
        license: The licence of its images.

    Returns:
        The files, and what cannot be listed with its reason: ``not_utf8``, ``already_listed``,
        ``dangling_link``, ``not_a_file`` or ``unreadable``.

    Raises:
        FolderError: There is no such folder.
    """
    return walk(root, source, license)


def list_file_list(
    path: str, source: str, license: str, root: str | None = None
) -> Iterator[SourceFile | Refused]:
    """List the images that a CSV, JSONL or Parquet file names.

    Its column ``uri`` holds paths or URLs, relative ones from the list's own folder; a uri that
    comes again is left out. A column ``license`` may give a row a licence of its own.

    Args:
        path: The list: a local path, or a URL of a storage that fsspec knows.
        source: Name of the source.
        license: The licence of images for which the list gives none.
        root: A folder or URL that the uris may not lead out of; null allows any.

    Returns:
        The files in the list's order; ``Refused`` for a uri that no UTF-8 text can hold, that
        leads out of the root, or that names no place of a container although it begins as one.

    Raises:
        ListError: The list cannot be read, or a row has no uri; it names the file and the row.
            Raised while the rows are read, apart from an unknown ending, which is raised at once.
    """
    return _listed(rows_of(path), _folder_of(path), source, license, root)


def list_rendered(
    source: str, license: str, families: Sequence[str], count: int, seed: int
) -> Iterator[SourceFile]:
    """List pictures that are still to be drawn: ``rendered:<family>/<seed>``.

    Families take turns. The k-th picture of a family depends on ``seed``, the family and k alone,
    so a higher count only adds pictures at the end, and another family leaves those of the others
    as they are.

    Args:
        source: Name of the source.
        license: The licence of the pictures.
        families: Names of families of scenes, each once.
        count: How many pictures.
        seed: Seed of the source.

    Raises:
        ValueError: The count is negative, or the families are none, or not names, or repeated.
    """
    if count < 0:
        raise ValueError(f"source {source!r}: count is {count}, it may not be negative")
    if not families or len(set(families)) != len(families):
        raise ValueError(f"source {source!r}: families {list(families)} are none or repeat one")
    for family in families:
        if not family or "/" in family:
            raise ValueError(f"source {source!r}: {family!r} is no name of a family")
    return (
        SourceFile(
            _rendered_uri(families[i % len(families)], i // len(families), seed), source, license
        )
        for i in range(count)
    )


def _rendered_uri(family: str, index: int, seed: int) -> str:
    picture_seed = int(ids.digest("rendered", seed, family, index)[:_SEED_DIGITS], 16)
    return f"{RENDERED_PREFIX}{family}/{picture_seed}"


def _listed(
    rows: Iterator[tuple[str, str | None]],
    folder: str,
    source: str,
    license: str,
    root: str | None,
) -> Iterator[SourceFile | Refused]:
    seen: set[str] = set()
    for written, own_license in rows:
        try:
            uri = _resolved(written, folder)
        except BadLocation as error:
            yield Refused(printable(written), source, "unreadable", str(error))
            continue
        if uri in seen:
            continue
        seen.add(uri)
        if not is_utf8(uri):
            yield Refused(printable(uri), source, "not_utf8", "the uri cannot be written as UTF-8")
        elif (there := inside(uri)) is not None and climbs_out(there.place):
            detail = "its name leads out of the container; write the member as the archive lists it"
            yield Refused(uri, source, "climbs_out", detail)
        elif root is not None and not is_within(uri, root):
            detail = f"it leads out of the source's root {root}; mend the list, or move the root"
            yield Refused(uri, source, "climbs_out", detail)
        else:
            yield SourceFile(uri, source, own_license or license)


def _folder_of(path: str) -> str:
    local = local_path(path)
    return path.rpartition("/")[0] if local is None else os.path.dirname(os.path.abspath(local))


def _resolved(uri: str, folder: str) -> str:
    if is_rendered(uri):
        return uri
    there = inside(uri)
    if there is not None:
        return replace(there, container=_resolved(there.container, folder)).uri
    path = local_path(uri)
    if path is None:
        return uri
    if os.path.isabs(path):
        return path
    return f"{folder.rstrip('/')}/{PurePosixPath(path)}"


def is_within(uri: str, root: str) -> bool:
    """Tell whether a file, or the container it lies in, is below a folder, links followed."""
    there = inside(uri)
    file = uri if there is None else there.container
    local, local_root = local_path(file), local_path(root)
    if local is None or local_root is None:
        start = root.rstrip("/") + "/"
        return file.startswith(start) and not climbs_out(file[len(start) :])
    real_root = os.path.realpath(local_root)
    return os.path.commonpath([real_root, os.path.realpath(local)]) == real_root
