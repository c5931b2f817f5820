"""Measures the search for near-duplicates: the time of a shard, and of a pool that arrives whole.

    python -m benchmarks.duplicates --json
    python -m benchmarks.duplicates --images 1000000 --shard 4000
    python -m benchmarks.duplicates --demo      how many pictures of the demo would go

Three pools: `uniform` hashes; `skewed` ones, as real pictures have them (hashes of photographs
that come with scikit-image and scikit-learn, cropped by chance, with a few bits changed: they share
bands far more often), of which a tenth are copies and a twentieth are plain pictures, all with one
of three hashes; and `one band`, where all hashes agree on one band whole, the worst that can come:
there a shard is compared with everything, and only the last one is measured.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tg_assets.image_pool.near_duplicates import find_twins

Hashes = NDArray[np.uint64]
PLAIN = np.array([0, 1 << 63, 0x8000800080008000], np.uint64)


def uniform(count: int, dice: np.random.Generator) -> Hashes:
    """Hashes with half of their bits set, otherwise by chance."""
    parts = []
    for start in range(0, count, 100_000):
        order = np.argsort(dice.random((min(100_000, count - start), 64), np.float32), axis=1)
        parts.append(np.packbits(order < 32, axis=1).view(">u8").ravel())
    return np.concatenate(parts).astype(np.uint64)


def moved(hashes: Hashes, pairs: int, dice: np.random.Generator) -> Hashes:
    """The hashes with up to `pairs` set bits, and as many others, exchanged."""
    bits = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    rows = np.arange(len(bits))
    for _ in range(pairs):
        one, other = dice.integers(0, 64, (2, len(bits)))
        bits[rows, one], bits[rows, other] = bits[rows, other], bits[rows, one].copy()
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


def of_crops(count: int, dice: np.random.Generator) -> Hashes:
    """Hashes of crops of real photographs."""
    import skimage
    import sklearn
    from PIL import Image

    from tg_assets.image_pool.decoding import perceptual_hash

    folders = (Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent)
    names = (
        "astronaut",
        "coffee",
        "chelsea",
        "rocket",
        "china",
        "flower",
        "motorcycle_left",
        "ihc",
    )
    files = [
        f for folder in folders for f in sorted(folder.rglob("*.[jp][pn]g")) if f.stem in names
    ]
    photos = [Image.open(file).convert("RGB") for file in files]
    hashes = []
    for number in range(count):
        photo = photos[number % len(photos)]
        width, height = (int(side * dice.uniform(0.3, 0.9)) for side in photo.size)
        left, top = dice.integers(0, photo.width - width), dice.integers(0, photo.height - height)
        hashes.append(perceptual_hash(photo.crop((left, top, left + width, top + height))))
    return np.array(hashes, np.uint64)


def skewed(count: int, dice: np.random.Generator, crops: int) -> Hashes:
    """Hashes as real pools have them: alike, with copies and plain pictures among them."""
    real = of_crops(crops, dice)
    hashes = moved(dice.choice(real, count), 8, dice)
    copies = dice.choice(count, count // 10, replace=False)
    hashes[copies] = moved(hashes[copies // 2], 1, dice)
    plain = dice.choice(count, count // 20, replace=False)
    hashes[plain] = dice.choice(PLAIN, len(plain))
    return hashes


def one_band(count: int, dice: np.random.Generator) -> Hashes:
    """Hashes that all agree on their lowest 12 bits."""
    high = uniform(count, dice) & ~np.uint64(0xFFF)
    missing = 32 - np.bitwise_count(high).astype(np.int64)
    return high | ((np.uint64(1) << np.clip(missing, 0, 12).astype(np.uint64)) - np.uint64(1))


def arrive(hashes: Hashes, shard: int, max_distance: int) -> tuple[float, float, int]:
    """Let a pool arrive shard by shard; return seconds in all, of the last shard, and twins.

    Every shard is looked for among all that were kept of those before it.
    """
    kept: list[Hashes] = []
    twins, last, started = 0, 0.0, time.perf_counter()
    for start in range(0, len(hashes), shard):
        part, begun = hashes[start : start + shard], time.perf_counter()
        found = find_twins(part, kept, max_distance)
        kept.append(part[found.distance < 0])
        twins += int((found.distance >= 0).sum())
        last = time.perf_counter() - begun
    return time.perf_counter() - started, last, twins


def brute_force(shard: Hashes, earlier: Hashes) -> float:
    """Return the seconds of comparing a shard with everything, in numpy."""
    started = time.perf_counter()
    for value in shard[:20]:
        np.bitwise_count(earlier ^ value).min()
    return (time.perf_counter() - started) / 20 * len(shard)


def of_the_demo() -> dict[str, int]:
    """Return, by distance, how many of the demo's pictures would be left out."""
    from tg_assets.image_pool.decoding import inspect
    from tg_assets.image_pool.listing import entries
    from tg_assets.image_pool.remembered import Remembered
    from tg_assets.scenes.rendering import render_uri
    from tg_assets.settings import load_settings

    uris = [e.uri for s in load_settings().sources for e in entries(s, Remembered(None), ())]
    hashes = np.array([inspect(render_uri(uri).png).perceptual_hash for uri in uris], np.uint64)
    gone = {d: int((find_twins(hashes, [], d).distance >= 0).sum()) for d in (0, 2, 4, 6, 8)}
    return {"pictures": len(uris), **{f"gone at {d}": count for d, count in gone.items()}}


def measured(images: int, shard: int, max_distance: int, crops: int) -> dict[str, Any]:
    """Return the figures of every pool."""
    pools: Mapping[str, Callable[[], Hashes]] = {
        "uniform": lambda: uniform(images, np.random.default_rng(1)),
        "skewed": lambda: skewed(images, np.random.default_rng(2), crops),
        "one band": lambda: one_band(images, np.random.default_rng(3)),
    }
    find_twins(uniform(10, np.random.default_rng(0)), [], max_distance)  # compiles
    figures: dict[str, Any] = {
        "images": images,
        "shard": shard,
        "max_distance": max_distance,
        "pools": {},
    }
    for name, made in pools.items():
        hashes = made()
        if name == "one band":
            started = time.perf_counter()
            find_twins(hashes[-shard:], [hashes[:-shard]], max_distance)
            whole, last, twins = None, time.perf_counter() - started, 0
        else:
            whole, last, twins = arrive(hashes, shard, max_distance)
        figures["pools"][name] = {
            "whole_pool_s": whole and round(whole, 3),
            "last_shard_s": round(last, 4),
            "twins": twins,
            "last_shard_by_numpy_s": round(brute_force(hashes[-shard:], hashes[:-shard]), 2),
        }
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--shard", type=int, default=4_000)
    parser.add_argument("--max-distance", type=int, default=4)
    parser.add_argument("--crops", type=int, default=400, help="real hashes the skewed pool is of")
    parser.add_argument("--demo", action="store_true", help="look at the demo's pictures instead")
    parser.add_argument("--json", action="store_true", help="one last line of figures")
    asked = parser.parse_args()
    if asked.demo:
        demo = of_the_demo()
        print(", ".join(f"{name}: {count}" for name, count in demo.items()))
        if asked.json:
            print(json.dumps(demo))
        return
    figures = measured(asked.images, asked.shard, asked.max_distance, asked.crops)
    print(
        f"{asked.images:,} images in shards of {asked.shard:,}, twins differ in at most "
        f"{asked.max_distance} bits; one thread"
    )
    for name, pool in figures["pools"].items():
        print(
            f"  {name:9} whole pool {pool['whole_pool_s'] or '-':>8} s, last shard "
            f"{pool['last_shard_s'] * 1000:8.1f} ms (numpy, all with all: "
            f"{pool['last_shard_by_numpy_s']:.1f} s), {pool['twins']:,} twins"
        )
    if asked.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
