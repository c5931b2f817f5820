"""What was handed over to batch endpoints.

Revision: 4
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "4"
down_revision = "3"


def _digest() -> Any:
    return sa.LargeBinary(16).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "batch_jobs",
        sa.Column("id", _digest(), primary_key=True),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("prompt_version", sa.String, nullable=False),
        sa.Column("endpoint", sa.String, nullable=False),
        sa.Column("content", _digest(), nullable=False, index=True),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("most_usd", sa.Float, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("file_id", sa.String),
        sa.Column("batch_id", sa.String),
        sa.Column("remote_status", sa.String),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("recorded_at", sa.Float, nullable=False),
        sa.Column("submitted_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sa.Column("holder", sa.String),
        sa.Column("held_until", sa.Float),
    )
    op.create_table(
        "batch_requests",
        sa.Column("job_id", _digest(), primary_key=True),
        sa.Column("custom_id", _digest(), primary_key=True),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("image_id", sa.String),
        sa.Column("items", sa.LargeBinary, nullable=False),
        sa.Column("more_room", sa.Boolean, nullable=False),
    )
    op.create_table(
        "batch_claims",
        sa.Column("key", _digest(), primary_key=True),
        sa.Column("job_id", _digest(), nullable=False, index=True),
    )
