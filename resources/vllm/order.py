"""What a keeper is asked for, and where keepers meet the runs that ask."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 107
CPU = "cpu"
"""What is leased on a machine without GPUs: its cores bear one server at a time."""


@dataclass(frozen=True, slots=True)
class Order:
    """One server, as a keeper is asked for it.

    Attributes:
        key: What makes it the same server: equal keys share one.
        model: Its name at the endpoint.
        command: The command line without host and port.
        env: The environment of the process.
        devices: How many devices it needs.
        there: Which there are.
        locks: Folder of the devices' locks.
        folder: Where the keeper meets runs.
        log: The file that takes what vLLM says.
        start_timeout_s: How long it may take until it is healthy.
        wait_s: How long to wait for devices that others use.
    """

    key: str
    model: str
    command: Sequence[str]
    env: Mapping[str, str]
    devices: int
    there: Sequence[str]
    locks: str
    folder: str
    log: str
    start_timeout_s: float
    wait_s: float

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> Order:
        """Read what `to_json` wrote."""
        return cls(**json.loads(line))


def keepers_folder() -> Path:
    """Return where keepers meet runs: devices are the machine's, so the folder is, too."""
    return Path(tempfile.gettempdir()) / f"taskgalaxy-vllm-{os.getuid()}"


def meeting_place(folder: Path, key: str) -> Path:
    """Return the socket at which the keeper of a key meets runs.

    Raises:
        OSError: Its path is longer than a socket's may be.
    """
    place = folder / f"{key}.socket"
    if len(os.fsencode(place)) > LONGEST_SOCKET_PATH:
        raise OSError(
            errno.ENAMETOOLONG, "no socket has so long a path; set a shorter TMPDIR", place
        )
    return place
