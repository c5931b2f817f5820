"""Cutting what a source lists into shards that never change once they are there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

import polars as pl

from tg_assets import tables
from tg_assets.image_pool.sources import SourceFile

_SLUG_CHARS = 40


def plan_shards(
    files: Iterable[SourceFile], known_uris: AbstractSet[str], shard_size: int, next_number: int
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Cut the files that are in no shard yet into new shards.

    A shard holds files of one source, in the order they came. A source's last shard may be short
    and stays so: files that come later make shards of their own. A uri that comes twice counts
    where it comes first.

    Args:
        files: What the sources list, in any mixture; read as a stream.
        known_uris: The uris that already are in a shard.
        shard_size: Most files of a shard, at least 1.
        next_number: Number of the first new shard, not negative.

    Returns:
        Keys of shards (``00003-holiday-photos``) with their ``tables.SHARD_FILES``, numbered in
        the order they fill up, the short ones last in the order their sources came.

    Raises:
        ValueError: ``shard_size`` or ``next_number`` is too small.
    """
    if shard_size < 1:
        raise ValueError(f"shard_size is {shard_size}, a shard has at least 1 file")
    if next_number < 0:
        raise ValueError(f"next_number is {next_number}, numbers of shards begin at 0")
    return _numbered(_cut(files, known_uris, shard_size), next_number)


def shard_key(number: int, source: str) -> str:
    """Return the key of a shard: its number, then what can be kept of its source's name."""
    plain = unicodedata.normalize("NFKD", source).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain)[:_SLUG_CHARS].strip("-")
    return f"{number:05d}-{slug or 'source'}"


def _cut(
    files: Iterable[SourceFile], known_uris: AbstractSet[str], shard_size: int
) -> Iterator[list[SourceFile]]:
    seen: set[str] = set()
    open_shards: dict[str, list[SourceFile]] = {}
    for file in files:
        if file.uri in known_uris or file.uri in seen:
            continue
        seen.add(file.uri)
        shard = open_shards.setdefault(file.source, [])
        shard.append(file)
        if len(shard) == shard_size:
            yield shard
            open_shards[file.source] = []  # its key stays, and with it the order of the sources
    yield from (shard for shard in open_shards.values() if shard)


def _numbered(
    shards: Iterable[list[SourceFile]], next_number: int
) -> Iterator[tuple[str, pl.DataFrame]]:
    for number, shard in enumerate(shards, start=next_number):
        frame = pl.DataFrame(
            {
                "position": range(len(shard)),
                "uri": [file.uri for file in shard],
                "source": [file.source for file in shard],
                "license": [file.license for file in shard],
            },
            schema=dict(tables.SHARD_FILES.columns),
        )
        yield shard_key(number, shard[0].source), tables.SHARD_FILES.enforce(frame)
