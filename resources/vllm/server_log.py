"""What a server's log says about its end, in the few lines that matter."""

from __future__ import annotations

import re
import signal
from pathlib import Path

TAIL_BYTES = 128 * 1024
FEW_LINES = 8
LONGEST_LINE = 300
PREFIX = re.compile(r"^(\(\w+ pid=\d+\) )?((ERROR|INFO|WARNING) [\d-]+ [\d:]+ \[[\w./]+:\d+\] )?")
FAULT = re.compile(r"^(?:[\w.]+(?:Error|Exception|Exit|Interrupt)\b.*:|.*\berror: )")
"""How Python names what it raised, and how ``vllm serve`` refuses an argument."""
USAGE = 2
KILLED = 128
"""Added to the number of the signal that ended a process, as shells do."""

ADVICE = {
    USAGE: "vLLM does not know one of its arguments: see model_args and server_args",
    KILLED + signal.SIGKILL: "it was killed, by somebody or for want of the machine's memory",
}
COMMON_ADVICE = (
    "if it is short of memory, lower max_model_len, or raise tensor_parallel; if it cannot have "
    "the gpu_memory_utilization that it wants, something else holds the device"
)


def why_it_ended(log: Path, code: int | None = None) -> str:
    """Return what is known about a server's end: how, its last words, what to do.

    Args:
        log: Its log.
        code: Its exit code, 128 and the signal's number when it was killed; null when it lives.
    """
    how = "" if code is None else f"vllm serve ended with exit code {code}\n"
    said = "\n".join(f"  {line}" for line in last_words(log))
    return f"{how}{said}\n{ADVICE.get(code or 0, COMMON_ADVICE)}\nthe whole log: {log}"


def last_words(log: Path) -> list[str]:
    """Return the last faults that the log names, else its last lines, without repetitions."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace")
    except OSError as error:
        return [f"the log cannot be read: {error.strerror or error}"]
    lines = [PREFIX.sub("", line).rstrip() for line in tail.splitlines()]
    lines = [line[:LONGEST_LINE] for line in lines if line.strip()]
    faults = [line for line in lines if FAULT.match(line)]
    return list(dict.fromkeys(faults or lines))[-FEW_LINES:]
