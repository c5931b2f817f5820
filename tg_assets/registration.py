"""Registering what is new: files become image shards, seeds become task batches.

The list of a new partition is written before its key is registered: a run that dies between the
two leaves a list without a key, which the next registration completes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from upath import UPath

from tg_assets.image_pool.licences import write_changed
from tg_assets.image_pool.listed import Refused, SourceFile
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.locations import is_rendered
from tg_assets.image_pool.remembered import Remembered
from tg_assets.image_pool.shards import plan_shards
from tg_assets.settings import Settings
from tg_assets.tables import REFUSED_FILES, SEED_PATHS
from tg_assets.tables_io import TableStore
from tg_assets.task_tree.labels import split_path
from tg_assets.task_tree.seeds import load_seeds, new_paths

SHARDS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewShards:
    """What a look at the sources found.

    Attributes:
        keys: Shards whose list lies there and whose key may not be registered yet, in order.
        refused: Entries of the sources that can never be pictures.
    """

    keys: list[str]
    refused: int


def list_shards(settings: Settings, tables: TableStore, registered: Iterable[str]) -> NewShards:
    """Write the lists of new shards.

    Args:
        settings: Its sources and shard size.
        tables: Where the lists go.
        registered: The shards that have a key already.

    Returns:
        The shards that need a key.
    """
    known = _known_licences(tables)
    listed = tables.partitions("shard_files")
    refused: list[Refused] = []
    changed: dict[tuple[str, str], str] = {}
    files = _files(settings, Remembered(tables.root / "listings"), refused)
    files = _noting_licences(files, known, changed)
    number = max((int(key.split("-")[0]) for key in listed), default=-1) + 1
    for key, frame in plan_shards(files, known.keys(), settings.shard_size, number):
        tables.write("shard_files", frame, key)
        listed.append(key)
    _write_refused(tables, refused)
    write_changed(tables, changed)
    return NewShards(sorted(set(listed) - set(registered)), len(refused))


def _files(
    settings: Settings, remembered: Remembered, refused: list[Refused]
) -> Iterator[SourceFile]:
    for source in settings.sources:
        for entry in entries(
            source, remembered, settings.uri_schemes, settings.within, settings.http_hosts
        ):
            if isinstance(entry, Refused):
                refused.append(entry)
            else:
                yield entry


def _known_licences(tables: TableStore) -> dict[str, str]:
    return {
        uri: sys.intern(license)
        for key in tables.partitions("shard_files")
        for uri, license in tables.read("shard_files", key).select("uri", "license").iter_rows()
    }


def _noting_licences(
    files: Iterator[SourceFile], known: Mapping[str, str], changed: dict[tuple[str, str], str]
) -> Iterator[SourceFile]:
    """Pass files on; note the licence of each that was registered before, "" when it is the same.

    Pictures that are drawn have the licence of their source, all of them.
    """
    for file in files:
        before = known.get(file.uri)
        if before is not None:
            uri = "" if is_rendered(file.uri) else file.uri
            changed[file.source, uri] = "" if file.license == before else file.license
        yield file


def _known_uris(tables: TableStore) -> set[str]:
    return {
        uri
        for key in tables.partitions("shard_files")
        for uri in tables.read("shard_files", key)["uri"]
    }


def unlisted_files(settings: Settings, tables: TableStore) -> Iterator[SourceFile]:
    """Yield what the sources hold and no shard lists yet; registers nothing.

    Of containers it reads what is remembered; a home that is not there is not made.
    """
    seen = _known_uris(tables)
    listings = tables.root / "listings"
    for file in _files(settings, Remembered(listings if listings.is_dir() else None), []):
        if file.uri not in seen:
            seen.add(file.uri)
            yield file


def unlisted_seeds(settings: Settings, tables: TableStore) -> list[str]:
    """Return the paths of seeds and accepted proposals that no batch has; registers nothing.

    Raises:
        SeedsError: The seeds file cannot be used.
    """
    there: set[str] = set()
    for batch in tables.partitions("seed_paths"):
        there.update(tables.read("seed_paths", batch)["path"])
        if tables.stamp("task_tree", batch) is not None:
            there.update(tables.read("task_tree", batch)["path"])
    fresh = new_paths(load_seeds(settings.task_tree.seeds), there)
    accepted = settings.task_tree.accepted
    if accepted is None or not UPath(accepted).exists():  # nothing was accepted yet
        return fresh
    more = new_paths(load_seeds(accepted), there.union(fresh))
    return sorted([*fresh, *more], key=split_path)


def list_growth(settings: Settings, tables: TableStore, registered: Iterable[str]) -> list[str]:
    """Write the list of a batch without seeds, which grows under every task type there is.

    There is none while the tree has as many task types as its targets say, or while the last
    batch is not grown yet or was such a one and yielded nothing.

    Returns:
        The batches that need a key, in order.
    """
    listed = tables.partitions("seed_paths")
    if listed and _is_due(settings, tables, listed):
        key = f"{len(listed):04d}"
        tables.write("seed_paths", SEED_PATHS.empty(), key)
        listed.append(key)
    return sorted(set(listed) - set(registered))


def _is_due(settings: Settings, tables: TableStore, listed: list[str]) -> bool:
    sizes = [tables.rows("task_tree", batch) for batch in listed]
    if None in sizes or (sizes[-1] == 0 and tables.rows("seed_paths", listed[-1]) == 0):
        return False
    levels = Counter(
        level for batch in listed for level in tables.read("task_tree", batch)["level"]
    )
    return any(levels[level] < target for level, target in settings.task_tree.targets.items())


def _write_refused(tables: TableStore, refused: list[Refused]) -> None:
    rows = [(entry.uri, entry.source, entry.reason, entry.detail) for entry in refused]
    frame = pl.DataFrame(rows, schema=dict(REFUSED_FILES.columns), orient="row")
    tables.write("refused_files", frame.unique("uri", keep="first"))


def list_batch(settings: Settings, tables: TableStore, registered: Iterable[str]) -> list[str]:
    """Write the list of a new task batch, if the seeds hold a path that no batch has.

    A path that an earlier batch grew by itself counts as there.

    Returns:
        The batches that need a key, in order.

    Raises:
        SeedsError: The seeds file cannot be used.
    """
    listed = tables.partitions("seed_paths")
    fresh = unlisted_seeds(settings, tables)
    if fresh:
        key = f"{len(listed):04d}"
        tables.write("seed_paths", SEED_PATHS.enforce(pl.DataFrame({"path": fresh})), key)
        listed.append(key)
    return sorted(set(listed) - set(registered))
