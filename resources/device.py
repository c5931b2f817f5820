"""The device that computes: which it is, what suits it, and how busy it was.

Importing this module does not load torch.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

CPU = "cpu"
CPU_ROWS = 64
"""Rows of a forward pass on the CPU: more gain nothing there and take memory."""

_ROWS_PER_GIB = 16
_MOST_ROWS = 1024


def has_gpu() -> bool:
    """Tell whether torch can use a GPU, without starting CUDA.

    CUDA settles which devices a process sees when it starts, and that is for the lease to say,
    which comes later: so the driver is asked instead. Where there is none torch is not even loaded:
    a pass that finds everything done has no other use for it.
    """
    if not _has_driver():
        return False
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    import torch

    return torch.cuda.is_available()


def _has_driver() -> bool:
    """Tell whether CUDA's driver is installed, or AMD's: where neither is, torch finds no GPU."""
    if sys.platform != "linux":
        return True  # torch knows
    try:
        ctypes.CDLL("libcuda.so.1")  # as CUDA's runtime does; nothing starts yet
    except OSError:
        return Path("/dev/kfd").exists()
    return True


def free_memory() -> None:
    """Give a GPU's memory that torch keeps in reserve back, for the next process that wants it."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()


def device_name(device: str) -> str:
    """Return what the device is called, for whoever reads what it made."""
    if device == CPU:
        return CPU
    import torch

    return torch.cuda.get_device_name(device)


def rows_for(device: str) -> int:
    """Return how many rows a forward pass has that suits the device.

    Of a GPU its memory decides, all of it and not what is free: vectors depend in their last bits
    on the size of a pass.
    """
    if device == CPU:
        return CPU_ROWS
    import torch

    gib = torch.cuda.get_device_properties(device).total_memory / 2**30
    rows = CPU_ROWS
    while rows < _MOST_ROWS and 2 * rows <= _ROWS_PER_GIB * gib:
        rows *= 2
    return rows


class DeviceClock:
    """Tells how long a device computed, of all the time that passed.

    On a GPU the kernels' own time counts, taken from events in its stream: the host only queues
    them. The clock starts with the first `computing`, so that what comes before it, loading a
    model above all, is not taken for waiting.
    """

    def __init__(self) -> None:
        self._started: float | None = None
        self._host_s = 0.0
        self._events: list[tuple[Any, Any]] = []

    def start(self) -> None:
        """Let the time begin, if it has not."""
        if self._started is None:
            self._started = time.perf_counter()

    @contextmanager
    def computing(self, device: str) -> Iterator[None]:
        """Count what is computed, or queued, inside."""
        self.start()
        if device == CPU:
            began = time.perf_counter()
            yield
            self._host_s += time.perf_counter() - began
            return
        import torch

        event: Any = torch.cuda.Event
        begin, end = event(enable_timing=True), event(enable_timing=True)
        with torch.cuda.device(device):
            begin.record()
            yield
            end.record()
        self._events.append((begin, end))

    def busy_s(self) -> float:
        """Return for how many seconds the device computed; waits until it is done."""
        if not self._events:
            return self._host_s
        self._events[-1][1].synchronize()
        return float(sum(begin.elapsed_time(end) for begin, end in self._events)) / 1000

    def busy_share(self) -> float | None:
        """Return the share of the time since the start in which the device computed.

        None when it never did. To be asked when the last result is there.
        """
        if self._started is None:
            return None
        busy = self.busy_s()
        return min(1.0, busy / (time.perf_counter() - self._started))


@cache
def say_cpu_once() -> None:
    """Say that there is no GPU, the first time."""
    logger.warning("CLIP: no GPU found, encoding on the CPU, which is slower")
