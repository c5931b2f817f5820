"""A disk that is full under the tables: the old table stays whole, and space lets it go on."""

from __future__ import annotations

import os
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from tg_assets.tables import SCENES
from tg_assets.tables_io import TableStore

DISK_BYTES = 1 << 20
LEFT_BYTES = 64 << 10


@contextmanager
def full_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """Make a disk of a megabyte; yields what fills it up to `LEFT_BYTES`, until the block ends.

    Where nothing can be mounted, no file may be larger than what is left.
    """
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        if mounted:
            free = os.statvfs(folder)
            (folder / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize - LEFT_BYTES))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (LEFT_BYTES, limits[1]))

    try:
        yield fill
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def scenes(count: int, seed: int) -> pl.DataFrame:
    dice = random.Random(seed)
    rows = [
        {name: dice.randbytes(100).hex() for name in SCENES.columns if name != "image_id"}
        | {"image_id": f"{number:032x}"}
        for number in range(count)
    ]
    return pl.DataFrame(rows, schema=dict(SCENES.columns))


def test_a_table_that_does_not_fit_is_named_and_leaves_the_old_one(tmp_path: Path) -> None:
    with full_disk(tmp_path) as fill:
        tables = TableStore(str(tmp_path))
        tables.write("scenes", scenes(10, seed=1), "a")
        fill()
        with pytest.raises(OSError, match=r"scenes/a\.parquet"):
            tables.write("scenes", scenes(1000, seed=2), "a")
        assert tables.read("scenes", "a").equals(scenes(10, seed=1))
        assert [file.name for file in (tmp_path / "tables" / "scenes").iterdir()] == ["a.parquet"]
        tables.write("scenes", scenes(20, seed=3), "a")
        assert tables.read("scenes", "a").height == 20
