"""Processes that come from one's own: found by their parents, ended without exception.

vLLM starts processes that start processes, and they outlive their parents: killed, its API server
leaves EngineCore and workers behind. Who adopts orphans becomes their parent, so none gets away.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
POLL_S = 0.05


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends.

    Raises:
        OSError: The system cannot do that; Linux can.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl") or libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "processes cannot be kept together; vLLM needs Linux")


def descendants() -> list[int]:
    """Return the processes that descend from this one, the dead that nobody collected included."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it ended meanwhile
                children[_parent(entry)].append(int(entry.name))
    found, look = [], [os.getpid()]
    while look:
        born = children[look.pop()]
        found += born
        look += born
    return found


def _parent(entry: Path) -> int:
    # pid (name, which may hold anything) state parent ...
    return int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])


def end_descendants(grace_s: float) -> None:
    """End every descendant of this process, which must have adopted orphans; returns when none is.

    Args:
        grace_s: How long they may take to end by themselves before they are killed.
    """
    kill_at = time.monotonic() + grace_s
    _signal(descendants(), signal.SIGTERM)
    while found := _reap(descendants()):
        if time.monotonic() >= kill_at:
            _signal(found, signal.SIGKILL)
        time.sleep(POLL_S)


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _reap(pids: list[int]) -> list[int]:
    """Collect those that are dead children; return the others."""
    alive = []
    for pid in pids:
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                continue
        alive.append(pid)
    return alive
