"""What the next pass would register and look at: shards, and how large their pictures are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import polars as pl
from PIL import Image

from resources.galaxy import Galaxy
from tg_assets.ids import digest
from tg_assets.image_pool.locations import RENDERED_PREFIX, is_rendered, local_path
from tg_assets.image_pool.shards import plan_shards
from tg_assets.registration import unlisted_files, unlisted_seeds
from tg_assets.settings import Settings

PICTURES_LOOKED_AT = 64
"""Pictures of a shard whose size is looked up in their headers before they are in the pool."""

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """A shard as its list has it.

    Attributes:
        key: Its key, or the one it would get.
        files: How many files it lists.
        drawn: How many of them are still to be drawn: none of these can be refused.
        uris: The files whose sizes stand for those of all.
    """

    key: str
    files: int
    drawn: int
    uris: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ahead:
    """The partitions of the next pass.

    Attributes:
        shards: Listed already, and those that would be new, in order.
        new_shards: How many of them are new.
        batches: Task batches, likewise.
        new_seeds: What the new batch begins with; empty when there is none.
    """

    shards: Sequence[Listed]
    new_shards: int
    batches: Sequence[str]
    new_seeds: Sequence[str]


def look_ahead(galaxy: Galaxy) -> Ahead:
    """List what the next pass would find; registers nothing.

    Raises:
        SeedsError: The seeds file cannot be used.
        FolderError: A source's folder is gone.
        ListError: A source's file list cannot be read.
    """
    tables, settings = galaxy.tables, galaxy.settings
    old = tables.partitions("shard_files")
    shards = [_listed(key, tables.read("shard_files", key)) for key in old]
    new = [_listed(key, frame) for key, frame in _new_shards(galaxy, settings, old)]
    batches = tables.partitions("seed_paths")
    seeds = unlisted_seeds(settings, tables)
    if seeds:
        batches = [*batches, f"{len(batches):04d}"]
    return Ahead([*shards, *new], len(new), batches, seeds)


def _new_shards(
    galaxy: Galaxy, settings: Settings, old: Sequence[str]
) -> Iterator[tuple[str, pl.DataFrame]]:
    number = max((int(key.split("-")[0]) for key in old), default=-1) + 1
    files = unlisted_files(settings, galaxy.tables)
    return plan_shards(files, frozenset(), settings.shard_size, number)


def _listed(key: str, files: pl.DataFrame) -> Listed:
    uris = files["uri"]
    chosen = sorted(uris, key=lambda uri: digest("looked at", uri))[:PICTURES_LOOKED_AT]
    drawn = int(uris.str.starts_with(RENDERED_PREFIX).sum())
    return Listed(key, files.height, drawn, chosen)


def sizes_of(uris: Sequence[str]) -> list[Size]:
    """Return width and height of those pictures whose headers can be read here and now."""
    return [size for uri in uris if (size := _size(uri)) is not None]


def _size(uri: str) -> Size | None:
    if is_rendered(uri):
        from tg_assets.scenes.render import compose

        family, _, seed = uri.removeprefix(RENDERED_PREFIX).partition("/")
        scene = compose(family, int(seed))
        return scene.width, scene.height
    path = local_path(uri)
    if path is None:
        return None
    with suppress(OSError, ValueError, SyntaxError), Image.open(path) as image:
        return image.size
    return None
