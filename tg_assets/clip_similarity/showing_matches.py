"""How one image was matched, on the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tg_assets.clip_similarity.looking import labels_of
from tg_assets.image_pool.locations import local_path
from tg_assets.settings import Settings
from tg_assets.tables_io import TableMissing, TableStore

SHORTEST_PREFIX = 6
"""Characters of an image's id that may stand for it."""

_VERDICTS = {True: "kept", False: "not kept", None: "no verdict"}


class NoSuchImage(LookupError):  # noqa: N818 - it says what is wrong already
    """No image of the pool, or more than one, is meant; the message says what to give."""


def show(settings: Settings, image: str, console: Console | None = None) -> None:
    """Print an image's task types with their scores and the filter's verdicts.

    Args:
        settings: Of the galaxy.
        image: The image's id, at least six characters of its beginning, its path or its URL.
        console: Where to.

    Raises:
        NoSuchImage: The pool has no such image, or several, or it has not been matched yet.
    """
    console = console or Console()
    tables = TableStore(settings.home)
    shard, image_id, uri = find(tables, image)
    labels = labels_of(_candidates(tables, shard), tables, image_id)
    if labels.is_empty():
        raise NoSuchImage(
            f"image {image_id} of shard {shard} has no candidates: it was withdrawn, or it has no "
            f"embedding; {tables.path('image_embeddings', shard)} holds the reason"
        )
    for line in (f"image {image_id}, shard {shard}", uri):
        console.print(_plain(line), soft_wrap=True)
    console.print(_table(labels.join(_verdicts(tables, shard, image_id), on="task_id", how="left")))


def find(tables: TableStore, image: str) -> tuple[str, str, str]:
    """Return the shard, id and uri of the one image that is meant.

    Raises:
        NoSuchImage: There is none, or there are several.
    """
    named = {image, str(Path(local_path(image) or image).absolute())}
    found: dict[str, tuple[str, str, str]] = {}
    for shard in tables.partitions("image_pool"):
        pool = tables.read("image_pool", shard).select("image_id", "uri")
        meant = pl.col("uri").is_in(sorted(named)) | (pl.col("image_id") == image)
        if len(image) >= SHORTEST_PREFIX:
            meant |= pl.col("image_id").str.starts_with(image)
        for image_id, uri in pool.filter(meant).iter_rows():
            found.setdefault(image_id, (shard, image_id, uri))
    if not found:
        raise NoSuchImage(
            f"no image of the pool has the id, path or URL {image!r}; an id may be cut to "
            f"{SHORTEST_PREFIX} characters or more, and a file that was refused stands in the "
            "table rejected_images"
        )
    if len(found) > 1:
        some = ", ".join(sorted(found)[:5])
        raise NoSuchImage(f"{image!r} means {len(found)} images: give more of one id ({some})")
    return next(iter(found.values()))


def _candidates(tables: TableStore, shard: str) -> pl.DataFrame:
    try:
        return tables.read("candidate_pairs", shard)
    except TableMissing:
        raise NoSuchImage(
            f"shard {shard} has not been matched yet: materialize candidate_pairs, or `tg run`"
        ) from None


def _verdicts(tables: TableStore, shard: str, image_id: str) -> pl.DataFrame:
    """Return task_id and what the filter said, for the pairs that it was asked about."""
    try:
        asked = tables.read("filtered_pairs", shard).filter(pl.col("image_id") == image_id)
    except TableMissing:
        asked = pl.DataFrame(schema={"task_id": pl.String, "kept": pl.Boolean, "reason": pl.String})
    said = [
        f"{_VERDICTS[kept]}: {reason}" if reason else _VERDICTS[kept]
        for kept, reason in asked.select("kept", "reason").iter_rows()
    ]
    return asked.select("task_id").with_columns(filter=pl.Series(said, dtype=pl.String))


def _table(labels: pl.DataFrame) -> Table:
    table = Table("rank", "score", "task type", "filter", box=None, pad_edge=False)
    for rank, score, path, said in labels.select("rank", "score", "path", "filter").iter_rows():
        table.add_row(str(rank), f"{score:.3f}", _plain(path), _plain(said or "not asked"))
    return table


def _plain(text: str) -> Text:
    """Show text from files and models as it is: no markup, and nothing a terminal would obey."""
    return Text("".join(_harmless(text)))


def _harmless(text: str) -> Iterator[str]:
    for char in text:
        yield char if char.isprintable() else char.encode("unicode_escape").decode()
