"""What runs that share a ledger tell each other through it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from resources.chat.ledger import metadata

endpoint_windows = sa.Table(
    "endpoint_windows",
    metadata,
    sa.Column("endpoint", sa.String(32), primary_key=True),
    sa.Column("requests", sa.Float, nullable=False),  # how many may start now
    sa.Column("tokens", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),  # the database's clock, seconds
)

budget_grants = sa.Table(
    "budget_grants",
    metadata,
    sa.Column("holder", sa.String(32), primary_key=True),
    sa.Column("held_usd", sa.Float, nullable=False),  # may be spent and is in no response yet
    sa.Column("expires_at", sa.Float, nullable=False),  # the database's clock, seconds
)


def database_now(connection: sa.Connection) -> float:
    """Return the time by the one clock that all runs on this database read, in seconds."""
    clock: sa.ColumnElement[Any]
    if connection.dialect.name == "postgresql":
        clock = sa.func.extract("epoch", sa.func.clock_timestamp())
    else:  # runs on one SQLite file are on one machine; days since the Julian epoch
        clock = (sa.func.julianday("now") - 2440587.5) * 86400.0
    return float(connection.execute(sa.select(clock)).scalar_one())
