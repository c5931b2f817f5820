"""From the files of a shard to the rows of the pool: each file read once, none stops the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import polars as pl

from tg_assets import ids, tables
from tg_assets.image_pool.decoding import BadImage, inspect
from tg_assets.image_pool.filters import fault
from tg_assets.image_pool.locations import is_rendered
from tg_assets.image_pool.reading import ImageUnreadable, read_bytes
from tg_assets.settings_sources import Images

DUPLICATE = "duplicate"
"""The reason of a rejected image whose bytes are those of an earlier file of the same shard."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of the files of a shard: each is in one of the two tables.

    Attributes:
        pool: The images, a ``tables.IMAGE_POOL``.
        rejected: The other files, each with its reason, a ``tables.REJECTED_IMAGES``.
    """

    pool: pl.DataFrame
    rejected: pl.DataFrame


def registered_row(uri: str, source: str, license: str, content: bytes) -> Row:
    """Return the row of the pool for an image whose bytes are known.

    Args:
        uri: Where the image is.
        source: Name of the source it comes from.
        license: Its licence.
        content: The bytes of its file.

    Returns:
        A row of ``tables.IMAGE_POOL``.

    Raises:
        BadImage: The bytes are no picture that can be used.
    """
    facts = inspect(content)
    return {
        "image_id": ids.image_id(content),
        "uri": uri,
        "source": source,
        "license": license,
        "width": facts.width,
        "height": facts.height,
        "format": facts.format,
        "n_bytes": facts.n_bytes,
        "perceptual_hash": facts.perceptual_hash,
    }


def register(
    files: pl.DataFrame,
    workers: int = 2,
    on_progress: Callable[[int], None] | None = None,
    images: Images | None = None,
) -> Registered:
    """Read and decode every file of a shard.

    A file with the bytes of an earlier one (by position) is rejected as a duplicate of it; a uri
    that stands in the shard twice is read once. The result depends on the files alone.

    Args:
        files: The shard, a ``tables.SHARD_FILES``.
        workers: Threads; about as many files and decoded pictures are in memory at a time.
        on_progress: Told how many files are done, from the calling thread, after each of them.
        images: Leaves out pictures for their size, shape or sharpness; null leaves out none.

    Raises:
        ValueError: The shard holds pictures that are still to be drawn, or ``workers`` is below 1.
        OSError: The machine or the storage fails, which says nothing about the files.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}, it has to be at least 1")
    files = tables.SHARD_FILES.enforce(files)
    _refuse_rendered(files)
    files = files.unique("uri", keep="first", maintain_order=True)
    kept: dict[str, Row] = {}
    rejected: list[Row] = []
    outcomes = _outcomes(files.iter_rows(named=True), workers, images or Images())
    for done, row in enumerate(outcomes, start=1):
        if "reason" in row:
            rejected.append(row)
        elif row["image_id"] in kept:
            rejected.append(_duplicate(row, kept[row["image_id"]]))
        else:
            kept[row["image_id"]] = row
        if on_progress is not None:
            on_progress(done)
    return Registered(
        pool=_frame(tables.IMAGE_POOL, kept.values()),
        rejected=_frame(tables.REJECTED_IMAGES, rejected),
    )


def _refuse_rendered(files: pl.DataFrame) -> None:
    drawn = next((uri for uri in files["uri"] if is_rendered(uri)), None)
    if drawn is not None:
        raise ValueError(
            f"{drawn} is a picture that is still to be drawn: a shard of rendered pictures is "
            "registered by the step that draws them"
        )


def _outcomes(files: Iterable[Row], workers: int, images: Images) -> Iterator[Row]:
    """Yield one row per file, of the pool or of the rejected, in the order of the files."""
    waiting: deque[Future[Row]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="register") as threads:
        try:
            for file in files:
                # A finished row is small, the file and its pixels live only inside a worker: what
                # waits here bounds how far the workers may run ahead of a slow file.
                if len(waiting) >= 8 * workers:
                    yield waiting.popleft().result()
                waiting.append(threads.submit(_outcome, file, images))
            while waiting:
                yield waiting.popleft().result()
        finally:  # after an error, do not read the rest first
            threads.shutdown(wait=False, cancel_futures=True)


def _outcome(file: Row, images: Images) -> Row:
    uri, source = file["uri"], file["source"]
    try:
        content = read_bytes(uri)
        row = registered_row(uri, source, file["license"], content)
        why = fault(images, row, content)
    except (BadImage, ImageUnreadable) as bad:
        return _rejected(uri, source, bad.reason, bad.detail)
    return row if why is None else _rejected(uri, source, *why)


def _duplicate(row: Row, kept: Row) -> Row:
    detail = f"the same bytes as {kept['uri']}"
    return _rejected(row["uri"], row["source"], DUPLICATE, detail, row["image_id"])


def _rejected(uri: str, source: str, reason: str, detail: str, twin: str | None = None) -> Row:
    return {
        "uri": uri,
        "source": source,
        "reason": reason,
        "detail": detail,
        "twin_image_id": twin,
    }


def _frame(table: tables.Table, rows: Iterable[Row]) -> pl.DataFrame:
    return table.enforce(pl.DataFrame(list(rows), schema=dict(table.columns), orient="row"))
