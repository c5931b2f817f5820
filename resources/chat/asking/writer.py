"""The writer of a pass: what was received is committed within a tenth of a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from resources.chat.ledger import Ledger, Received

COMMIT_RESPONSES = 200
COMMIT_SECONDS = 0.05
"""How long a response waits, so that with the commit itself it is in the ledger after 100 ms."""


class Writer:
    """Commits responses in one thread, many at a time.

    Args:
        ledger: The ledger.
        committed: Called with what was just committed, in the event loop.
    """

    def __init__(self, ledger: Ledger, committed: Callable[[Sequence[Received]], None]) -> None:
        self._ledger = ledger
        self._committed = committed
        self._received: list[Received] = []
        self._commits = ThreadPoolExecutor(1, "ledger")  # never behind the reading of images
        self._commit: asyncio.Future[None] | None = None
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._ended = False

    @property
    def keeps_up(self) -> bool:
        """Whether so little waits that more may be asked."""
        return len(self._received) < COMMIT_RESPONSES

    def take(self, received: Received) -> None:
        """Take a response, to be committed soon."""
        self._received.append(received)
        self._some.set()
        if not self.keeps_up:
            self._many.set()

    def end(self) -> None:
        """Nothing more comes: `run` ends when everything is committed."""
        self._ended = True
        self._some.set()
        self._many.set()

    async def run(self) -> None:
        """Commit what comes until `end`.

        Raises:
            LedgerError: The ledger stopped taking responses.
        """
        while not self._ended or self._received:
            await self._some.wait()
            await event_or(COMMIT_SECONDS, self._many)
            if not self._ended:
                self._some.clear()
                self._many.clear()
            if self._received:
                await self._commit_received()

    async def _commit_received(self) -> None:
        batch, self._received = self._received, []
        loop = asyncio.get_running_loop()
        self._commit = loop.run_in_executor(self._commits, self._ledger.record, batch)
        await asyncio.shield(self._commit)
        self._committed(batch)

    async def save(self) -> None:
        """Commit what was received when `run` was cancelled; nothing when the ledger had failed."""
        if self._commit is not None:
            await asyncio.wait([self._commit])
            if self._commit.exception() is not None:
                return
        if self._received:
            await self._commit_received()

    def close(self) -> None:
        """End the thread."""
        self._commits.shutdown()


async def event_or(seconds: float | None, event: asyncio.Event) -> None:
    """Wait for the event, at most so long; unlike `asyncio.wait_for`, never deaf to a cancel."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
