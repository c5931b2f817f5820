"""Finding what a name means: a sample, an image, a task type; and reading its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tg_assets import ids
from tg_assets.tables_io import TableStore
from tg_assets.task_tree.labels import join_path, normalise_path
from tg_assets.withdrawals.assets import whole_tree
from tg_assets.withdrawals.respected import left_out_of

Row = dict[str, Any]
SHORTEST = 6
"""Characters of an id that may stand for it."""


class NothingTraced(LookupError):  # noqa: N818 - it says what is wrong already
    """Nothing, or more than one thing, has this name; the message says what was looked through."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means.

    Attributes:
        kind: sample, image or task_type.
        id: Its identifier: a sample's is the qa_id of its question.
        shard: Where it lies, null for a task type and for what is known by the lists alone.
    """

    kind: str
    id: str
    shard: str | None = None


def find(tables: TableStore, name: str) -> Found:
    """Return the one thing that a name means: an id or its beginning, a path, a file.

    Raises:
        NothingTraced: There is none, or there are several.
    """
    found = {(one.kind, one.id): one for one in _all(tables, name)}
    if not found:
        raise NothingTraced(
            f"{name!r} is no sample, question, image or task type of the tables, now or before: "
            f"give an id ({SHORTEST} characters or more of it), the uri of an image or the path of "
            "a task type"
        )
    if len(found) > 1:
        some = ", ".join(f"{kind} {id_}" for kind, id_ in sorted(found)[:5])
        raise NothingTraced(f"{name!r} means {len(found)} things, give more of one: {some}")
    return next(iter(found.values()))


def _all(tables: TableStore, name: str) -> Iterator[Found]:
    path = join_path(normalise_path(name))
    for task, known in whole_tree(tables).select("task_id", "path").iter_rows():
        if known == path or _is(task, name):
            yield Found("task_type", task)
    for batch in tables.partitions("rejected_task_types"):
        rejected = tables.read("rejected_task_types", batch)
        for parent, label in rejected.select("parent", "label").iter_rows():
            if path and path == join_path(normalise_path(f"{parent}~{label}" if parent else label)):
                yield Found("task_type", ids.task_id(path))
    for kind, name_of in (("task_type", "task_type"), ("image", "image")):
        for row in rows(tables, "withdrawals", kind=name_of):
            if _is(row["id"], name):
                yield Found(kind, row["id"])
    yield from _images(tables, name)
    yield from _samples(tables, name)


def _images(tables: TableStore, name: str) -> Iterator[Found]:
    for shard in tables.partitions("image_pool"):
        pool = tables.read("image_pool", shard)
        for image, uri in pool.select("image_id", "uri").iter_rows():
            if uri == name or _is(image, name):
                yield Found("image", image, shard)
        stamp = tables.stamp("image_pool", shard)
        for table in ("image_pool", "scenes"):
            stamp = tables.stamp(table, shard)
            for image in left_out_of(stamp) if stamp else ():
                if _is(image, name):
                    yield Found("image", image, shard)
        if tables.stamp("rejected_images", shard):
            rejected = tables.read("rejected_images", shard).filter(pl.col("uri") == name)
            for twin in rejected["twin_image_id"].drop_nulls():
                yield Found("image", twin, shard)


def _samples(tables: TableStore, name: str) -> Iterator[Found]:
    for shard in tables.partitions("scored_qa"):
        for qa in tables.read("scored_qa", shard)["qa_id"]:
            if _is(qa, name) or _is(ids.sample_id(qa), name):
                yield Found("sample", qa, shard)


def _is(known: str, name: str) -> bool:
    return known == name or (len(name) >= SHORTEST and known.startswith(name))


def rows(tables: TableStore, table: str, *partition: str, **equal: str) -> list[Row]:
    """Return the rows of a partition that have these values; none when it was never made."""
    if tables.stamp(table, *partition) is None:
        return []
    frame = tables.read(table, *partition)
    return frame.filter([pl.col(name) == value for name, value in equal.items()]).to_dicts()


def row(tables: TableStore, table: str, *partition: str, **equal: str) -> Row | None:
    """Return the first of such rows."""
    return next(iter(rows(tables, table, *partition, **equal)), None)
