"""The guard of one vLLM server: started by its keeper, it starts vLLM and outlives both.

It takes one line of JSON on its standard input, the command and its environment. When that input
ends, which it does however the keeper ends, or when vLLM ends, it ends every process that came from
vLLM. It inherits the locks of the devices, so that they are free only when no such process is left.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys

from resources.vllm.processes import adopt_orphans, end_descendants
from resources.vllm.server_log import KILLED

GRACE_S = 5.0
"""How long vLLM may take to end by itself: killed at once, it leaves shared memory behind."""
COLLECT_EVERY_MS = 10_000


def main() -> int:
    """Run the command to its end; return its exit code."""
    adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(KILLED + signal.SIGTERM))
    order = json.loads(sys.stdin.buffer.readline())
    started = subprocess.Popen(
        order["command"], env=order["env"], stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return _wait_for(started.pid)
    finally:
        end_descendants(GRACE_S)


def _wait_for(pid: int) -> int:
    """Return when the process or the keeper has ended, with the exit code."""
    watched = select.poll()
    watched.register(os.pidfd_open(pid), select.POLLIN)
    watched.register(sys.stdin.fileno(), select.POLLIN)
    while True:
        events = watched.poll(COLLECT_EVERY_MS)
        status = _collected(pid)
        if status is not None:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else KILLED - code
        if any(descriptor == sys.stdin.fileno() for descriptor, _ in events):
            return 0


def _collected(pid: int) -> int | None:
    """Collect the dead children, adopted ones too; return the status of `pid` if it is one."""
    status = None
    while True:
        try:
            dead, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if dead == 0:
            return status
        if dead == pid:
            status = ended


if __name__ == "__main__":
    sys.exit(main())
