"""Keys of 16 bytes, packed texts, and what is asked of whom in a table of its own.

A ledger that was filled before is carried over row by row. What it did not keep stays unknown: the
prompt version of answers without a response is "", and the items of failed requests are null.

Revision: 2
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from resources.chat.ledger.packing import pack

revision = "2"
down_revision = "1"

ROWS_AT_ONCE = 10_000
OUTCOMES = {
    "answered": 0,
    "refused": 1,
    "content_filter": 2,
    "invalid": 3,
    "truncated": 4,
    "failed": 5,
}


def _digest() -> Any:
    return sa.LargeBinary(16).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def _count() -> Any:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables, carry over what there is, drop the old ones."""
    op.rename_table("responses", "responses_1")
    op.rename_table("answers", "answers_1")
    askings, responses, answers = _askings(), _responses(), _answers()
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("ALTER TABLE responses_1 ADD COLUMN rowid BIGSERIAL"))
    connection.execute(sa.text(_SUMS))
    ids = {
        (stage, model, version): number
        for number, stage, model, version in connection.execute(sa.select(*list(askings.c)[:4]))
    }
    binary = connection.dialect.name == "sqlite"
    for rows in _pages(connection, "SELECT rowid AS number, r.* FROM responses_1 r ORDER BY rowid"):
        connection.execute(sa.insert(responses), [_response(row, ids, binary) for row in rows])
    for rows in _pages(connection, _ANSWERS):
        connection.execute(sa.insert(answers), [_answer(row, ids, binary) for row in rows])
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_NEXT_NUMBER))
    op.drop_table("answers_1")
    op.drop_table("responses_1")


_SUMS = """
INSERT INTO askings (stage, model, prompt_version, requests, prompt_tokens, completion_tokens,
                     cost_usd, latency_s, replayed)
SELECT stage, model, prompt_version, count(*), sum(prompt_tokens), sum(completion_tokens),
       sum(cost_usd), sum(latency_s), 0
FROM responses_1 GROUP BY stage, model, prompt_version
UNION ALL
SELECT DISTINCT stage, model, '', 0, 0, 0, 0.0, 0.0, 0
FROM answers_1 WHERE response_id IS NULL
"""
_ANSWERS = """
SELECT a.*, r.rowid AS number, coalesce(r.prompt_version, '') AS prompt_version,
       coalesce(r.stage, a.stage) AS asked_stage, coalesce(r.model, a.model) AS asked_model
FROM answers_1 a LEFT JOIN responses_1 r ON r.id = a.response_id
"""
_NEXT_NUMBER = """
SELECT setval(pg_get_serial_sequence('responses', 'number'),
              (SELECT coalesce(max(number), 0) + 1 FROM responses), false)
"""


def _pages(connection: sa.Connection, query: str) -> Iterator[Any]:
    streamed = {"stream_results": True, "max_row_buffer": ROWS_AT_ONCE}
    result = connection.execute(sa.text(query), execution_options=streamed)
    return result.mappings().partitions(ROWS_AT_ONCE)


def _kept(digest: str, binary: bool) -> Any:
    try:
        plain = bytes.fromhex(digest)
    except ValueError:
        plain = b""
    if len(plain) != 16:
        raise ValueError(
            f"{digest!r} is no digest of 32 hexadecimal characters: the ledger holds "
            "rows that this program did not write; remove them and open it again"
        )
    return plain if binary else digest


def _response(row: Any, ids: dict[tuple[str, str, str], int], binary: bool) -> dict[str, Any]:
    entries = orjson.loads(row["items"])
    for entry in entries:
        _kept(entry["key"], binary)
    kept = (
        "number",
        "image_id",
        "reason",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "latency_s",
    )
    return {name: row[name] for name in kept} | {
        "id": _kept(row["id"], binary),
        "asking": ids[row["stage"], row["model"], row["prompt_version"]],
        "item_keys": b"".join(bytes.fromhex(entry["key"]) for entry in entries),
        "items": pack(orjson.dumps([entry["item"] for entry in entries]).decode()),
        "outcome": OUTCOMES[row["outcome"]],
        "raw": pack(row["raw"]),
        "received_at": round(datetime.fromisoformat(row["received_at"]).timestamp() * 1000),
    }


def _answer(row: Any, ids: dict[tuple[str, str, str], int], binary: bool) -> dict[str, Any]:
    asked = None
    if row["number"] is None:
        asked = pack(orjson.dumps({"image_id": row["image_id"], "item": None}).decode())
    return {
        "key": _kept(row["key"], binary),
        "asking": ids[row["asked_stage"], row["asked_model"], row["prompt_version"]],
        "response": row["number"],
        "outcome": OUTCOMES[row["outcome"]],
        "value": row["value"],
        "reason": row["reason"],
        "attempts": row["attempts"],
        "asked": asked,
    }


def _askings() -> sa.Table:
    return op.create_table(
        "askings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("prompt_version", sa.String, nullable=False),
        sa.Column("requests", _count(), nullable=False),
        sa.Column("prompt_tokens", _count(), nullable=False),
        sa.Column("completion_tokens", _count(), nullable=False),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.Column("latency_s", sa.Float, nullable=False),
        sa.Column("replayed", _count(), nullable=False),
        sa.UniqueConstraint("stage", "model", "prompt_version"),
    )


def _responses() -> sa.Table:
    return op.create_table(
        "responses",
        sa.Column("number", _count(), primary_key=True),
        sa.Column("id", _digest(), nullable=False, unique=True),
        sa.Column("asking", sa.Integer, nullable=False),
        sa.Column("image_id", sa.String),
        sa.Column("item_keys", sa.LargeBinary, nullable=False),
        sa.Column("items", sa.LargeBinary, nullable=False),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.Column("latency_s", sa.Float, nullable=False),
        sa.Column("received_at", _count(), nullable=False),
    )


def _answers() -> sa.Table:
    table = op.create_table(
        "answers",
        sa.Column("key", _digest(), primary_key=True),
        sa.Column("asking", sa.Integer, nullable=False),
        sa.Column("response", _count()),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("asked", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    where = sa.text("outcome <> 0")
    op.create_index(
        "unanswered", "answers", ["asking", "outcome"], sqlite_where=where, postgresql_where=where
    )
    return table
