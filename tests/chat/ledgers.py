"""Ledgers for tests, on SQLite and on PostgreSQL, and what is recorded in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from resources.chat.ledger import Ledger, Received
from resources.chat.messages import Answer, ChatReply, Outcome
from tg_assets.ids import digest

BOTH = pytest.mark.parametrize("ledger_url", ["sqlite", "postgresql"], indirect=True)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Create a database on a PostgreSQL server; yield its URL."""
    name = f"ledger_{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path}/folder/ledger.sqlite"
        return
    with new_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    ledger = Ledger(ledger_url)
    yield ledger
    ledger.close()


def key(name: object) -> str:
    """Return the key that a test calls so."""
    return digest("test", str(name))


def received(
    names: Sequence[str],
    outcome: Outcome = Outcome.ANSWERED,
    value: object = "yes",
    *,
    reason: str | None = None,
    raw: str = "{}",
    items: Sequence[Mapping[str, Any]] | None = None,
    **other: Any,
) -> Received:
    """Return a response that gives each item, named so, the same answer."""
    paid = Outcome.FAILED if outcome == Outcome.FAILED else Outcome.ANSWERED
    answered = outcome == Outcome.ANSWERED
    values = {
        "response_id": uuid.uuid4().hex,
        "stage": "filter",
        "model": "m",
        "prompt_version": "1",
        "image_id": None,
        "keys": [key(name) for name in names],
        "items": items or [{"path": name} for name in names],
        "reply": ChatReply(paid, "text", raw, 10, 2, 0.25, 0.5, reason=reason),
        "answers": [Answer(outcome, value if answered else None, reason) for _ in names],
    }
    return Received(**{**values, **other})


def rows_of(ledger: Ledger, query: str) -> list[tuple[Any, ...]]:
    """Return what a query gives."""
    with ledger.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]
