"""Measures matching: exact top k of images over task types, beside what others do.

    python -m benchmarks.match --json
    python -m benchmarks.match --images 20000 --tasks 19227 --dimension 768

The BLAS core type matters more than the library: it is part of the output.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tg_assets.clip_similarity.top_k import top_k

Floats = NDArray[np.float32]
BLOCK_ROWS = 512


def vectors(count: int, dimension: int, seed: int) -> Floats:
    """Vectors of length 1 around 64 centers, as embeddings are: clustered, not uniform."""
    dice = np.random.default_rng(seed)
    centers = np.random.default_rng(0).normal(size=(64, dimension))
    rows = centers[dice.integers(0, 64, count)] + dice.normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def with_torch(images: Floats, tasks: Floats, k: int) -> NDArray[np.int64]:
    """The plain way: `mm` and `topk`, neither exact nor stable at ties."""
    import torch

    right = torch.from_numpy(tasks).T
    parts = [
        torch.topk(block @ right, k).indices for block in torch.from_numpy(images).split(BLOCK_ROWS)
    ]
    found: NDArray[np.int64] = torch.cat(parts).numpy()
    return found


def with_faiss(images: Floats, tasks: Floats, k: int) -> NDArray[np.int64]:
    """The exact index of faiss."""
    import faiss

    index = faiss.IndexFlatIP(tasks.shape[1])
    index.add(tasks)
    found: NDArray[np.int64] = index.search(images, k)[1]
    return found


def measure(run: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Return the last result and the median of the times, after one run to warm up."""
    result, times = run(), []
    for _ in range(repeats):
        started = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - started)
    return result, statistics.median(times)


def report(count: int, types: int, dimension: int, k: int, repeats: int) -> dict[str, Any]:
    """Measure everything that is installed; agreement is the share of equal sets of k."""
    images, tasks = vectors(count, dimension, 1), vectors(types, dimension, 2)
    task_ids = [f"{j:032x}" for j in range(types)]
    exact, seconds = measure(lambda: top_k(images, tasks, task_ids, k).indices, repeats)
    results: dict[str, Any] = {
        "top_k": {"images_per_s": round(count / seconds), "agreement": 1.0},
    }
    for name, other in (("torch mm+topk", with_torch), ("faiss IndexFlatIP", with_faiss)):
        try:
            found, seconds = measure(lambda other=other: other(images, tasks, k), repeats)
        except ImportError as error:
            results[name] = {"skipped": str(error)}
            continue
        same = (np.sort(found, axis=1) == np.sort(exact, axis=1)).all(axis=1)
        results[name] = {
            "images_per_s": round(count / seconds),
            "agreement": round(float(same.mean()), 5),
        }
    return {
        "images": count,
        "tasks": types,
        "dimension": dimension,
        "k": k,
        "cpus": len(os.sched_getaffinity(0)),
        "openblas_coretype": os.environ.get("OPENBLAS_CORETYPE", "not set"),
        "results": results,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    found = report(given.images, given.tasks, given.dimension, given.k, given.repeats)
    if given.json:
        print(json.dumps(found))
        return
    results = found.pop("results")
    print(", ".join(f"{name} {value}" for name, value in found.items()))
    for name, result in results.items():
        print(name, ", ".join(f"{key} {value}" for key, value in result.items()), sep=": ")


if __name__ == "__main__":
    main()
