"""Who holds a job, and whether he still lives."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path


def new_holder() -> str:
    """Return a name for a pass of this process, which no other pass has."""
    return f"{_process_space()} {os.getpid()} {uuid.uuid4().hex[:8]}"


def is_dead(holder: str) -> bool:
    """Whether a holder's process is known to be gone; one on another machine never is."""
    space, pid, _ = holder.rsplit(" ", 2)
    if space != _process_space():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(pid)


def _is_zombie(pid: str) -> bool:
    """Whether a process has ended and is only waited for by its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] == "Z"


def _process_space() -> str:
    """Return what tells apart where process numbers mean the same: host and namespace."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}{namespace}"
