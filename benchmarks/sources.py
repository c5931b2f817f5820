"""Measures reading pictures out of containers, beside reading them as files.

    python -m benchmarks.sources --json
    python -m benchmarks.sources --pictures 5000 --kilobytes 200

Pictures are bytes by chance, which nothing compresses, as JPEG files are. Listing is timed twice:
what was listed before is remembered. Reading is timed in order, as registration reads, and at
random, as every later step does. The files are in the page cache: what is measured is the work.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter
from upath import UPath

from tg_assets.image_pool.listed import SourceFile
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.reading import read_bytes
from tg_assets.image_pool.remembered import Remembered
from tg_assets.settings_sources import STORAGES, Source

Pictures = Sequence[tuple[str, bytes]]


def as_files(folder: Path, pictures: Pictures) -> None:
    """Write a folder of files."""
    for name, content in pictures:
        (folder / name).write_bytes(content)


def as_zip(folder: Path, pictures: Pictures) -> None:
    """Write a zip archive, compressed, as zip does unless told otherwise."""
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pictures:
            archive.writestr(name, content)


def as_tar(folder: Path, pictures: Pictures) -> None:
    """Write a tar archive."""
    with tarfile.open(folder / "a.tar", "w") as archive:
        for name, content in pictures:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def as_table(rows_in_group: int) -> Callable[[Path, Pictures], None]:
    """Return what writes a Parquet table as `datasets` does."""

    def write(folder: Path, pictures: Pictures) -> None:
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        rows = [{"bytes": content, "path": name} for name, content in pictures]
        table = pa.table({"image": pa.array(rows, kind)})
        pq.write_table(table, folder / "a.parquet", row_group_size=rows_in_group)

    return write


LAYOUTS: dict[str, tuple[str, Callable[[Path, Pictures], None]]] = {
    "files": ("folder", as_files),
    "zip": ("zip", as_zip),
    "tar": ("webdataset", as_tar),
    "parquet, groups of 100": ("parquet", as_table(100)),
    "parquet, groups of 1,000": ("parquet", as_table(1000)),
}


def measured(kind: str, folder: Path, pictures: int) -> dict[str, float]:
    """Return the times of one layout: listing in milliseconds, reading in microseconds each."""
    source: Source = TypeAdapter(Source).validate_python(
        {"kind": kind, "name": "s", "path": str(folder), "license": "MIT"}
    )
    remembered = Remembered(UPath(folder / "listings"))
    looks, uris = [], []
    for _ in range(2):
        started = time.perf_counter()
        found = entries(source, remembered, STORAGES)
        uris = [entry.uri for entry in found if isinstance(entry, SourceFile)]
        looks.append((time.perf_counter() - started) * 1e3)
    if len(uris) != pictures:
        raise RuntimeError(f"{kind}: {len(uris)} of {pictures} pictures were listed")
    order = np.random.default_rng(0).permutation(pictures)
    return {
        "list_ms": round(looks[0], 1),
        "list_again_ms": round(looks[1], 1),
        "in_order_us": round(_reading_us(uris), 1),
        "at_random_us": round(_reading_us([uris[n] for n in order]), 1),
    }


def _reading_us(uris: Iterable[str]) -> float:
    times = []
    for uri in uris:
        started = time.perf_counter()
        read_bytes(uri)
        times.append(time.perf_counter() - started)
    return float(np.mean(times)) * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--kilobytes", type=int, default=100, help="of a picture, on average")
    parser.add_argument("--json", action="store_true", help="one last line of figures")
    asked = parser.parse_args()
    dice = np.random.default_rng(1)
    sizes = dice.integers(asked.kilobytes * 500, asked.kilobytes * 1500, asked.pictures)
    pictures = [(f"{n:06}.jpg", dice.bytes(int(size))) for n, size in enumerate(sizes)]
    figures: dict[str, Any] = {"pictures": asked.pictures, "kilobytes": asked.kilobytes}
    print(f"{asked.pictures:,} pictures of {asked.kilobytes} KB; one thread")
    for name, (kind, write) in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), pictures)
            found = figures[name] = measured(kind, Path(folder), asked.pictures)
        print(
            f"  {name:24} listed in {found['list_ms']:7.1f} ms, again {found['list_again_ms']:6.1f}"
            f" ms; read {found['in_order_us']:7.1f} us in order, {found['at_random_us']:8.1f} us "
            "at random"
        )
    if asked.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
