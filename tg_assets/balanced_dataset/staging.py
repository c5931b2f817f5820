"""Writing a folder so that nobody ever sees half of it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to write to; it takes the target's place when the block ends well.

    If the block raises, the target stays as it was. What a killed process left behind is removed
    the next time; a folder that another process is still writing is left alone.

    Args:
        target: The folder to write or to replace.

    Yields:
        The folder to write into, on the same file system.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
    lock = _lock(partial)
    try:
        partial.chmod(0o755)  # mkdtemp keeps others out; a dataset is there to be read
        yield partial
        _swap(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _swap(partial: Path, target: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-old-", dir=target.parent))
    if target.exists():
        target.rename(old / target.name)
    partial.rename(target)
    shutil.rmtree(old)


def _remove_abandoned(target: Path) -> None:
    for partial in target.parent.glob(f".{target.name}.partial-*"):
        lock = _lock(partial)
        if lock is not None:
            shutil.rmtree(partial, ignore_errors=True)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder; the operating system drops the lock when its holder dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
