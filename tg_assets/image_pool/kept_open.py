"""The last few containers that were read, kept open: their indexes are read once, not per image."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from tg_assets.image_pool.locations import local_path

T = TypeVar("T")


class KeptOpen(Generic[T]):
    """Opened containers of this process, by url; the least recently used goes first.

    A local container is opened again when its file has changed. A forked process begins with none:
    it would share the offsets of the files with its parent.

    Args:
        opening: Opens one.
        most: How many are kept.
    """

    _all: ClassVar[weakref.WeakSet[KeptOpen[Any]]] = weakref.WeakSet()

    def __init__(self, opening: Callable[[str], T], most: int = 8) -> None:
        self._opening = opening
        self._most = most
        self.forget()
        KeptOpen._all.add(self)

    def forget(self) -> None:
        """Keep nothing; what is in use stays open until its user is done."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[object, T]] = OrderedDict()

    def get(self, url: str) -> T:
        """Return the container, opened now or before.

        Raises:
            OSError: As opening it does.
        """
        state = _state(url)
        with self._lock:
            found = self._kept.get(url)
            if found is not None and found[0] == state:
                self._kept.move_to_end(url)
                return found[1]
            opened = self._opening(url)
            self._kept[url] = (state, opened)
            self._kept.move_to_end(url)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)  # closed when the last thread that reads it is done
            return opened

    @classmethod
    def forget_all(cls) -> None:
        """Keep nothing, of any kind."""
        for kept in cls._all:
            kept.forget()


def _state(url: str) -> object:
    local = local_path(url)
    if local is None:
        return None  # asking costs a request an image; the bytes are held to their hash anyway
    facts = os.stat(local)
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=KeptOpen.forget_all)
