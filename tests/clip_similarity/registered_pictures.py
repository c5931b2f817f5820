"""A folder of pictures as the pool has registered them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from tg_assets.image_pool.registering import register
from tg_assets.tables import SHARD_FILES


def pool_of(folder: Path, count: int, size: tuple[int, int] = (60, 40)) -> pl.DataFrame:
    """Write pictures that all differ, and return their ``IMAGE_POOL``."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(0)
    rows = []
    for number in range(count):
        path = folder / f"{number:04}.jpg"
        coarse = dice.integers(0, 256, (5, 7, 3), np.uint8)
        Image.fromarray(coarse).resize(size).save(path, quality=90)
        rows.append({"position": number, "uri": str(path), "source": "s", "license": "CC0-1.0"})
    files = pl.DataFrame(rows, schema=dict(SHARD_FILES.columns))
    return register(files).pool
