"""How far a fast product can be from the true one: the proofs behind the exact top k.

Write x for an image's vector, y for a task type's, x' and y' for what a fast product multiplies in
their place (rounded to bfloat16, or to whole numbers at a scale). Then

    x.y - x'.y' = (x - x').y + x'.(y - y')

and by Cauchy and Schwarz, with |.| the Euclidean length,

    |x.y - x'.y'| <= |x - x'| |y| + |x'| |y - y'|,    |x'| <= |x| + |x - x'|.        (operands)

The lengths of x, y and of what rounding took from them are measured, not assumed, so the bound
holds for vectors of any length, in proportion to |x| |y|. For vectors of length 1, bfloat16 (8
significant bits) takes at most 2**-8 of each coordinate, so |x - x'| <= 2**-8 and the bound is
below 2**-7 + 2**-16; measured lengths halve it. Whole numbers of 16 bits, at a scale that fills 32
bits with the product, take at most half a unit of each coordinate: below 6.1e-4 at 768 dimensions.
Where task types' lengths differ the longest counts for all, which makes the bound wider and not
wrong: more images fail to be certified and are done again in float32.

What the arithmetic itself adds, with d coordinates and partial sums of any order:

    d u |x'| |y'| + d t,                                                         (accumulation)

where u is the relative error of one addition or product (2**-24 in IEEE float32; tensor cores cut
digits off when they align what they add, for which `ACCUMULATION` leaves room) and t the smallest
normal float32, because units may treat smaller numbers as 0. Whole numbers accumulate exactly.
A product that is stored as bfloat16 is rounded once more, by at most 2**-8 of its value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLOAT32 = 2.0**-24
"""Unit roundoff of float32: half the distance from 1 to the next number."""

BFLOAT16 = 2.0**-8
"""Unit roundoff of bfloat16, which has 8 significant bits, one of them implied."""

ACCUMULATION = 2.0**-21
"""Relative error of an addition in low-precision units, with room for cut-off digits."""

_SMALLEST = 2.0**-126  # below which float32 loses digits or becomes 0
_SLACK = 1 + 1e-6  # the lengths themselves are computed, in float64

Doubles = NDArray[np.float64]


def operands(length: Doubles, lost: Doubles, tasks: float, tasks_lost: float) -> Doubles:
    """Bound what rounding the operands of the product changes, for each image.

    Args:
        length: The images' lengths, (n,).
        lost: Lengths of what rounding took from them, (n,).
        tasks: The greatest length of a task type's vector.
        tasks_lost: The greatest length of what rounding took from one.
    """
    bound: Doubles = (lost * tasks + (length + lost) * tasks_lost) * _SLACK
    return bound


def accumulation(dimensions: int, length: Doubles, tasks: float, unit: float) -> Doubles:
    """Bound what adding up changes, for each image.

    Args:
        dimensions: Of the vectors.
        length: The images' lengths, those of the rounded vectors where they are rounded, (n,).
        tasks: The greatest length of a task type's vector, likewise.
        unit: Relative error of one operation.
    """
    # Products and sums both round: d + 1 roundings on the way of each product, at most.
    bound: Doubles = (dimensions + 1) * (unit * length * tasks * _SLACK + _SMALLEST)
    return bound


def score(length: Doubles, tasks: float) -> Doubles:
    """Bound how far a score, a float64 sum rounded to float32, is from the true product."""
    bound: Doubles = 2 * FLOAT32 * length * tasks + _SMALLEST
    return bound


def lengths(vectors: NDArray[np.float32]) -> Doubles:
    """Return the Euclidean length of each row, in float64."""
    found: Doubles = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return found
