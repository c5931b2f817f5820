"""Which questions are being asked just now, so that no two runs buy the same answer.

A pass claims what it is about to ask, in the ledger's database, and gives that back when all of its
replies are committed. A claim counts as long as its holder lives: he holds a lock that dies with
him, PostgreSQL's beside a ledger that is there, the operating system's beside a file. So nothing
expires, nobody has to say that he is still there, and what a killed run had claimed is free at
once.
"""

from __future__ import annotations

import fcntl
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import sqlalchemy as sa

from resources.chat.ledger.entries import LedgerError
from resources.chat.ledger.ledger import Ledger
from resources.chat.ledger.schema import ask_claims


class Claims:
    """The claims of one pass, during a block; they are given back at its end.

    Args:
        ledger: The ledger in which the answers will be.

    Raises:
        LedgerError: The ledger's database cannot be reached or written, here as in every method.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._holder = uuid.uuid4().hex
        self._life = _life_beside(ledger)

    def __enter__(self) -> Claims:
        self._life.begin(self._holder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            self.give_back()
        except LedgerError:
            if error is None:
                raise
        finally:
            self._life.end(self._holder)  # and with it what could not be given back

    def take(self, keys: Iterable[str]) -> set[str]:
        """Claim answers that are to be bought, and return those that nobody else has claimed.

        Whoever takes a key must look it up once more before buying: until then another pass may
        have bought it.
        """
        wanted = sorted(set(keys))
        with self._ledger.writing() as connection:
            taken = self._taken(connection, wanted)
            if len(taken) < len(wanted) and self._free_what_the_dead_hold(connection):
                taken = self._taken(connection, wanted)
        return taken

    def _taken(self, connection: sa.Connection, wanted: Sequence[str]) -> set[str]:
        self._ledger.statements.claim(connection, wanted, self._holder)
        mine = sa.select(ask_claims.c.key).where(ask_claims.c.holder == self._holder)
        return set(connection.execute(mine).scalars()) & set(wanted)

    def _free_what_the_dead_hold(self, connection: sa.Connection) -> bool:
        others = sa.select(ask_claims.c.holder).where(ask_claims.c.holder != self._holder)
        found = connection.execute(others.distinct()).scalars().all()
        dead = [holder for holder in found if self._life.is_over(connection, holder)]
        connection.execute(sa.delete(ask_claims).where(ask_claims.c.holder.in_(dead)))
        return bool(dead)

    def give_back(self) -> None:
        """Give back everything that is claimed."""
        with self._ledger.writing() as connection:
            mine = ask_claims.c.holder == self._holder
            connection.execute(sa.delete(ask_claims).where(mine))


class Life(Protocol):
    """How a holder shows that he lives, without doing anything for it."""

    def begin(self, holder: str) -> None:
        """Live from now on."""

    def end(self, holder: str) -> None:
        """Live no longer."""

    def is_over(self, connection: sa.Connection, holder: str) -> bool:
        """Tell whether a holder is gone."""


def _life_beside(ledger: Ledger) -> Life:
    url = ledger.engine.url
    if url.get_backend_name() == "sqlite":
        return OfAProcess(Path(f"{url.database}-askers"), ledger.shown)
    return OfASession(ledger)


class OfASession:
    """A lock of PostgreSQL: it ends with the connection.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._session: sa.Connection | None = None

    def begin(self, holder: str) -> None:
        """Open a connection for as long as this lasts, and lock the holder's number in it."""
        self._session = self._ledger.connected()
        with self._ledger.saying("cannot be written"):
            self._session.execute(sa.select(sa.func.pg_advisory_lock(_number(holder))))

    def end(self, holder: str) -> None:
        """Close the connection for good: one that went back into the pool would keep the lock."""
        if self._session is not None:
            self._session.invalidate()
            self._session.close()

    def is_over(self, connection: sa.Connection, holder: str) -> bool:
        """Try the holder's lock, until the transaction ends."""
        query = sa.select(sa.func.pg_try_advisory_xact_lock(_number(holder)))
        return bool(connection.execute(query).scalar_one())


def _number(holder: str) -> sa.ColumnElement[int]:
    """Return a holder as the signed 64 bits that PostgreSQL wants."""
    return sa.literal(int.from_bytes(bytes.fromhex(holder)[:8], "big", signed=True), sa.BigInteger)


class OfAProcess:
    """A lock of the operating system, on a file with the holder's name.

    Args:
        folder: Where these files lie: beside the ledger, which is on this machine's disk.
        shown: The ledger, for people.
    """

    def __init__(self, folder: Path, shown: str) -> None:
        self._folder = folder
        self._shown = shown
        self._file: IO[str] | None = None

    def begin(self, holder: str) -> None:
        """Make the file and lock it."""
        try:
            self._folder.mkdir(exist_ok=True)
            self._file = (self._folder / holder).open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            raise LedgerError(
                f"beside the ledger {self._shown} no file can be locked, nothing is asked: {error}"
            ) from None

    def end(self, holder: str) -> None:
        """Remove the file, and then let go of it."""
        (self._folder / holder).unlink(missing_ok=True)
        if self._file is not None:
            self._file.close()

    def is_over(self, connection: sa.Connection, holder: str) -> bool:
        """Try the lock; the file of a dead holder is removed."""
        try:
            with (self._folder / holder).open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (self._folder / holder).unlink(missing_ok=True)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True
