"""Locks that die with their holder: of the operating system here, of PostgreSQL among machines.

A pass holds its galaxy, a run the partition that it makes, and a run on another machine its own
id: while that is held, somebody works on the run.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILES = 1024
"""Most lock files: they stay, because one that is removed would not keep a second holder off."""
STILL_THERE = {
    "connect_timeout": 10,
    # a holder whose machine is gone without a word loses its locks within a minute
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


def held_on_file(folder: Path, name: str) -> Any:
    """Take a lock of this machine; null when another process holds it.

    Returns:
        What to close to give it back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = _number(name) % FILES  # two names may share one: then one waits without need
    file = (folder / f"{place:03x}.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def held_on_postgres(url: str, name: str) -> Any:
    """Take a lock among all machines; null when another connection holds it.

    Returns:
        The connection that holds it, to be closed to give it back.
    """
    import psycopg2

    connection = psycopg2.connect(url, application_name="taskgalaxy lock", **STILL_THERE)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (_number(name),))
        taken = bool(cursor.fetchone()[0])
    if not taken:
        connection.close()
        return None
    return connection


def is_held_on_postgres(url: str, name: str) -> bool:
    """Tell whether anybody holds a lock."""
    lock = held_on_postgres(url, name)
    if lock is None:
        return True
    lock.close()
    return False


def _number(name: str) -> int:
    """Return a lock's name as the signed 64 bits that PostgreSQL wants."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def held(url: str | None, folder: Path, name: str) -> Iterator[bool]:
    """Hold a lock during the block, if it is free.

    Args:
        url: Of PostgreSQL, for a lock among machines; null for one of this machine.
        folder: Where this machine's locks lie.
        name: The lock's name.

    Yields:
        Whether it is held.
    """
    lock = held_on_file(folder, name) if url is None else held_on_postgres(url, name)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.close()
