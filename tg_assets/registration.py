"""Registering what is new: files become image shards, seeds become task batches.

The list of a new partition is written before its key is registered: a run that dies between the
two leaves a list without a key, which the next registration completes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from tg_assets.image_pool.listed import Refused, SourceFile
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.remembered import Remembered
from tg_assets.image_pool.shards import plan_shards
from tg_assets.settings import Settings
from tg_assets.tables import REFUSED_FILES, SEED_PATHS
from tg_assets.tables_io import TableStore
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
    known = _known_uris(tables)
    listed = tables.partitions("shard_files")
    refused: list[Refused] = []
    files = _files(settings, Remembered(tables.root / "listings"), refused)
    number = max((int(key.split("-")[0]) for key in listed), default=-1) + 1
    for key, frame in plan_shards(files, known, settings.shard_size, number):
        tables.write("shard_files", frame, key)
        listed.append(key)
    _write_refused(tables, refused)
    return NewShards(sorted(set(listed) - set(registered)), len(refused))


def _files(
    settings: Settings, remembered: Remembered, refused: list[Refused]
) -> Iterator[SourceFile]:
    for source in settings.sources:
        for entry in entries(source, remembered, settings.uri_schemes):
            if isinstance(entry, Refused):
                refused.append(entry)
            else:
                yield entry


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
    """Return the paths of the seeds that no batch lists or has grown; registers nothing.

    Raises:
        SeedsError: The seeds file cannot be used.
    """
    there: set[str] = set()
    for batch in tables.partitions("seed_paths"):
        there.update(tables.read("seed_paths", batch)["path"])
        if tables.stamp("task_tree", batch) is not None:
            there.update(tables.read("task_tree", batch)["path"])
    return new_paths(load_seeds(settings.task_tree.seeds), there)


@dataclass(frozen=True, slots=True)
class EvaluatedModels:
    """How the registered models differ from those that the settings evaluate."""

    new: list[str]
    gone: list[str]


def list_models(settings: Settings, registered: Iterable[str]) -> EvaluatedModels:
    """Return the models that need a key, and the keys that no model needs any more.

    What a model that is gone had answered stays in the ledger.
    """
    named, there = set(settings.evaluation.models), set(registered)
    return EvaluatedModels(sorted(named - there), sorted(there - named))


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
