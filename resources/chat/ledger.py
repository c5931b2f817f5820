"""The ledger: every paid response as it came, and every answer taken from one.

SQLite in WAL mode by default, PostgreSQL by URL, through SQLAlchemy Core. A response and the
answers parsed from it are committed together, so that nothing that was paid for is ever half known.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from resources.chat.messages import Answer, ChatReply, Outcome

EXPECTED = "expected sqlite:///path/to/file or postgresql://user@host/database"
BUSY_S = 60
"""How long a writer waits for another process on SQLite."""
OPENING_ATTEMPTS = 4
LOOKUP_BATCH = 5_000
"""Keys per query: SQLite takes 32,766 variables."""

metadata = sa.MetaData()

responses = sa.Table(
    "responses",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("prompt_version", sa.String, nullable=False),
    sa.Column("image_id", sa.String),
    sa.Column("items", sa.Text, nullable=False),  # JSON: what was asked, for replay
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("prompt_tokens", sa.Integer, nullable=False),
    sa.Column("completion_tokens", sa.Integer, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("latency_s", sa.Float, nullable=False),
    sa.Column("received_at", sa.String, nullable=False),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("image_id", sa.String),
    sa.Column("response_id", sa.String(32)),  # null: no reply was paid for
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("value", sa.Text),  # JSON
    sa.Column("reason", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
)


class LedgerError(RuntimeError):
    """The ledger cannot be read or written; asking stops, nothing that was committed is lost."""


@dataclass(frozen=True, slots=True)
class Received:
    """A response, with the answer it gave to each of its items.

    Attributes:
        keys: The items' answer keys.
        items: The items themselves, for replay.
        reply: The response; one with outcome ``FAILED`` was not paid for and is not kept.
        answers: One answer a key.
    """

    response_id: str
    stage: str
    model: str
    prompt_version: str
    image_id: str | None
    keys: Sequence[str]
    items: Sequence[Mapping[str, Any]]
    reply: ChatReply
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds under a key."""

    answer: Answer
    attempts: int


class Ledger:
    """A ledger on a database.

    Args:
        url: SQLAlchemy URL: ``sqlite:///file``, ``postgresql://...``.

    Raises:
        LedgerError: The database cannot be opened; the message hides its password.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise LedgerError(f"the ledger's URL is none; {EXPECTED}") from None
        self._shown = parsed.set(query={}).render_as_string(hide_password=True)
        self._engine = self._opened(parsed)
        self._create_tables()

    @property
    def engine(self) -> sa.Engine:
        """The database."""
        return self._engine

    def _opened(self, url: sa.URL) -> sa.Engine:
        backend = url.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise LedgerError(f"no ledger can be on {self._shown}; {EXPECTED}")
        if backend == "postgresql":
            options: dict[str, Any] = {"connect_args": {"connect_timeout": 10}}
            if url.get_driver_name() == "psycopg2":  # else a round trip for every answer
                options["executemany_mode"] = "values_plus_batch"
            try:
                return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, **options)
            except ModuleNotFoundError as error:
                raise LedgerError(
                    f"the ledger {self._shown} needs the package {error.name}: "
                    "pip install 'taskgalaxy[postgres]'"
                ) from None
        if url.database in (None, "", ":memory:"):
            raise LedgerError(f"the ledger {self._shown} would forget everything; {EXPECTED}")
        try:
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"the ledger {self._shown} cannot be opened: {error}") from None
        engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_S})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine

    def _create_tables(self) -> None:
        """Create what is missing; other processes may be doing just that."""
        for attempt in range(OPENING_ATTEMPTS):
            try:
                metadata.create_all(self._engine)
                return
            except sa.exc.DBAPIError as error:
                if attempt + 1 < OPENING_ATTEMPTS:
                    time.sleep(0.1 * (attempt + 1))
                    continue
                raise LedgerError(
                    f"the ledger {self._shown} cannot be opened: {_in_short(error)}"
                ) from None

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Return what is known under these keys; unknown keys are absent.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        found: dict[str, Known] = {}
        columns = (
            answers.c.key,
            answers.c.outcome,
            answers.c.value,
            answers.c.reason,
            answers.c.attempts,
        )
        with self._reading() as connection:
            for start in range(0, len(keys), LOOKUP_BATCH):
                batch = keys[start : start + LOOKUP_BATCH]
                query = sa.select(*columns).where(answers.c.key.in_(batch))
                for key, outcome, value, reason, attempts in connection.execute(query):
                    parsed = None if value is None else orjson.loads(value)
                    found[key] = Known(Answer(Outcome(outcome), parsed, reason), attempts)
        return found

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger {self._shown} cannot be read: {_in_short(error)}"
            ) from None

    def record(self, batch: Sequence[Received]) -> None:
        """Commit responses and their answers in one transaction.

        A final answer is never replaced; any other is, and its attempts are counted.

        Raises:
            LedgerError: Nothing of the batch was written.
        """
        paid = [_response_row(item) for item in batch if item.reply.outcome != Outcome.FAILED]
        rows = _merged(row for item in batch for row in _answer_rows(item))
        try:
            with self._engine.begin() as connection:
                if paid:
                    connection.execute(sa.insert(responses), paid)
                if rows:
                    connection.execute(self._upsert(), rows)
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger {self._shown} did not take {len(batch)} responses, asking stops; "
                f"what was committed before is kept: {_in_short(error)}"
            ) from None

    def _upsert(self) -> Any:
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(answers)
        new = statement.excluded
        return statement.on_conflict_do_update(
            index_elements=[answers.c.key],
            set_={
                "response_id": new.response_id,
                "outcome": new.outcome,
                "value": new.value,
                "reason": new.reason,
                "attempts": answers.c.attempts + new.attempts,
            },
            where=sa.and_(*(answers.c.outcome != str(item) for item in Outcome if item.is_final)),
        )

    def costs(self) -> pl.DataFrame:
        """Return what was paid in all, by stage and model, ordered by both.

        Returns:
            Columns stage, model, requests, prompt_tokens, completion_tokens, cost_usd.
        """
        columns = {
            "stage": pl.String,
            "model": pl.String,
            "requests": pl.Int64,
            "prompt_tokens": pl.Int64,
            "completion_tokens": pl.Int64,
            "cost_usd": pl.Float64,
        }
        query = (
            sa.select(
                responses.c.stage,
                responses.c.model,
                sa.func.count(),
                sa.func.sum(responses.c.prompt_tokens),
                sa.func.sum(responses.c.completion_tokens),
                sa.func.sum(responses.c.cost_usd),
            )
            .group_by(responses.c.stage, responses.c.model)
            .order_by(responses.c.stage, responses.c.model)
        )
        with self._reading() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        frame = pl.DataFrame(rows, schema=columns, orient="row")
        # the order in which floats were added must not reach the card
        return frame.with_columns(pl.col("cost_usd").round(6))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_S * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",  # an answer that was paid for survives a power cut, too
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _in_short(error: sa.exc.SQLAlchemyError) -> str:
    """Return what the database said, without the statement."""
    said = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    return str(said).strip()


def _storable(text: str | None) -> str | None:
    """Return a text that every database takes: PostgreSQL has no NUL, UTF-8 no lone surrogate."""
    if text is None:
        return None
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _merged(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a key: the first final one, else the last, with the attempts of all.

    In the order of keys, so that two processes that write the same ones wait for each other
    instead of locking each other out.
    """
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = merged.get(row["key"])
        if before is None:
            merged[row["key"]] = row
            continue
        kept = before if Outcome(before["outcome"]).is_final else row
        attempts = before["attempts"] + row["attempts"]
        merged[row["key"]] = {**kept, "attempts": attempts}
    return [merged[key] for key in sorted(merged)]


def _response_row(item: Received) -> dict[str, Any]:
    return {
        "id": item.response_id,
        "stage": item.stage,
        "model": item.model,
        "prompt_version": item.prompt_version,
        "image_id": item.image_id,
        "items": orjson.dumps(
            [{"key": key, "item": asked} for key, asked in zip(item.keys, item.items, strict=True)]
        ).decode(),
        "outcome": str(item.reply.outcome),
        "reason": _storable(item.reply.reason),
        "raw": _storable(item.reply.raw),
        "prompt_tokens": item.reply.prompt_tokens,
        "completion_tokens": item.reply.completion_tokens,
        "cost_usd": item.reply.cost_usd,
        "latency_s": item.reply.latency_s,
        "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


def _answer_rows(item: Received) -> Iterable[dict[str, Any]]:
    paid = item.reply.outcome != Outcome.FAILED
    for key, answer in zip(item.keys, item.answers, strict=True):
        yield {
            "key": key,
            "stage": item.stage,
            "model": item.model,
            "image_id": item.image_id,
            "response_id": item.response_id if paid else None,
            "outcome": str(answer.outcome),
            "value": None if answer.value is None else orjson.dumps(answer.value).decode(),
            "reason": _storable(answer.reason),
            "attempts": int(paid),  # only what was paid for counts against the limit
        }
