"""Progress of whatever takes long, shown by whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Report = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, how much there is."""

_report: ContextVar[Report | None] = ContextVar("report", default=None)


def report(what: str, done: int, total: int) -> None:
    """Report progress to whoever listens; cheap when nobody does."""
    listener = _report.get()
    if listener is not None:
        listener(what, done, total)


def is_heard() -> bool:
    """Whether somebody listens."""
    return _report.get() is not None


@contextmanager
def reported_to(listener: Report) -> Iterator[None]:
    """Send the progress of everything inside to `listener`."""
    token = _report.set(listener)
    try:
        yield
    finally:
        _report.reset(token)
