"""The tables of the ledger's database.

Ten million answers under random keys are a B-tree in which every insert meets another page: so keys
are 16 bytes, an answer is one row of one tree, and what its stage, model and prompt are called
stands once, in ``askings``. A change here needs a migration in ``migrations/versions``; a test
compares the two.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from resources.chat.ledger.packing import pack, unpack
from resources.chat.messages import Outcome

HEAD = "5"
"""The newest migration; opening a ledger that has it needs no Alembic."""

OUTCOME_CODES = MappingProxyType(
    {
        Outcome.ANSWERED: 0,
        Outcome.REFUSED: 1,
        Outcome.CONTENT_FILTER: 2,
        Outcome.INVALID: 3,
        Outcome.TRUNCATED: 4,
        Outcome.FAILED: 5,
    }
)
"""What stands for each outcome in the database, for ever."""
OUTCOMES = MappingProxyType({code: outcome for outcome, code in OUTCOME_CODES.items()})
ANSWERED = OUTCOME_CODES[Outcome.ANSWERED]
FINAL_CODES = tuple(code for outcome, code in OUTCOME_CODES.items() if outcome.is_final)

KEY_CHARS = 32
KEY_BYTES = KEY_CHARS // 2


class Digest(sa.types.TypeDecorator[str]):
    """A digest of 32 hexadecimal characters, kept as 16 bytes."""

    impl = sa.LargeBinary(KEY_BYTES)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return PostgreSQL's type of 16 bytes, which compares faster than bytes do."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=False))
        return dialect.type_descriptor(sa.LargeBinary(KEY_BYTES))

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Return what the database keeps."""
        if value is None or dialect.name == "postgresql":
            return value
        return bytes.fromhex(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the 32 characters."""
        if value is None:
            return None
        return str(value).replace("-", "") if dialect.name == "postgresql" else value.hex()


class Packed(sa.types.TypeDecorator[str]):
    """A text, kept packed."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        """Return what the database keeps."""
        return None if value is None else pack(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the text."""
        return None if value is None else unpack(bytes(value))


class OutcomeCode(sa.types.TypeDecorator[Outcome]):
    """An outcome, kept as its number."""

    impl = sa.SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Outcome | str | None, dialect: sa.Dialect) -> int | None:
        """Return what the database keeps."""
        return None if value is None else OUTCOME_CODES[Outcome(value)]

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Outcome | None:
        """Return the outcome."""
        return None if value is None else OUTCOMES[value]


Count = sa.BigInteger().with_variant(sa.Integer, "sqlite")

metadata = sa.MetaData()

askings = sa.Table(
    "askings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("prompt_version", sa.String, nullable=False),
    # sums over the responses, kept with them: what a dataset cost is asked at every pass
    sa.Column("requests", Count, nullable=False),
    sa.Column("prompt_tokens", Count, nullable=False),
    sa.Column("completion_tokens", Count, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("latency_s", sa.Float, nullable=False),
    sa.Column("replayed", Count, nullable=False),  # answers that a replay changed
    sa.UniqueConstraint("stage", "model", "prompt_version"),
)
"""What is asked of whom: a stage, a model and a prompt's version ("": before it was kept)."""

responses = sa.Table(
    "responses",
    metadata,
    sa.Column("number", Count, primary_key=True),
    sa.Column("id", Digest, nullable=False, unique=True),
    sa.Column("asking", sa.Integer, nullable=False),  # of `askings`
    sa.Column("image_id", sa.String),
    sa.Column("item_keys", sa.LargeBinary, nullable=False),  # of the items' answers, 16 bytes each
    sa.Column("items", Packed, nullable=False),  # JSON: what was asked, for replay
    sa.Column("outcome", OutcomeCode, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("raw", Packed, nullable=False),  # the body as it came
    sa.Column("prompt_tokens", sa.Integer, nullable=False),
    sa.Column("completion_tokens", sa.Integer, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("latency_s", sa.Float, nullable=False),
    sa.Column("received_at", Count, nullable=False),  # milliseconds since 1970
)
"""Every paid response."""

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("key", Digest, primary_key=True),
    sa.Column("asking", sa.Integer, nullable=False),  # of `askings`
    sa.Column("response", Count),  # number of the response; null: no reply was paid for
    sa.Column("outcome", OutcomeCode, nullable=False),
    sa.Column("value", sa.Text),  # JSON
    sa.Column("reason", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("asked", Packed),  # JSON: image_id and item, where no response holds them
    sa.Index(
        "unanswered",
        "asking",
        "outcome",
        sqlite_where=sa.text(f"outcome <> {ANSWERED}"),
        postgresql_where=sa.text(f"outcome <> {ANSWERED}"),
    ),
    sqlite_with_rowid=False,
)
"""The latest word on every item that was ever asked about."""

ask_claims = sa.Table(
    "ask_claims",
    metadata,
    # the primary key is what keeps two passes from buying the same answer
    sa.Column("key", Digest, primary_key=True),
    sa.Column("holder", Digest, nullable=False),
    sqlite_with_rowid=False,
)
"""What passes ask about just now: see `resources.chat.ledger.claims`."""

endpoint_windows = sa.Table(
    "endpoint_windows",
    metadata,
    sa.Column("endpoint", sa.String(KEY_CHARS), primary_key=True),
    sa.Column("requests", sa.Float, nullable=False),  # how many may start
    sa.Column("tokens", sa.Float, nullable=False),  # how many they may use
    sa.Column("at", sa.Float, nullable=False),  # when that was so, by the database's clock, seconds
)
"""What runs may send to an endpoint: see `resources.chat.limits.rates`."""

budget_grants = sa.Table(
    "budget_grants",
    metadata,
    sa.Column("holder", sa.String(KEY_CHARS), primary_key=True),
    sa.Column("held_usd", sa.Float, nullable=False),  # may be spent and is in no response yet
    sa.Column("expires_at", sa.Float, nullable=False),  # by the database's clock, seconds
)
"""What runs hold of the budget: see `resources.chat.limits.budget`."""

batch_jobs = sa.Table(
    "batch_jobs",
    metadata,
    sa.Column("id", Digest, primary_key=True),  # of what is asked and how often before
    sa.Column("model", sa.String, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("prompt_version", sa.String, nullable=False),
    sa.Column("endpoint", sa.String, nullable=False),
    sa.Column("content", Digest, nullable=False, index=True),  # of the custom ids
    sa.Column("file_hash", sa.String(64), nullable=False),  # SHA-256
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("bytes", Count, nullable=False),
    sa.Column("most_usd", sa.Float, nullable=False),  # what it may cost
    sa.Column("state", sa.String, nullable=False),
    sa.Column("file_id", sa.String),
    sa.Column("batch_id", sa.String),
    sa.Column("remote_status", sa.String),
    sa.Column("completed", sa.Integer, nullable=False),  # as the endpoint counts, last seen
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("result", sa.Text),  # JSON: what the harvest counted
    sa.Column("reason", sa.Text),
    sa.Column("recorded_at", sa.Float, nullable=False),  # seconds since 1970
    sa.Column("submitted_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.Column("holder", sa.String),  # the pass that works on it
    sa.Column("held_until", sa.Float),
)
"""What was handed over to batch endpoints: see `resources.chat.batch.jobs`."""

batch_requests = sa.Table(
    "batch_requests",
    metadata,
    sa.Column("job_id", Digest, primary_key=True),
    sa.Column("custom_id", Digest, primary_key=True),
    sa.Column("line", sa.Integer, nullable=False),  # of the file, from 1
    sa.Column("image_id", sa.String),
    sa.Column("items", Packed, nullable=False),  # JSON: key and item of each question
    sa.Column("more_room", sa.Boolean, nullable=False),
)
"""What is in each job."""

batch_claims = sa.Table(
    "batch_claims",
    metadata,
    # the primary key is what keeps a question from being in two open jobs
    sa.Column("key", Digest, primary_key=True),
    sa.Column("job_id", Digest, nullable=False, index=True),
)
"""Which questions are in an open job."""
