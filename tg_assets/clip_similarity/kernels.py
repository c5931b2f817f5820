"""Compiled loops: a product of whole numbers, the selection beside it, and exact scores.

The product is `pmaddwd`, which multiplies sixteen 16-bit numbers and adds them in pairs to eight of
32 bits: on processors with AVX2 it does twice the multiplications of float32 in the same time, and
adds up without error. Task types are packed in panels of `PANEL`, images in tiles of `TILE`, both
with two coordinates side by side, so that a tile times a panel stays in the registers. Its scores
never leave the first cache: what exceeds an image's floor goes to that image's list, and the whole
matrix exists nowhere.

Importing this module imports numba, so only what is about to run it does. Compiled code is kept
beside the sources, or in the user's cache, when one of them can be written, and otherwise compiled
again in each process (about four seconds).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from tg_assets.clip_similarity.exact_scores import LANES

Array = NDArray[Any]

TILE = 6  # images; with two vectors a row, twelve of the sixteen registers add up
PANEL = 16  # task types: two vectors of eight
_VECTORS = 2
_PER_VECTOR = 8


def _compiled(function: Callable[..., Any]) -> Any:
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder for the cache can be written
        return njit(nogil=True)(function)


@intrinsic
def _multiply_tile(typing: Any, tile: Any, panel: Any, pairs: Any, scores: Any) -> Any:
    """Emit scores[TILE, PANEL] = tile[pairs, TILE, 2] . panel[pairs, PANEL, 2], by addresses."""
    signature = types.void(types.intp, types.intp, types.intp, types.intp)

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        i32, i64 = ir.IntType(32), ir.IntType(64)
        sums = ir.VectorType(i32, _PER_VECTOR)
        halves = ir.VectorType(ir.IntType(16), 2 * _PER_VECTOR)
        zero, undefined = ir.Constant(sums, [0] * _PER_VECTOR), ir.Constant(sums, ir.Undefined)
        multiply_add = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, ir.FunctionType(sums, [halves, halves]), "llvm.x86.avx2.pmadd.wd"
        )
        images = builder.inttoptr(arguments[0], i32.as_pointer())
        tasks = builder.inttoptr(arguments[1], halves.as_pointer())
        result = builder.inttoptr(arguments[3], sums.as_pointer())
        entry = builder.block
        loop, done = builder.append_basic_block("pair"), builder.append_basic_block("done")
        builder.branch(loop)

        builder.position_at_end(loop)
        step = builder.phi(i64)
        step.add_incoming(i64(0), entry)
        before = [builder.phi(sums) for _ in range(TILE * _VECTORS)]
        right = [
            builder.load(
                builder.gep(tasks, [builder.add(builder.mul(step, i64(_VECTORS)), i64(v))]),
                align=2,
            )
            for v in range(_VECTORS)
        ]
        after = []
        for row in range(TILE):
            at = builder.gep(images, [builder.add(builder.mul(step, i64(TILE)), i64(row))])
            pair = builder.insert_element(undefined, builder.load(at, align=2), i32(0))
            left = builder.bitcast(builder.shuffle_vector(pair, undefined, zero), halves)
            for v in range(_VECTORS):
                product = builder.call(multiply_add, [left, right[v]])
                after.append(builder.add(before[row * _VECTORS + v], product))
        following = builder.add(step, i64(1))
        step.add_incoming(following, loop)
        for old, new in zip(before, after, strict=True):
            old.add_incoming(zero, entry)
            old.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, arguments[2]), loop, done)

        builder.position_at_end(done)
        for place, total in enumerate(after):
            builder.store(total, builder.gep(result, [i64(place)]), align=4)
        return context.get_dummy_value()

    return signature, emit


@_compiled
def pack(vectors: Array, scales: Array, packed: Array) -> None:
    """Round vectors times their scales to whole numbers, packed for the product.

    Args:
        vectors: float32, (n, d).
        scales: float32, (n,); products are below 2**15.
        packed: int32, (groups, pairs, width): filled, each with two numbers of 16 bits; zeros
            where there is no vector or coordinate.
    """
    n, d = vectors.shape
    groups, pairs, width = packed.shape
    whole = np.zeros((width, 2 * pairs), np.int16)
    for group in range(groups):
        for place in range(width):
            row = group * width + place
            if row >= n:
                whole[place] = 0
                continue
            for i in range(d):
                whole[place, i] = np.int16(np.rint(vectors[row, i] * scales[row]))
        two = whole.view(np.int32)
        for pair in range(pairs):
            for place in range(width):
                packed[group, pair, place] = two[place, pair]


@_compiled
def keep_best(values: Array, places: Array, keep: int) -> Any:
    """Move the greatest `keep` values and their places to the front; return the least of them."""
    low, high = 0, values.shape[0] - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                places[i], places[j] = places[j], places[i]
                i += 1
                j -= 1
        if keep - 1 <= j:
            high = j
        elif keep - 1 >= i:
            low = i
        else:
            break
    return values[:keep].min()


@_compiled
def _taken(
    scores: Array, first: int, keep: int, floor: Any, values: Array, places: Array, found: int
) -> tuple[int, Any]:
    """Take what exceeds the floor to a row's list; return how many there are, and the new floor."""
    for column in range(scores.shape[0]):
        if scores[column] > floor:
            values[found] = scores[column]
            places[found] = first + column
            found += 1
            if found == values.shape[0]:
                floor = keep_best(values, places, keep)
                found = keep
    return found, floor


@_compiled
def best_products(
    tiles: Array,
    panels: Array,
    count: int,
    keep: int,
    values: Array,
    places: Array,
    floors: Array,
) -> None:
    """Find the task types with the greatest product of whole numbers for each image of a block.

    Args:
        tiles: Images, int32, (tiles, pairs, TILE), see `pack`.
        panels: Task types, int32, (panels, pairs, PANEL).
        count: Task types in the panels; what follows is filling.
        keep: How many to find, at most `count`.
        values: int32, (images, capacity): room; capacity at least 2 * keep.
        places: int32, of the same shape; its first `keep` columns are the result, in no order.
        floors: int32, (images,), filled: no task type that was left out has a greater product.
    """
    n, pairs = values.shape[0], tiles.shape[1]
    found = np.zeros(n, np.int64)
    floors[:] = np.iinfo(np.int32).min
    scores = np.empty((TILE, PANEL), np.int32)
    for panel in range(panels.shape[0]):
        members = min(PANEL, count - panel * PANEL)
        for tile in range(tiles.shape[0]):
            _multiply_tile(  # type: ignore[call-arg]  # numba gives the first
                tiles[tile].ctypes.data, panels[panel].ctypes.data, pairs, scores.ctypes.data
            )
            first = tile * TILE
            for row in range(first, min(first + TILE, n)):
                exceeds = False
                for column in range(PANEL):
                    exceeds |= scores[row - first, column] > floors[row]
                if exceeds:
                    found[row], floors[row] = _taken(
                        scores[row - first, :members],
                        panel * PANEL,
                        keep,
                        floors[row],
                        values[row],
                        places[row],
                        found[row],
                    )
    for row in range(n):
        floors[row] = keep_best(values[row, : found[row]], places[row, : found[row]], keep)


@_compiled
def best_keys(bits: Array, keep: int, values: Array, places: Array, floors: Array) -> None:
    """Find the greatest of each row of a bfloat16 matrix, given by its bits.

    Args:
        bits: int16, (n, m). As whole numbers they are in order once those of negative numbers
            have all but their sign turned over; that is their key.
        keep: How many to find, at most m.
        values: int16, (n, capacity): room; capacity at least 2 * keep.
        places: int32, of the same shape; its first `keep` columns are the result, in no order.
        floors: int16, (n,), filled: no value that was left out has a greater key.
    """
    m = bits.shape[1]
    lowest = np.int16(np.iinfo(np.int16).min)
    keys = np.empty(64, np.int16)
    for row in range(bits.shape[0]):
        floor, found = lowest, 0
        for start in range(0, m, 64):
            count = min(64, m - start)
            highest = lowest
            for column in range(count):
                key = bits[row, start + column]
                key = np.int16(key ^ ((key >> 15) & 0x7FFF))
                keys[column] = key
                highest = max(highest, key)
            if highest > floor:
                found, floor = _taken(
                    keys[:count], start, keep, floor, values[row], places[row], found
                )
        floors[row] = keep_best(values[row, :found], places[row, :found], keep)


@_compiled
def _score(image: Array, task: Array, lanes: Array) -> Any:
    """Score one pair; the image's vector comes in float64, the lanes are room."""
    whole = image.shape[0] - image.shape[0] % LANES
    lanes[:] = 0.0
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            lanes[lane] += image[start + lane] * np.float64(task[start + lane])
    for lane in range(image.shape[0] - whole):
        lanes[lane] += image[whole + lane] * np.float64(task[whole + lane])
    half = LANES // 2
    while half >= 1:
        for lane in range(half):
            lanes[lane] += lanes[half + lane]
        half //= 2
    return np.float32(lanes[0]) + np.float32(0)


@_compiled
def best_scores(
    images: Array, tasks: Array, candidates: Array, place: Array, indices: Array, scores: Array
) -> None:
    """Score candidates as `exact_scores.pair_scores` does and keep the best, in order.

    Args:
        images: float32, (n, d).
        tasks: float32, (m, d).
        candidates: int32, (n, c).
        place: int64, (m,): each task type's place in the order of ids, which decides ties.
        indices: int32, (n, width), width <= c: filled with positions in the tasks.
        scores: float32, (n, width): filled.
    """
    width = indices.shape[1]
    lanes = np.empty(LANES, np.float64)
    image = np.empty(images.shape[1], np.float64)
    for row in range(images.shape[0]):
        image[:] = images[row]
        filled = 0
        for task in candidates[row]:
            score = _score(image, tasks[task], lanes)
            at = filled
            while at > 0 and (
                score > scores[row, at - 1]
                or (score == scores[row, at - 1] and place[task] < place[indices[row, at - 1]])
            ):
                at -= 1
            filled = min(filled + 1, width)
            for later in range(filled - 1, at, -1):
                scores[row, later] = scores[row, later - 1]
                indices[row, later] = indices[row, later - 1]
            if at < width:
                scores[row, at] = score
                indices[row, at] = task
