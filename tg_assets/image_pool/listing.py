"""What the sources of the settings list, whatever their kind."""

from __future__ import annotations

from collections.abc import Collection as Items
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from tg_assets.image_pool.containers import SUFFIXES, members
from tg_assets.image_pool.folders import walk
from tg_assets.image_pool.listed import Member, Problem, Refused, SourceFile
from tg_assets.image_pool.locations import LOCAL, RENDERED, ContainerKind, scheme
from tg_assets.image_pool.paper_collections import SUBSOURCES, list_annotated, list_places
from tg_assets.image_pool.public_hosts import refused
from tg_assets.image_pool.remembered import Remembered
from tg_assets.image_pool.sources import is_within, list_file_list, list_folder, list_rendered
from tg_assets.image_pool.storages import is_file
from tg_assets.settings_sources import (
    CollectionSource,
    FileListSource,
    FolderSource,
    ParquetSource,
    RenderedSource,
    Source,
    WebDatasetSource,
    ZipSource,
)

Entry = SourceFile | Refused


def entries(
    source: Source,
    remembered: Remembered,
    schemes: Items[str],
    within: Items[str] = (),
    http_hosts: Items[str] = (),
) -> Iterator[Entry]:
    """List a source as a stream, in an order that files which are added do not change.

    Args:
        source: Of the settings, which allow its path's storage, or say so when they are loaded.
        remembered: The listings of containers that were listed before.
        schemes: Of the storages that may be read from; what a list names elsewhere is refused.
        within: Local folders outside which nothing is read, links followed; none: anywhere.
        http_hosts: Hosts that may be reached although their addresses are private.

    Raises:
        ValueError: The source cannot be listed (FolderError, ListError).
        StorageError: Its storage cannot be used.
    """
    found = _entries(source, remembered)
    if isinstance(source, FileListSource):
        found = _public(_allowed(found, source.name, (*schemes, RENDERED)), http_hosts)
    return _inside(found, within) if within else iter(found)


def _public(found: Iterable[Entry], http_hosts: Items[str]) -> Iterator[Entry]:
    for entry in found:
        host = urlsplit(entry.uri).hostname if entry.uri.startswith(("http://", "https://")) else ""
        if host and refused(host, http_hosts):
            detail = f"{host} is not of the public internet; add it to http_hosts to read from it"
            yield Refused(entry.uri, entry.source, "private_address", detail)
        else:
            yield entry


def _inside(found: Iterable[Entry], folders: Items[str]) -> Iterator[Entry]:
    for entry in found:
        if isinstance(entry, Refused) or any(is_within(entry.uri, folder) for folder in folders):
            yield entry
        elif scheme(entry.uri) != LOCAL:
            yield entry  # another storage, or still to be drawn
        else:
            detail = f"it lies outside {', '.join(folders)}, which `within` allows, links followed"
            yield Refused(entry.uri, entry.source, "climbs_out", detail)


def _allowed(found: Iterable[Entry], source: str, schemes: Items[str]) -> Iterator[Entry]:
    for entry in found:
        if isinstance(entry, Refused) or scheme(entry.uri) in schemes:
            yield entry
        else:
            detail = (
                f"nothing is read from {scheme(entry.uri)}:// unless the settings allow it: add it "
                f"to uri_schemes, which allow {', '.join(schemes)}"
            )
            yield Refused(entry.uri, source, "scheme_not_allowed", detail)


def _entries(source: Source, remembered: Remembered) -> Iterable[Entry]:
    match source:
        case FolderSource():
            return list_folder(source.path, source.name, source.license)
        case FileListSource():
            return list_file_list(source.path, source.name, source.license, source.root)
        case ZipSource():
            return _contained("zip", source, remembered)
        case WebDatasetSource():
            return _contained("tar", source, remembered)
        case ParquetSource():
            return _tabled(source)
        case CollectionSource():
            return _collected(source, remembered)
        case RenderedSource():
            return list_rendered(
                source.name, source.license, source.families, source.count, source.seed
            )


def _contained(
    kind: ContainerKind, source: ZipSource | WebDatasetSource, remembered: Remembered
) -> Iterator[Entry]:
    for container in _containers(kind, source.path, source.name):
        if isinstance(container, Refused):
            yield container
        else:
            found = remembered.members(kind, container.uri)
            yield from _of_source(found, source.name, source.license)


def _tabled(source: ParquetSource) -> Iterator[Entry]:
    for table in _containers("parquet", source.path, source.name):
        if isinstance(table, Refused):
            yield table
        else:
            found = members("parquet", table.uri, source.column, source.license_column)
            yield from _of_source(found, source.name, source.license)


def _collected(source: CollectionSource, remembered: Remembered) -> Iterator[Entry]:
    wanted = source.subsources
    subs = [
        sub.under(source.licenses.get(sub.name))
        for sub in SUBSOURCES[source.collection]
        if not wanted or sub.name in wanted
    ]
    if source.annotations:
        return list_annotated(source.path, source.name, source.collection, subs, source.annotations)
    return list_places(
        source.path, source.name, subs, lambda archive: remembered.members("zip", archive)
    )


def _containers(kind: ContainerKind, path: str, source: str) -> Iterator[Entry]:
    """List the containers of a folder, or the one that the path names."""
    if is_file(path):
        return iter([SourceFile(path, source, "")])
    return walk(path, source, "", SUFFIXES[kind])


def _of_source(found: Iterator[Member | Problem], source: str, license: str) -> Iterator[Entry]:
    for entry in found:
        if isinstance(entry, Member):
            yield SourceFile(entry.uri, source, entry.license or license)
        else:
            yield Refused(entry.uri, source, entry.reason, entry.detail)
