"""What a person may think is in force and is not: withdrawals of nothing, sources that stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tg_assets.settings import Settings
from tg_assets.tables_io import TableStore
from tg_assets.withdrawals.assets import whole_tree
from tg_assets.withdrawals.respected import RESPECTING, images_of, left_out_of

SHOWN = 5


def unheard(settings: Settings, tables: TableStore) -> Iterator[str]:
    """Yield a line for withdrawals that name nothing known, and for sources that were removed.

    Args:
        settings: Its sources.
        tables: As a pass left them.
    """
    yield from _unknown(tables)
    named = {source.name for source in settings.sources}
    for source, files in sorted(_listed(tables).items()):
        if source not in named:
            yield (
                f"source {source} is no longer in the settings; its {files:,} files stay, shards "
                "never change: withdraw its images to take them out of the dataset"
            )


def _unknown(tables: TableStore) -> Iterator[str]:
    if not tables.rows("withdrawals"):
        return
    rows = tables.read("withdrawals").select("kind", "id").rows()
    images = {name for kind, name in rows if kind == "image"}
    types = {name for kind, name in rows if kind != "image"}
    if images:
        yield from _said("images", images.difference(*_images(tables)))
    yield from _said("task types", types.difference(whole_tree(tables)["task_id"]))


def _said(what: str, unknown: Iterable[str]) -> Iterator[str]:
    names = sorted(unknown)
    if names:
        more = " ..." if len(names) > SHOWN else ""
        yield (
            f"withdrawals: {len(names)} {what} name nothing known: "
            f"{', '.join(names[:SHOWN])}{more}; they are withdrawn if they ever come"
        )


def _images(tables: TableStore) -> Iterator[frozenset[str]]:
    for asset in RESPECTING:
        for shard in tables.partitions(asset):
            stamp = tables.stamp(asset, shard)
            if stamp is not None:
                yield images_of(tables, asset, shard, stamp) | left_out_of(stamp)


def _listed(tables: TableStore) -> dict[str, int]:
    """Return how many files each source has in shards; a shard has files of one source."""
    files: dict[str, int] = {}
    for shard in tables.partitions("shard_files"):
        listed = tables.read("shard_files", shard)["source"]
        if len(listed):
            files[listed[0]] = files.get(listed[0], 0) + len(listed)
    return files
