"""The best task types of each image, exactly, without ever holding the whole matrix."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from tg_assets.clip_similarity import error_bounds as bounds
from tg_assets.clip_similarity.exact_scores import Floats, Indices
from tg_assets.clip_similarity.searches import Float32Search, Search, Tasks, again

SMALL = 200_000_000
"""Multiplications below which loading compiled code would take longer than it saves."""

_COMPILED = "tg_assets.clip_similarity.kernels"

SHORTEST = 1e-12
"""Length below which, and beyond whose inverse, float32 products would lose digits or overflow."""

BFLOAT16 = frozenset({"avx512bf16", "amx-bf16", "bf16"})
"""Instruction sets with a product of bfloat16, by LLVM's names."""

Vectors = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True)
class TopK:
    """The best task types of each image, best first.

    Attributes:
        indices: Positions in the task types, int32, one row per image.
        scores: Their cosine similarity, float32, of the same shape.
        again: Images whose first search did not prove their rows and that were searched again.
    """

    indices: Indices
    scores: Floats
    again: int = 0


class BadVector(ValueError):  # noqa: N818 - names what is wrong with the data
    """A vector that has no similarity: not finite, zero, or of a length no encoder makes.

    Attributes:
        row: Its row.
        wrong: What is wrong with it.
    """

    def __init__(self, name: str, row: int, length: float) -> None:
        if not np.isfinite(length):
            self.wrong = "holds a value that is not finite"
        else:
            self.wrong = f"has length {length:g}" if length else "is zero"
        super().__init__(f"{name} row {row} {self.wrong}: embed it again")
        self.row = row


def top_k(
    images: Vectors, tasks: Vectors, task_ids: Sequence[str], k: int, device: str = "cpu"
) -> TopK:
    """Find the k task types with the highest score for each image.

    A pair's score is the float64 sum of its products, in a fixed order, rounded to float32: it
    depends on nothing but the two vectors, so the same pair has the same score in every block,
    batch and call, on every device. Equal scores are in the order of `task_ids`. A fast product
    finds candidates; a row is accepted when the proven error of that product certifies it, and is
    otherwise searched again in float32: see `searches`.

    Args:
        images: One row per image, float32 or float16, of any length but zero; about 1 is fast.
        tasks: One row per task type, likewise.
        task_ids: The task types' ids, unique.
        k: How many; all of them, in order, where there are fewer.
        device: ``cpu``, or torch's name of a GPU.

    Raises:
        BadVector: A value is not finite, or a vector is zero.
        ValueError: Shapes do not fit, or an id stands twice.
    """
    return prepare(tasks, task_ids, device).top_k(images, k)


class Prepared:
    """Task types to compare any number of images with, as `top_k` does; made by `prepare`.

    Attributes:
        tasks: The task types.
        device: ``cpu``, or torch's name of a GPU.
    """

    def __init__(self, tasks: Tasks, device: str) -> None:
        self.tasks = tasks
        self.device = device

    def top_k(self, images: Vectors, k: int) -> TopK:
        """Find the k task types with the highest score for each image: see `top_k`."""
        m, d = self.tasks.vectors.shape
        _check_matrix(images, "images")
        if k < 1:
            raise ValueError(f"k is {k}: must be at least 1")
        width = min(k, m)
        if not len(images) or not m:
            shape = (len(images), width)
            return TopK(np.zeros(shape, np.int32), np.zeros(shape, np.float32))
        if images.shape[1] != d:
            raise ValueError(
                f"images have {images.shape[1]} dimensions and tasks {d}: "
                "they come from different encoders; embed one of them again"
            )
        search = self._fast if self._pays(len(images)) else Float32Search(self.tasks)
        return searched(images, self.tasks, search, width)

    def _pays(self, images: int) -> bool:
        """Whether this many images are worth the loading of what is fast, or it is loaded."""
        loaded = _COMPILED in sys.modules or self.device != "cpu"
        return loaded or images * self.tasks.vectors.size >= SMALL

    @cached_property
    def _fast(self) -> Search:
        return fast_search(self.tasks, self.device)


def prepare(tasks: Vectors, task_ids: Sequence[str], device: str = "cpu") -> Prepared:
    """Return task types ready to be compared: arguments and errors as `top_k`."""
    _check_matrix(tasks, "tasks")
    if len(task_ids) != len(tasks) or len(set(task_ids)) != len(tasks):
        raise ValueError(
            f"{len(tasks)} task embeddings need as many different ids, "
            f"got {len(task_ids)} with {len(set(task_ids))} different"
        )
    vectors, lengths = _block(tasks, slice(0, len(tasks)), "tasks")
    place = np.empty(len(tasks), np.int64)
    place[sorted(range(len(tasks)), key=task_ids.__getitem__)] = np.arange(len(tasks))
    return Prepared(Tasks(vectors, place, lengths), device)


def searched(images: Vectors, tasks: Tasks, search: Search, width: int) -> TopK:
    """Search for all images, block by block, and again for what the search did not prove.

    Args:
        images: As `top_k`.
        tasks: The task types, those of the search.
        search: What to search with.
        width: How many to find, at most as many as there are.

    Raises:
        BadVector: A value is not finite, or a vector is zero.
    """
    indices = np.zeros((len(images), width), np.int32)
    scores = np.zeros((len(images), width), np.float32)

    def find(rows: slice) -> int:
        block, length = _block(images, rows, "images")
        found = search.block(block, length, width)
        indices[rows], scores[rows] = found.indices, found.scores
        rest = np.flatnonzero(~found.proven)
        if rest.size:
            at = rest + rows.start
            indices[at], scores[at] = again(block[rest], length[rest], tasks, found.of(rest))
        return int(rest.size)

    blocks = [slice(i, i + search.rows) for i in range(0, len(images), search.rows)]
    return TopK(indices, scores, sum(_over_threads(find, blocks, search.threads)))


def fast_search(tasks: Tasks, device: str = "cpu") -> Search:
    """Return the fastest search of this machine.

    Args:
        tasks: The task types.
        device: ``cpu``, or torch's name of a GPU.
    """
    there = abilities()
    if device != "cpu" or there & BFLOAT16:
        from tg_assets.clip_similarity.torch_search import TorchSearch

        return TorchSearch(tasks, device, compiled=device == "cpu")
    if "avx2" in there:
        from tg_assets.clip_similarity.integer_search import IntegerSearch

        return IntegerSearch(tasks, len(os.sched_getaffinity(0)))
    return Float32Search(tasks)


@cache
def abilities() -> frozenset[str]:
    """Return the instruction sets of this processor, by LLVM's names."""
    from llvmlite import binding

    return frozenset(name for name, there in binding.get_host_cpu_features().items() if there)


def _over_threads(
    find: Callable[[slice], int], blocks: Sequence[slice], threads: int
) -> Iterator[int]:
    if threads == 1 or len(blocks) == 1:
        yield from map(find, blocks)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(find, blocks)


def _block(vectors: Vectors, rows: slice, name: str) -> tuple[Floats, bounds.Doubles]:
    """Return a block as float32, and its vectors' lengths."""
    block = np.ascontiguousarray(vectors[rows], dtype=np.float32)
    lengths = bounds.lengths(block)
    good = (lengths > SHORTEST) & (lengths < 1 / SHORTEST)
    if not good.all():
        row = int(good.argmin())
        raise BadVector(name, rows.start + row, float(lengths[row]))
    return block, lengths


def _check_matrix(vectors: Vectors, name: str) -> None:
    if vectors.ndim != 2:
        raise ValueError(f"{name} must have two dimensions, one row each; shape {vectors.shape}")
