"""The statements that run for every answer, for SQLite and for PostgreSQL.

Written by hand, because SQLAlchemy's expressions cost more per row than the database does. SQLite
takes rows one by one within the process; PostgreSQL takes columns as arrays, one round trip a
statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from resources.chat.ledger.rows import AnswerRow, ResponseRow
from resources.chat.ledger.schema import FINAL_CODES, KEY_BYTES

RESPONSE_COLUMNS = ", ".join(("number", *ResponseRow._fields))
ANSWER_COLUMNS = ", ".join(AnswerRow._fields)
UNLESS_FINAL = f"""
ON CONFLICT (key) DO UPDATE SET
    asking = excluded.asking, response = excluded.response, outcome = excluded.outcome,
    value = excluded.value, reason = excluded.reason, asked = excluded.asked,
    attempts = answers.attempts + excluded.attempts
WHERE answers.outcome NOT IN {FINAL_CODES}"""


def _columns(*types: str) -> str:
    arrays = (f"CAST(:c{number} AS {kind}[])" for number, kind in enumerate(types))
    return f"unnest({', '.join(arrays)})"


def _named(columns: Iterable[Iterable[Any]]) -> dict[str, list[Any]]:
    return {f"c{number}": list(column) for number, column in enumerate(columns)}


class Found(NamedTuple):
    """An answer that was looked up, found at a place of the keys that were given."""

    place: int
    outcome: int
    value: str | None
    reason: str | None
    attempts: int
    response: int | None


class Statements(Protocol):
    """What a database does for every answer; all within the caller's transaction."""

    def numbers(self, connection: sa.Connection, count: int) -> Sequence[int]:
        """Return numbers for new responses."""

    def add_responses(
        self, connection: sa.Connection, numbers: Sequence[int], rows: Sequence[ResponseRow]
    ) -> None:
        """Insert responses."""

    def put_answers(self, connection: sa.Connection, rows: Sequence[AnswerRow]) -> None:
        """Insert answers; a final one stays, any other is replaced and its attempts counted."""

    def find(self, connection: sa.Connection, keys: Sequence[str]) -> Iterable[Found]:
        """Find answers by their keys, in one query however many they are."""

    def claim(self, connection: sa.Connection, keys: Sequence[str], holder: str) -> None:
        """Claim answers, in order of their keys; what is claimed stays whose it is."""


class OnSQLite:
    """Rows one by one, keys as one blob that the query cuts up."""

    _ADD = f"INSERT INTO responses ({RESPONSE_COLUMNS}) VALUES ({', '.join('?' * 14)})"
    _PUT = f"INSERT INTO answers ({ANSWER_COLUMNS}) VALUES ({', '.join('?' * 8)}) {UNLESS_FINAL}"
    _FIND = f"""
    WITH RECURSIVE place(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?)
    SELECT n AS place, outcome, value, reason, attempts, response FROM place
    CROSS JOIN answers ON key = substr(?, n * {KEY_BYTES} + 1, {KEY_BYTES})"""
    _CLAIM = "INSERT INTO ask_claims (key, holder) VALUES (?, ?) ON CONFLICT DO NOTHING"

    def numbers(self, connection: sa.Connection, count: int) -> Sequence[int]:
        """Count on from the last: the transaction holds the write lock."""
        query = "SELECT coalesce(max(number), 0) + 1 FROM responses"
        first = connection.exec_driver_sql(query).scalar_one()
        return range(first, first + count)

    def add_responses(
        self, connection: sa.Connection, numbers: Sequence[int], rows: Sequence[ResponseRow]
    ) -> None:
        """Insert responses."""
        filled = [
            (number, bytes.fromhex(row[0]), *row[1:])
            for number, row in zip(numbers, rows, strict=True)
        ]
        connection.exec_driver_sql(self._ADD, filled)

    def put_answers(self, connection: sa.Connection, rows: Sequence[AnswerRow]) -> None:
        """Insert or replace answers."""
        connection.exec_driver_sql(self._PUT, [(bytes.fromhex(row[0]), *row[1:]) for row in rows])

    def find(self, connection: sa.Connection, keys: Sequence[str]) -> Iterable[Found]:
        """Find answers by their keys."""
        cut_up = bytes.fromhex("".join(keys))
        return connection.exec_driver_sql(self._FIND, (len(keys), cut_up))  # type: ignore[return-value]

    def claim(self, connection: sa.Connection, keys: Sequence[str], holder: str) -> None:
        """Claim answers one by one."""
        mine = bytes.fromhex(holder)
        connection.exec_driver_sql(self._CLAIM, [(bytes.fromhex(key), mine) for key in keys])


class OnPostgreSQL:
    """Columns as arrays."""

    _ADD = sa.text(
        f"INSERT INTO responses ({RESPONSE_COLUMNS}) SELECT * FROM "
        + _columns(
            *("bigint", "uuid", "integer", "text", "bytea", "bytea", "smallint", "text", "bytea"),
            *("integer", "integer", "double precision", "double precision", "bigint"),
        )
    )
    _PUT = sa.text(
        f"INSERT INTO answers ({ANSWER_COLUMNS}) SELECT * FROM "
        + _columns("uuid", "integer", "bigint", "smallint", "text", "text", "integer", "bytea")
        + UNLESS_FINAL
    )
    _FIND = sa.text(
        "SELECT k.place - 1 AS place, outcome, value, reason, attempts, response "
        "FROM unnest(CAST(:keys AS uuid[])) WITH ORDINALITY AS k (key, place) "
        "JOIN answers USING (key)"
    )
    _CLAIM = sa.text(
        "INSERT INTO ask_claims (key, holder) SELECT k, CAST(:holder AS uuid) "
        "FROM unnest(CAST(:keys AS uuid[])) AS k ON CONFLICT DO NOTHING"
    )
    _NUMBERS = sa.text(
        "SELECT nextval(pg_get_serial_sequence('responses', 'number')) "
        "FROM generate_series(1, :count)"
    )

    def numbers(self, connection: sa.Connection, count: int) -> Sequence[int]:
        """Draw from the sequence."""
        return list(connection.execute(self._NUMBERS, {"count": count}).scalars())

    def add_responses(
        self, connection: sa.Connection, numbers: Sequence[int], rows: Sequence[ResponseRow]
    ) -> None:
        """Insert responses."""
        connection.execute(self._ADD, _named([numbers, *zip(*rows, strict=True)]))

    def put_answers(self, connection: sa.Connection, rows: Sequence[AnswerRow]) -> None:
        """Insert or replace answers."""
        connection.execute(self._PUT, _named(zip(*rows, strict=True)))

    def find(self, connection: sa.Connection, keys: Sequence[str]) -> Iterable[Found]:
        """Find answers by their keys."""
        return connection.execute(self._FIND, {"keys": list(keys)})  # type: ignore[return-value]

    def claim(self, connection: sa.Connection, keys: Sequence[str], holder: str) -> None:
        """Claim answers, all at once; in order, or two who claim could wait for each other."""
        connection.execute(self._CLAIM, {"keys": list(keys), "holder": holder})
