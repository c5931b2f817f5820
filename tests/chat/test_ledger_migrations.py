"""A ledger of any earlier version opens, and what it holds is what it held."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from ledgers import BOTH, key, received, rows_of
from setuptools import find_namespace_packages

import resources.chat.ledger as package
from resources.chat.ledger import Ledger, LedgerError, metadata, responses
from resources.chat.ledger.schema import HEAD, OUTCOME_CODES
from resources.chat.messages import Outcome

pytestmark = pytest.mark.timeout(120)

FIRST_TABLES = """
CREATE TABLE responses (
    id VARCHAR(32) NOT NULL, stage VARCHAR NOT NULL, model VARCHAR NOT NULL,
    prompt_version VARCHAR NOT NULL, image_id VARCHAR, items TEXT NOT NULL,
    outcome VARCHAR NOT NULL, reason TEXT, raw TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL, cost_usd FLOAT NOT NULL, latency_s FLOAT NOT NULL,
    received_at VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE TABLE answers (
    key VARCHAR(32) NOT NULL, stage VARCHAR NOT NULL, model VARCHAR NOT NULL, image_id VARCHAR,
    response_id VARCHAR(32), outcome VARCHAR NOT NULL, value TEXT, reason TEXT,
    attempts INTEGER NOT NULL, PRIMARY KEY (key))"""
"""As they were before there were migrations."""
RESPONSES = 25
RAW = '{"choices": [{"message": {"content": "¿0 or 1? 🦊"}}]}'


def _first_ledger(url: str) -> None:
    """Make a ledger as the first version did: responses of two items, and a failed request."""
    if url.startswith("sqlite"):
        Path(str(sa.make_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in FIRST_TABLES.split(";"):
            connection.execute(sa.text(statement))
        old = sa.MetaData()
        old.reflect(connection)
        for number in reversed(range(RESPONSES)):
            connection.execute(sa.insert(old.tables["responses"]), _old_response(number))
            connection.execute(sa.insert(old.tables["answers"]), _old_answers(number))
        failed = {
            "key": key("failed"), "stage": "vote", "model": "m", "image_id": "picture 9",
            "response_id": None, "outcome": "failed", "value": None, "reason": "no answer",
            "attempts": 0,
        }  # fmt: skip
        connection.execute(sa.insert(old.tables["answers"]), failed)
    engine.dispose()


def _old_response(number: int) -> dict[str, object]:
    items = [{"key": key(f"{number} {place}"), "item": {"path": f"p{place}"}} for place in range(2)]
    return {
        "id": key(f"response {number}"), "stage": "filter", "model": "m", "prompt_version": "1",
        "image_id": f"picture {number}", "items": orjson.dumps(items).decode(),
        "outcome": "answered", "reason": None, "raw": RAW, "prompt_tokens": 10,
        "completion_tokens": 2, "cost_usd": 0.25, "latency_s": 0.5,
        "received_at": "2026-11-01T12:00:00.123+00:00",
    }  # fmt: skip


def _old_answers(number: int) -> list[dict[str, object]]:
    told = {"stage": "filter", "model": "m", "image_id": f"picture {number}",
            "response_id": key(f"response {number}"), "attempts": 1}  # fmt: skip
    return [
        {**told, "key": key(f"{number} 0"), "outcome": "answered", "value": "true", "reason": None},
        {**told, "key": key(f"{number} 1"), "outcome": "invalid", "value": None, "reason": "prose"},
    ]


@BOTH
def test_ledger_of_the_first_version_is_carried_over_row_by_row(ledger_url: str) -> None:
    _first_ledger(ledger_url)
    ledger = Ledger(ledger_url)
    names = [f"{number} {place}" for number in range(RESPONSES) for place in range(2)]
    known = ledger.known([key(name) for name in [*names, "failed"]])
    assert len(known) == 2 * RESPONSES + 1
    assert known[key("7 0")].answer.value is True
    assert known[key("7 1")].answer.outcome == Outcome.INVALID
    assert known[key("7 1")].answer.reason == "prose"
    assert known[key("failed")].attempts == 0
    assert ledger.costs().rows() == [("filter", "m", 25, 250, 50, 6.25)]
    with ledger.engine.connect() as connection:
        query = sa.select(responses).where(responses.c.image_id == "picture 7")
        (row,) = connection.execute(query).all()
    assert (row.id, row.raw) == (key("response 7"), RAW)
    assert row.items == '[{"path":"p0"},{"path":"p1"}]'
    assert bytes(row.item_keys).hex() == key("7 0") + key("7 1")
    assert row.received_at == 1793534400123
    pointing = "SELECT count(*) FROM answers a JOIN responses r ON a.response = r.number"
    assert rows_of(ledger, pointing) == [(2 * RESPONSES,)]
    ledger.close()


@BOTH
def test_carried_over_ledger_goes_on_as_any_other(ledger_url: str) -> None:
    _first_ledger(ledger_url)
    ledger = Ledger(ledger_url)
    ledger.record([received(["7 1", "new"]), received(["failed"], stage="vote")])
    known = ledger.known([key("7 1"), key("new"), key("failed")])
    assert [known[key(name)].attempts for name in ("7 1", "new", "failed")] == [2, 1, 1]
    assert ledger.costs()["requests"].to_list() == [RESPONSES + 1, 1]
    ledger.close()


@BOTH
def test_migrated_database_has_the_tables_of_the_schema(ledger_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ledger = Ledger(ledger_url)
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, metadata)
        assert context.get_current_revision() == HEAD
    ledger.close()
    assert differences == []


def _open(url: str) -> None:
    Ledger(url).close()


@BOTH
def test_processes_open_an_old_ledger_at_the_same_time(ledger_url: str) -> None:
    _first_ledger(ledger_url)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_open, args=(ledger_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    ledger = Ledger(ledger_url)
    assert rows_of(ledger, "SELECT count(*) FROM answers") == [(2 * RESPONSES + 1,)]
    ledger.close()


@BOTH
def test_newer_ledger_is_refused_and_left_alone(ledger_url: str) -> None:
    ledger = Ledger(ledger_url)
    ledger.record([received(["a"])])
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from tomorrow'"))
    ledger.close()
    with pytest.raises(LedgerError, match=r"newer version .* from tomorrow, .* upgrade taskgalaxy"):
        Ledger(ledger_url)
    engine = sa.create_engine(ledger_url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM answers")).scalar() == 1
    engine.dispose()


@BOTH
def test_ledger_with_foreign_rows_is_refused_and_left_alone(ledger_url: str) -> None:
    _first_ledger(ledger_url)
    engine = sa.create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE answers SET key = 'mine' WHERE outcome = 'failed'"))
    with pytest.raises(LedgerError, match="'mine' is no digest"):
        Ledger(ledger_url)
    with engine.connect() as connection:
        assert sorted(sa.inspect(connection).get_table_names()) == ["answers", "responses"]
        count = connection.execute(sa.text("SELECT count(*) FROM answers")).scalar()
    assert count == 2 * RESPONSES + 1
    engine.dispose()


def test_opening_an_up_to_date_ledger_needs_no_alembic(ledger: Ledger, ledger_url: str) -> None:
    import subprocess
    import sys

    program = (
        "import sys; from resources.chat.ledger import Ledger; "
        f"Ledger({ledger_url!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    root = Path(package.__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, timeout=60).returncode == 0


def test_every_outcome_has_a_number_of_its_own() -> None:
    assert set(OUTCOME_CODES) == set(Outcome)
    assert len(set(OUTCOME_CODES.values())) == len(Outcome)


def test_migrations_are_part_of_the_package() -> None:
    found = find_namespace_packages(
        str(Path(package.__file__).parents[3]), include=["tg_assets*", "resources*", "sensors*"]
    )
    assert "resources.chat.ledger.migrations.versions" in found
