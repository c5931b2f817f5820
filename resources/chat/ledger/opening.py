"""From a URL to an engine on a database whose tables are the present ones."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from resources.chat.ledger.entries import LedgerError
from resources.chat.ledger.schema import HEAD

EXPECTED = "expected sqlite:///path/to/file or postgresql://user@host/database"
BUSY_S = 60
"""How long a writer waits for another process on SQLite."""
OPENING_ATTEMPTS = 4
CACHE_KB = 64 * 1024
CHECKPOINT_PAGES = 8_000
"""32 MB of the log: a commit of 2,000 answers under random keys writes some 8 MB of pages."""
READS_ONLY = "reads_only"
"""Execution option of connections that only read, which no writer on SQLite keeps waiting."""
MIGRATING_LOCK = 7_461_785
"""Key of PostgreSQL's advisory lock: one process at a time changes the tables."""
FIRST_TABLES = "1"
"""The revision of ledgers that were made before there were migrations."""
STILL_THERE = {
    "connect_timeout": 10,
    # a server that is gone without a word is noticed within a minute
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def parsed(url: str) -> sa.URL:
    """Return a ledger's URL, parsed.

    Raises:
        LedgerError: It is none, or none of a database that can hold a ledger.
    """
    try:
        found = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise LedgerError(f"the ledger's URL is none; {EXPECTED}") from None
    backend = found.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise LedgerError(f"no ledger can be on {shown(found)}; {EXPECTED}")
    if backend == "sqlite" and found.database in (None, "", ":memory:"):
        raise LedgerError(f"the ledger {shown(found)} would forget everything; {EXPECTED}")
    return found


def shown(url: sa.URL) -> str:
    """Return a URL without its secrets."""
    return url.set(query={}).render_as_string(hide_password=True)


def open_engine(url: sa.URL) -> sa.Engine:
    """Return an engine on a ledger's database, its tables made or brought up to date.

    Its transactions write: on SQLite they begin by taking the write lock, so that what they read
    stays true until they end; connections with the option ``reads_only`` take none.

    Raises:
        LedgerError: The database cannot be opened, or is newer than this program.
    """
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    for attempt in range(1, OPENING_ATTEMPTS + 1):
        try:
            _bring_up_to_date(engine, shown(url))
            return engine
        except (sa.exc.SQLAlchemyError, ValueError) as error:
            # several processes that make a new ledger get in each other's way for a moment
            if isinstance(error, sa.exc.DBAPIError) and attempt < OPENING_ATTEMPTS:
                time.sleep(0.1 * attempt)
                continue
            engine.dispose()
            raise _unopened(url, error) from None
        except BaseException:
            engine.dispose()
            raise
    raise AssertionError("unreachable")


def holds_ledger(url: str) -> bool:
    """Return whether there is a ledger at a URL; none is made.

    Raises:
        LedgerError: The URL is none of a ledger, or the database cannot be reached.
    """
    found = parsed(url)
    if found.get_backend_name() == "sqlite":
        return Path(str(found.database)).exists()
    engine = _postgresql(found)
    try:
        with engine.connect() as connection:
            return revision_of(connection) is not None
    except sa.exc.SQLAlchemyError as error:
        raise LedgerError(
            f"the ledger {shown(found)} cannot be opened: {in_short(error)}"
        ) from None
    finally:
        engine.dispose()


def _unopened(url: sa.URL, error: Exception) -> LedgerError:
    return LedgerError(f"the ledger {shown(url)} cannot be opened: {in_short(error)}")


def in_short(error: Exception) -> str:
    """Return what the database said, without the statement."""
    said = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    return str(said).strip()


def revision_of(connection: sa.Connection) -> str | None:
    """Return the last migration that a database has seen, null for one without a ledger."""
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.execute(
            sa.text("SELECT version_num FROM alembic_version")
        ).scalar_one_or_none()
    return FIRST_TABLES if "responses" in tables else None


def _sqlite(url: sa.URL) -> sa.Engine:
    try:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unopened(url, error) from None
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_S * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",  # an answer that was paid for survives a power cut, too
        f"cache_size=-{CACHE_KB}",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get(READS_ONLY)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _postgresql(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args=STILL_THERE
        )
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"the ledger {shown(url)} needs the package {error.name}: "
            "pip install 'taskgalaxy[postgres]'"
        ) from None


def _bring_up_to_date(engine: sa.Engine, where: str) -> None:
    with engine.connect().execution_options(**{READS_ONLY: True}) as connection:
        if revision_of(connection) == HEAD:
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING_LOCK)))
        _migrate(connection, where)


def _migrate(connection: sa.Connection, where: str) -> None:
    """Take the migrations that are missing, all in the connection's transaction or none."""
    revision = revision_of(connection)  # another process may have been faster
    if revision == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise LedgerError(
            f"the ledger {where} was written by a newer version of this program (its tables are "
            f"of revision {revision}, this version knows up to {HEAD}); nothing was changed: "
            "upgrade taskgalaxy, or name another ledger in the settings"
        )
    if revision == FIRST_TABLES:
        command.stamp(config, FIRST_TABLES)
    command.upgrade(config, "head")
