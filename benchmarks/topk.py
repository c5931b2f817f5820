"""Measures the exact top k of images over task types, beside what others do, in one run.

    python -m benchmarks.topk --json
    python -m benchmarks.topk --images 8192 --tasks 19227 --dimension 768 --rounds 5

Each contestant has a process of its own and they take turns, round by round, so that none inherits
another's threads and a busy machine is as busy for all. faiss depends on OpenBLAS' core type more
than on itself: it runs with the environment's, with none, and with those of OpenBLAS' names
that this processor can run. Ratios are to the best of them, round by round.

On a GPU: `--device cuda`, which adds the bfloat16 product alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tg_assets.clip_similarity.top_k import BFLOAT16, abilities, prepare

Floats = NDArray[np.float32]
BLOCK_ROWS = 512
REST_S = 0.3  # until the threads of the one before have stopped waiting for more
CORE_TYPE = "OPENBLAS_CORETYPE"
FAISS = "faiss IndexFlatIP"
PRODUCT = "bfloat16 product alone"


def vectors(count: int, dimension: int, seed: int) -> Floats:
    """Vectors of length 1 around 64 centers, as embeddings are: clustered, not uniform."""
    dice = np.random.default_rng(seed)
    centers = np.random.default_rng(0).normal(size=(64, dimension)).astype(np.float32)
    rows = dice.standard_normal((count, dimension), dtype=np.float32)
    rows += centers[dice.integers(0, 64, count)]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def with_top_k(images: Floats, tasks: Floats, k: int, device: str) -> Callable[[], Any]:
    """This project's, its task types prepared before the clock starts."""
    prepared = prepare(tasks, [f"{j:032x}" for j in range(len(tasks))], device)
    return lambda: prepared.top_k(images, k).indices


def with_torch(images: Floats, tasks: Floats, k: int, device: str) -> Callable[[], Any]:
    """The plain way: `mm` and `topk`, neither exact nor stable at ties."""
    import torch

    right = torch.from_numpy(tasks).to(device).T

    def run() -> Any:
        blocks = torch.from_numpy(images).split(BLOCK_ROWS)
        parts = [torch.topk(block.to(device) @ right, k).indices for block in blocks]
        return torch.cat(parts).cpu().numpy()

    return run


def with_faiss(images: Floats, tasks: Floats, k: int, device: str) -> Callable[[], Any]:
    """The exact index of faiss, filled before the clock starts."""
    import faiss

    index = faiss.IndexFlatIP(tasks.shape[1])
    index.add(tasks)
    return lambda: index.search(images, k)[1]


def product_alone(images: Floats, tasks: Floats, k: int, device: str) -> Callable[[], Any]:
    """What no top k by this product can beat; nothing is selected."""
    import torch

    left = torch.from_numpy(images).to(device, torch.bfloat16)
    right = torch.from_numpy(tasks).to(device, torch.bfloat16).T

    def run() -> None:
        for block in left.split(BLOCK_ROWS if device == "cpu" else 8192):
            block @ right
        if device != "cpu":
            torch.cuda.synchronize()

    return run


CONTESTANTS = {
    "top_k": with_top_k,
    "torch mm+topk": with_torch,
    FAISS: with_faiss,
    PRODUCT: product_alone,
}


def take_turns(name: str, given: argparse.Namespace) -> None:
    """Run one contestant once for every line that comes in; the first run warms up."""
    images = vectors(given.images, given.dimension, 1)
    tasks = vectors(given.tasks, given.dimension, 2)
    run = CONTESTANTS[name](images, tasks, given.k, given.device)
    found = run()
    same = None if found is None else _agreement(found, images, tasks, given.k)
    print(json.dumps(same), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        run()
        print(json.dumps(given.images / (time.perf_counter() - started)), flush=True)


def _agreement(found: Any, images: Floats, tasks: Floats, k: int) -> float:
    """Share of images whose set of task types is that of a float64 product, of the first 200."""
    exact = images[:200].astype(np.float64) @ tasks.T.astype(np.float64)
    best = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    return float((np.sort(found[:200], axis=1) == np.sort(best, axis=1)).all(axis=1).mean())


def contestants(device: str) -> list[tuple[str, str, dict[str, str | None]]]:
    """Return label, contestant and changes to the environment of everything to measure."""
    there = abilities()
    cores: dict[str, str | None] = {"core type unset": None}
    for core, needs in (("Haswell", "avx2"), ("SkylakeX", "avx512f"), ("Cooperlake", "avx512bf16")):
        if needs in there:
            cores[f"core type {core}"] = core
    entries: list[tuple[str, str, dict[str, str | None]]] = [
        ("top_k", "top_k", {}),
        ("torch mm+topk", "torch mm+topk", {}),
    ]
    entries += [(f"{FAISS}, {label}", FAISS, {CORE_TYPE: core}) for label, core in cores.items()]
    if device != "cpu" or there & BFLOAT16:
        entries.append((PRODUCT, PRODUCT, {}))
    return entries


def report(given: argparse.Namespace, arguments: list[str]) -> dict[str, Any]:
    """Measure all contestants in turn, round by round."""
    rates: dict[str, list[float]] = {}
    agreement: dict[str, float | None] = {}
    with ExitStack() as stack:
        processes = {
            label: stack.enter_context(_process(name, changes, arguments))
            for label, name, changes in contestants(given.device)
        }
        for label, process in processes.items():
            agreement[label], rates[label] = _said(process, label), []
        for _ in range(given.rounds):
            for label, process in processes.items():
                time.sleep(REST_S)
                assert process.stdin
                process.stdin.write("again\n")
                process.stdin.flush()
                rates[label].append(_said(process, label))
    results = {
        label: {
            "images_per_s": round(statistics.median(found)),
            "spread": [round(min(found)), round(max(found))],
            "agreement": agreement[label],
        }
        for label, found in rates.items()
    }
    return {
        "images": given.images,
        "tasks": given.tasks,
        "dimension": given.dimension,
        "k": given.k,
        "device": given.device,
        "cpus": len(os.sched_getaffinity(0)),
        "bfloat16": bool(abilities() & BFLOAT16),
        "results": results,
        "times_faiss": _ratio(rates, [label for label in rates if label.startswith(FAISS)]),
        "times_torch": _ratio(rates, ["torch mm+topk"]),
    }


def _ratio(rates: dict[str, list[float]], others: list[str]) -> float:
    """Return the median over rounds of top_k's rate over the best of the others'."""
    best = (max(found) for found in zip(*(rates[label] for label in others), strict=True))
    return round(
        statistics.median(mine / other for mine, other in zip(rates["top_k"], best, strict=True)),
        2,
    )


@contextmanager
def _process(
    name: str, changes: dict[str, str | None], arguments: list[str]
) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **{key: value for key, value in changes.items() if value}}
    for key, value in changes.items():
        if value is None:
            environment.pop(key, None)
    command = [sys.executable, "-m", "benchmarks.topk", *arguments, "--only", name]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _said(process: subprocess.Popen[str], label: str) -> Any:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{label} ended: see above")
    return json.loads(line)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true", help="figures as one last line")
    parser.add_argument("--only", choices=CONTESTANTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        take_turns(given.only, given)
        return
    found = report(given, sys.argv[1:])
    for label, result in found["results"].items():
        print(label, ", ".join(f"{key} {value}" for key, value in result.items()), sep=": ")
    print(f"top_k is {found['times_faiss']} times the best faiss, {found['times_torch']} torch")
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
