"""The ledger itself: it looks up, records, and says what was paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import orjson
import polars as pl
import sqlalchemy as sa

from resources.chat.ledger import rows
from resources.chat.ledger.entries import Known, LedgerError, Received
from resources.chat.ledger.opening import READS_ONLY, in_short, open_engine, parsed, shown
from resources.chat.ledger.replay import Progress, Replay, Replayed
from resources.chat.ledger.schema import OUTCOMES, askings
from resources.chat.ledger.statements import OnPostgreSQL, OnSQLite, Statements
from resources.chat.messages import Answer
from resources.chat.openai_wire import Spoken
from resources.chat.stages import Stage

NO_MODELS: Mapping[str, Spoken] = MappingProxyType({})
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
        self.statements: Statements = OnSQLite() if sqlite else OnPostgreSQL()
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
            for place, outcome, text, reason, attempts, _ in self.statements.find(connection, keys):
                value = None if text is None else orjson.loads(text)
                found[keys[place]] = Known(Answer(OUTCOMES[outcome], value, reason), attempts)
        return found

    def record(self, batch: Sequence[Received]) -> None:
        """Commit responses and their answers in one transaction.

        A final answer is never replaced; any other is, and its attempts are counted.

        Raises:
            LedgerError: Nothing of the batch was written.
        """
        if not batch:
            return
        with self.saying(f"did not take {len(batch)} responses, asking stops"):
            numbers = self._asking_numbers({rows.asking_of(item) for item in batch})
            with self._engine.begin() as connection:
                self._write(connection, batch, numbers)

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
            drawn = self.statements.numbers(connection, len(paid))
            numbers = dict(zip(paid, drawn, strict=True))
            responses = [rows.response_row(batch[place], asking[place]) for place in paid]
            self.statements.add_responses(connection, drawn, responses)
            self._add_up(connection, responses)
        answers = rows.merged(
            row
            for place, item in enumerate(batch)
            for row in rows.answer_rows(item, asking[place], numbers.get(place))
        )
        if answers:
            self.statements.put_answers(connection, answers)

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
        with self.saying("cannot be read"), self._engine.connect() as connection:
            yield connection.execution_options(**{READS_ONLY: True})

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes are committed when it is left, or none of them.

        Raises:
            LedgerError: Nothing was written.
        """
        with self.saying("cannot be written"), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def saying(self, what: str) -> Iterator[None]:
        """Say of what the database refuses which ledger it is and what became of it.

        Raises:
            LedgerError: The database refused something.
        """
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger {self.shown} {what}; what was committed before is kept: "
                f"{in_short(error)}"
            ) from None

    def connected(self) -> sa.Connection:
        """Return a connection of its own, for who closes it; each statement is a transaction.

        Raises:
            LedgerError: The ledger's database cannot be reached.
        """
        with self.saying("cannot be reached"):
            return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def replayed(self, stage: str) -> int:
        """Return how many answers of a stage replays have changed, ever.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        query = sa.select(sa.func.sum(askings.c.replayed)).where(askings.c.stage == stage)
        with self.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def replay(
        self,
        stages: Sequence[Stage],
        *,
        dry_run: bool = False,
        replace: bool = False,
        models: Mapping[str, Spoken] = NO_MODELS,
        progress: Progress | None = None,
    ) -> Replayed:
        """Parse what was paid for again, with the stages' present parsers.

        Args:
            stages: A response is parsed by the stage of its name and prompt version.
            dry_run: Whether to say only what would change.
            replace: Whether to replace answers that read differently now; without it they are
                reported and stay.
            models: The present settings of models, by name, for responses that were found not to
                be of the model that was asked (its setting ``served_as`` may say they are).
            progress: Called with (responses parsed, in all).

        Raises:
            LedgerError: The ledger cannot be read or written; what was replayed until then stays.
        """
        work = Replay(
            self, self.statements, stages, dry_run=dry_run, replace=replace, models=models
        )
        return work.run(progress)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
