"""What a pass says when a server that it stands on goes away: which one, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tg_assets.settings import Settings


class Away(RuntimeError):  # noqa: N818 - a state, not a fault
    """PostgreSQL or the object store cannot be reached; what was finished and answered is kept."""


@contextmanager
def away_said(settings: Settings) -> Iterator[None]:
    """Say of a server that cannot be reached which one it is.

    Raises:
        Away: PostgreSQL or the object store of the settings cannot be reached.
    """
    try:
        yield
    except Exception as error:
        what = _what_is_away(settings, error)
        if what is None:
            raise
        raise Away(
            f"{what} cannot be reached ({_in_short(error)}). What was finished is in the tables "
            "and what was answered is in the ledger; the same command goes on there once it is back"
        ) from error


def _what_is_away(settings: Settings, error: Exception) -> str | None:
    if settings.engine is not None and _is_of_postgres(error):
        return f"PostgreSQL, whose URL is in {settings.engine.postgres_env},"
    if "://" in settings.home and _is_of_store(error):
        return settings.home
    return None


def _is_of_postgres(error: Exception) -> bool:
    import psycopg2
    from dagster_postgres.utils import DagsterPostgresException
    from sqlalchemy.exc import DBAPIError

    while isinstance(error, DBAPIError) and isinstance(error.orig, Exception):
        error = error.orig
    lost = (psycopg2.OperationalError, psycopg2.InterfaceError, DagsterPostgresException)
    return isinstance(error, lost)


def _is_of_store(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError

    return isinstance(error, BotoCoreError)


def _in_short(error: Exception) -> str:
    """Return the first line of what a client says: the rest repeats the statement."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
