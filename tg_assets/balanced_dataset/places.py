"""Where the published dataset is written: a folder of the home, or first beside its bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from resources.galaxy import Galaxy, state_folder
from tg_assets.balanced_dataset.uploading import Bucket, put_dataset

DATASET = "dataset"


@dataclass
class Place:
    """Where exports are written, and where they lie afterwards.

    Attributes:
        folder: The local folder to write to.
        url: What stands for it once everything is written.
    """

    folder: Path
    url: str

    def moved(self, paths: pl.Expr) -> pl.Expr:
        """Return paths in the folder as they are once everything is written."""
        return pl.lit(self.url) + paths.str.strip_prefix(str(self.folder))


@contextmanager
def written_to(galaxy: Galaxy) -> Iterator[Place]:
    """Give a place to publish to; in a bucket, what was written there counts when the block ends.

    Yields:
        The place; its `url` is final after the block.
    """
    home = galaxy.settings.home
    if "://" not in home:
        local = Path(home) / DATASET
        yield Place(local, str(local))
        return
    scratch = Path(state_folder(galaxy.settings))
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="publishing-", dir=scratch) as folder:
        place = Place(Path(folder) / DATASET, home)
        yield place
        bucket = Bucket.at(galaxy.s3.get_client(), f"{home}/{DATASET}")
        place.url = put_dataset(place.folder, bucket)
