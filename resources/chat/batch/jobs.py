"""Batch jobs as the ledger's database remembers them, so that a killed run finds them again.

A question is claimed by at most one open job (a primary key sees to that), and a job is worked on
by at most one pass at a time: its holder, who says every few seconds that he still lives.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa

from resources.chat.batch.holders import is_dead, new_holder
from resources.chat.ledger import LedgerError, responses
from resources.chat.ledger.opening import READS_ONLY, in_short
from resources.chat.ledger.schema import batch_claims, batch_jobs, batch_requests
from resources.chat.limits.budget import Budget
from resources.chat.limits.held_by_batches import free_usd, hold, release
from tg_assets.ids import digest

HELD_S = 90.0
"""How long a job is left alone whose holder has fallen silent, on a machine that cannot be seen."""
LOOKUP_BATCH = 5_000
"""Values per query: SQLite takes 32,766 variables."""


class State(StrEnum):
    """How far a job is; each is written down before the next step is taken."""

    RECORDED = "recorded"  # nothing was sent, or nothing came back that says so
    UPLOADED = "uploaded"  # its file is at the endpoint, under `file_id`
    SUBMITTED = "submitted"  # the endpoint works on it, as `batch_id`
    HARVESTED = "harvested"  # every line that came back is in the ledger
    FAILED = "failed"  # the endpoint refused it; nothing was asked

    @property
    def is_open(self) -> bool:
        """Whether answers may still come of it."""
        return self not in (State.HARVESTED, State.FAILED)


class Taken(Exception):  # noqa: N818 - a state, not a fault
    """Another pass recorded the same questions first."""


class LostHoldError(LedgerError):
    """Another pass works on a job that this one held."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One line of a job's file.

    Attributes:
        custom_id: Digest of the keys: what the endpoint calls it.
        line: Where it stands in the file, from 1.
        items: Key and item of each question, in order.
        more_room: Whether an earlier reply was cut, so that this one may be longer.
    """

    custom_id: str
    line: int
    image_id: str | None
    items: Sequence[tuple[str, Mapping[str, Any]]]
    more_room: bool = False

    @property
    def keys(self) -> list[str]:
        """The answer keys."""
        return [key for key, _ in self.items]


@dataclass(frozen=True, slots=True)
class Job:
    """A row of `batch_jobs`; times in seconds since 1970."""

    id: str
    model: str
    stage: str
    prompt_version: str
    endpoint: str
    content: str
    file_hash: str
    requests: int
    bytes: int
    most_usd: float
    state: State
    file_id: str | None
    batch_id: str | None
    remote_status: str | None
    completed: int
    failed: int
    result: str | None
    reason: str | None
    recorded_at: float
    submitted_at: float | None
    ended_at: float | None
    holder: str | None
    held_until: float | None

    @property
    def file_name(self) -> str:
        """What its file is called at the endpoint."""
        return f"taskgalaxy-{self.id}.jsonl"

    @property
    def called(self) -> str:
        """How people find it: by the endpoint's name, else by its own."""
        return f"batch {self.batch_id}" if self.batch_id else f"batch job {self.id}"


class JobStore:
    """The jobs of a ledger's database, as one pass sees them.

    Every method raises `LedgerError` when the database cannot be used.

    Args:
        engine: The ledger's engine.
        budget: What may be spent; no limit when absent.
    """

    def __init__(self, engine: sa.Engine, budget: Budget | None = None) -> None:
        self._engine = engine
        self._budget = budget or Budget()
        self.me = new_holder()

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        """Read without keeping writers waiting."""
        try:
            with self._engine.connect().execution_options(**{READS_ONLY: True}) as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise _unusable(error) from None

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError as error:
            raise _unusable(error) from None

    def record(
        self,
        requests: Sequence[BatchRequest],
        *,
        model: str,
        stage: str,
        prompt_version: str,
        endpoint: str,
        file_hash: str,
        size: int,
        most_usd: float,
    ) -> Job:
        """Write a job down, held by this pass, before anything of it is sent.

        Raises:
            OverBudget: It may cost more than what is free; nothing was written.
            Taken: One of its questions is in another open job; nothing was written.
        """
        content = digest("batch content", endpoint, *(request.custom_id for request in requests))
        now = time.time()
        row: dict[str, Any] = {
            # what was asked before and ended without answers is another job when asked again
            "id": digest("batch job", content, self._ended_before(content)),
            "model": model,
            "stage": stage,
            "prompt_version": prompt_version,
            "endpoint": endpoint,
            "content": content,
            "file_hash": file_hash,
            "requests": len(requests),
            "bytes": size,
            "most_usd": most_usd,
            "state": str(State.RECORDED),
            "completed": 0,
            "failed": 0,
            "recorded_at": now,
            "holder": self.me,
            "held_until": now + HELD_S,
        }
        claims = sorted(key for request in requests for key in request.keys)
        try:
            with self._begin() as connection:
                hold(connection, self._budget, row["id"], most_usd)
                connection.execute(sa.insert(batch_jobs), [row])
                connection.execute(
                    sa.insert(batch_claims), [{"key": key, "job_id": row["id"]} for key in claims]
                )
                connection.execute(
                    sa.insert(batch_requests), [_request_row(row["id"], r) for r in requests]
                )
        except sa.exc.IntegrityError:
            raise Taken from None
        return self.job(row["id"])

    def _ended_before(self, content: str) -> int:
        query = sa.select(sa.func.count()).where(batch_jobs.c.content == content)
        with self._read() as connection:
            return int(connection.execute(query).scalar_one())

    def job(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            KeyError: There is none of this id.
        """
        with self._read() as connection:
            query = sa.select(batch_jobs).where(batch_jobs.c.id == job_id)
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise KeyError(job_id)
        return _job(row)

    def jobs(self, *, only_open: bool = False) -> list[Job]:
        """Return the jobs in the order in which they were recorded."""
        query = sa.select(batch_jobs).order_by(batch_jobs.c.recorded_at, batch_jobs.c.id)
        if only_open:
            query = query.where(batch_jobs.c.state.in_([str(s) for s in State if s.is_open]))
        with self._read() as connection:
            return [_job(row) for row in connection.execute(query).mappings()]

    def claimed(self, keys: Sequence[str]) -> dict[str, str]:
        """Return, for those of the keys that an open job holds, the job's id."""
        found: dict[str, str] = {}
        columns = batch_claims.c.key, batch_claims.c.job_id
        with self._read() as connection:
            for batch in _in_batches(keys):
                query = sa.select(*columns).where(batch_claims.c.key.in_(batch))
                found.update((key, job) for key, job in connection.execute(query))
        return found

    def custom_ids(self, job_id: str) -> list[str]:
        """Return the custom ids of a job, in file order."""
        query = sa.select(batch_requests.c.custom_id).where(batch_requests.c.job_id == job_id)
        with self._read() as connection:
            return list(connection.execute(query.order_by(batch_requests.c.line)).scalars())

    def requests(
        self, job_id: str, custom_ids: Sequence[str] | None = None
    ) -> dict[str, BatchRequest]:
        """Return a job's requests by custom id, all or those that are named, in file order."""
        query = sa.select(batch_requests).where(batch_requests.c.job_id == job_id)
        query = query.order_by(batch_requests.c.line)
        wanted = [None] if custom_ids is None else list(_in_batches(custom_ids))
        found: dict[str, BatchRequest] = {}
        with self._read() as connection:
            for batch in wanted:
                part = (
                    query if batch is None else query.where(batch_requests.c.custom_id.in_(batch))
                )
                for row in connection.execute(part).mappings():
                    found[row["custom_id"]] = _request(row)
        return found

    def kept(self, response_ids: Sequence[str]) -> set[str]:
        """Return those of the ids whose responses the ledger has."""
        found: set[str] = set()
        with self._read() as connection:
            for batch in _in_batches(response_ids):
                query = sa.select(responses.c.id).where(responses.c.id.in_(batch))
                found.update(connection.execute(query).scalars())
        return found

    def hold(self, job: Job) -> bool:
        """Begin to work on a job, or go on; false when another pass does."""
        now = time.time()
        table = batch_jobs.c
        free = sa.or_(table.holder.is_(None), table.holder == self.me, table.held_until < now)
        if self._take(job.id, free, now):
            return True
        holder = self.job(job.id).holder
        return (
            holder is not None
            and is_dead(holder)
            and self._take(job.id, table.holder == holder, now)
        )

    def _take(self, job_id: str, condition: Any, now: float) -> bool:
        statement = (
            sa.update(batch_jobs)
            .where(batch_jobs.c.id == job_id, condition)
            .values(holder=self.me, held_until=now + HELD_S)
        )
        with self._begin() as connection:
            return connection.execute(statement).rowcount == 1

    def keep_holding(self) -> None:
        """Say that this pass still lives, for every job it holds."""
        held = sa.update(batch_jobs).where(batch_jobs.c.holder == self.me)
        with self._begin() as connection:
            connection.execute(held.values(held_until=time.time() + HELD_S))

    def let_go(self) -> None:
        """Leave every job that this pass holds to whoever comes next."""
        held = sa.update(batch_jobs).where(batch_jobs.c.holder == self.me)
        with self._begin() as connection:
            connection.execute(held.values(holder=None, held_until=None))

    def advance(self, job: Job, **columns: Any) -> Job:
        """Write down how far a job is that this pass holds; columns of `batch_jobs`.

        Raises:
            LostHoldError: Another pass has taken it over.
        """
        self._advance(job, columns, ends=False)
        return self.job(job.id)

    def finish(self, job: Job, state: State, **columns: Any) -> Job:
        """End a job that this pass holds and free its questions, in one transaction.

        Raises:
            LostHoldError: Another pass has taken it over.
        """
        ended = {"state": state, "ended_at": time.time(), "holder": None, "held_until": None}
        self._advance(job, {**columns, **ended}, ends=True)
        return self.job(job.id)

    def _advance(self, job: Job, columns: dict[str, Any], *, ends: bool) -> None:
        if "state" in columns:
            columns = {**columns, "state": str(columns["state"])}
        if not ends:
            columns = {**columns, "held_until": time.time() + HELD_S}
        mine = sa.update(batch_jobs).where(
            batch_jobs.c.id == job.id, batch_jobs.c.holder == self.me
        )
        with self._begin() as connection:
            if connection.execute(mine.values(**columns)).rowcount != 1:
                raise LostHoldError(
                    f"{job.called} is worked on by another run: this one was silent for more than "
                    f"{HELD_S:.0f} s; the same command goes on from where the other one is"
                )
            if ends:
                connection.execute(sa.delete(batch_claims).where(batch_claims.c.job_id == job.id))
                release(connection, job.id)

    def drop(self, job: Job) -> None:
        """Forget a job that was never submitted; its questions are free again."""
        with self._begin() as connection:
            for table in (batch_claims, batch_requests):
                connection.execute(sa.delete(table).where(table.c.job_id == job.id))
            connection.execute(sa.delete(batch_jobs).where(batch_jobs.c.id == job.id))
            release(connection, job.id)

    def free_usd(self) -> float:
        """Return what may still be spent, infinite without a budget."""
        with self._read() as connection:
            return free_usd(connection, self._budget)


def _unusable(error: sa.exc.SQLAlchemyError) -> LedgerError:
    return LedgerError(
        "the ledger's batch jobs cannot be read or written, asking stops; jobs that were "
        f"submitted go on at the endpoint: {in_short(error)}"
    )


def _in_batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), LOOKUP_BATCH):
        yield values[start : start + LOOKUP_BATCH]


def _job(row: sa.RowMapping) -> Job:
    return Job(**{**row, "state": State(row["state"])})


def _request(row: sa.RowMapping) -> BatchRequest:
    items = [(entry["key"], entry["item"]) for entry in orjson.loads(row["items"])]
    return BatchRequest(row["custom_id"], row["line"], row["image_id"], items, row["more_room"])


def _request_row(job_id: str, request: BatchRequest) -> dict[str, Any]:
    items = [{"key": key, "item": item} for key, item in request.items]
    return {
        "job_id": job_id,
        "custom_id": request.custom_id,
        "line": request.line,
        "image_id": request.image_id,
        "items": orjson.dumps(items).decode(),
        "more_room": request.more_room,
    }
