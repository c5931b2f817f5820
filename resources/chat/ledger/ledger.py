"""The ledger itself: it looks up, records, and says what was paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import orjson
import polars as pl
import sqlalchemy as sa

from resources.chat.ledger import rows
from resources.chat.ledger.entries import Known, LedgerError, Received
from resources.chat.ledger.opening import READS_ONLY, in_short, open_engine, parsed, shown
from resources.chat.ledger.schema import OUTCOMES, askings
from resources.chat.ledger.statements import OnPostgreSQL, OnSQLite, Statements
from resources.chat.messages import Answer

COSTS = {
    "stage": pl.String,
    "model": pl.String,
    "requests": pl.Int64,
    "prompt_tokens": pl.Int64,
    "completion_tokens": pl.Int64,
    "cost_usd": pl.Float64,
}


class Ledger:
    """A ledger on a database; threads and processes may share it.

    Args:
        url: SQLAlchemy URL: ``sqlite:///file``, ``postgresql://...``.

    Raises:
        LedgerError: The database cannot be opened, or was written by a newer version of this
            program; the message hides its password.
    """

    def __init__(self, url: str) -> None:
        found = parsed(url)
        self.shown = shown(found)
        self._engine = open_engine(found)
        sqlite = found.get_backend_name() == "sqlite"
        self._statements: Statements = OnSQLite() if sqlite else OnPostgreSQL()
        self._askings: dict[rows.Asking, int] = {}

    @property
    def engine(self) -> sa.Engine:
        """The database, for tables that others keep in it.

        On SQLite its transactions begin by taking the write lock: what one reads stays true until
        it ends, and it should end soon.
        """
        return self._engine

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Return what is known under these keys, in one query; unknown keys are absent.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        if not keys:
            return {}
        keys = [rows.checked(key) for key in keys]
        found: dict[str, Known] = {}
        with self.reading() as connection:
            for place, outcome, value, reason, attempts in self._statements.find(connection, keys):
                parsed_value = None if value is None else orjson.loads(value)
                found[keys[place]] = Known(
                    Answer(OUTCOMES[outcome], parsed_value, reason), attempts
                )
        return found

    def record(self, batch: Sequence[Received]) -> None:
        """Commit responses and their answers in one transaction.

        A final answer is never replaced; any other is, and its attempts are counted.

        Raises:
            LedgerError: Nothing of the batch was written.
        """
        if not batch:
            return
        try:
            numbers = self._asking_numbers({rows.asking_of(item) for item in batch})
            with self._engine.begin() as connection:
                self._write(connection, batch, numbers)
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger {self.shown} did not take {len(batch)} responses, asking stops; "
                f"what was committed before is kept: {in_short(error)}"
            ) from None

    def _asking_numbers(self, wanted: Iterable[rows.Asking]) -> Mapping[rows.Asking, int]:
        """Return the ids of what is asked of whom; new ones are committed at once."""
        unknown = sorted(set(wanted) - self._askings.keys())
        if unknown:
            with self._engine.begin() as connection:
                found = {asking: self._asking_number(connection, asking) for asking in unknown}
            self._askings |= found
        return self._askings

    def _asking_number(self, connection: sa.Connection, asking: rows.Asking) -> int:
        stage, model, prompt_version = asking
        connection.execute(
            sa.text(
                "INSERT INTO askings (stage, model, prompt_version, requests, prompt_tokens, "
                "completion_tokens, cost_usd, latency_s, replayed) "
                "VALUES (:stage, :model, :version, 0, 0, 0, 0.0, 0.0, 0) ON CONFLICT DO NOTHING"
            ),
            {"stage": stage, "model": model, "version": prompt_version},
        )
        query = sa.select(askings.c.id).where(
            askings.c.stage == stage,
            askings.c.model == model,
            askings.c.prompt_version == prompt_version,
        )
        return int(connection.execute(query).scalar_one())

    def _write(
        self,
        connection: sa.Connection,
        batch: Sequence[Received],
        askings_of: Mapping[rows.Asking, int],
    ) -> None:
        asking = [askings_of[rows.asking_of(item)] for item in batch]
        paid = [place for place, item in enumerate(batch) if rows.is_paid(item)]
        numbers: dict[int, int] = {}
        if paid:
            drawn = self._statements.numbers(connection, len(paid))
            numbers = dict(zip(paid, drawn, strict=True))
            responses = [rows.response_row(batch[place], asking[place]) for place in paid]
            self._statements.add_responses(connection, drawn, responses)
            self._add_up(connection, responses)
        answers = rows.merged(
            row
            for place, item in enumerate(batch)
            for row in rows.answer_rows(item, asking[place], numbers.get(place))
        )
        if answers:
            self._statements.put_answers(connection, answers)

    def _add_up(self, connection: sa.Connection, responses: Sequence[rows.ResponseRow]) -> None:
        for asking, sums in rows.sums_of(responses).items():
            added = {
                askings.c[name]: askings.c[name] + getattr(sums, name)
                for name in rows.Sums.__dataclass_fields__
            }
            connection.execute(sa.update(askings).where(askings.c.id == asking).values(added))

    def costs(self) -> pl.DataFrame:
        """Return what was paid in all, by stage and model, ordered by both.

        Returns:
            Columns stage, model, requests, prompt_tokens, completion_tokens, cost_usd.
        """
        sums = [sa.func.sum(askings.c[name]) for name in list(COSTS)[2:]]
        query = (
            sa.select(askings.c.stage, askings.c.model, *sums)
            .where(askings.c.requests > 0)
            .group_by(askings.c.stage, askings.c.model)
        )
        with self.reading() as connection:
            found = [tuple(row) for row in connection.execute(query)]
        frame = pl.DataFrame(found, schema=COSTS, orient="row").sort("stage", "model")
        # the order in which floats were added must not reach the card
        return frame.with_columns(pl.col("cost_usd").round(6))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that only reads, and sees one state of the ledger until it is left.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(**{READS_ONLY: True})
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger {self.shown} cannot be read: {in_short(error)}"
            ) from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
