"""Loops compiled by numba; importing this loads it, so only what is about to run them does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a loop when it is first called, without the interpreter's lock.

    The result is kept beside the source, or in the user's cache, for other processes; where
    neither can be written, each process compiles its own.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder for the cache can be written
        return njit(nogil=True)(function)
