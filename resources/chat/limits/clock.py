"""The one clock that all runs on a database read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def database_now(connection: sa.Connection) -> float:
    """Return the time by the database's clock, in seconds."""
    clock: sa.ColumnElement[Any]
    if connection.dialect.name == "postgresql":
        clock = sa.func.extract("epoch", sa.func.clock_timestamp())
    else:  # runs on one SQLite file are on one machine; days since the Julian epoch
        clock = (sa.func.julianday("now") - 2440587.5) * 86400.0
    return float(connection.execute(sa.select(clock)).scalar_one())
