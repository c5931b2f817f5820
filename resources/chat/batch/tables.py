"""The ledger's tables of batch jobs: what was handed over, and which questions are in it."""

from __future__ import annotations

import sqlalchemy as sa

from resources.chat.ledger import metadata

batch_jobs = sa.Table(
    "batch_jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),  # of what is asked and how often before
    sa.Column("model", sa.String, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("prompt_version", sa.String, nullable=False),
    sa.Column("endpoint", sa.String, nullable=False),
    sa.Column("content", sa.String(32), nullable=False, index=True),  # of the custom ids
    sa.Column("file_hash", sa.String(64), nullable=False),  # SHA-256
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
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

batch_requests = sa.Table(
    "batch_requests",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("custom_id", sa.String(32), primary_key=True),
    sa.Column("line", sa.Integer, nullable=False),  # of the file, from 1
    sa.Column("image_id", sa.String),
    sa.Column("items", sa.Text, nullable=False),  # JSON, as in `responses`
    sa.Column("more_room", sa.Boolean, nullable=False),
)

batch_claims = sa.Table(
    "batch_claims",
    metadata,
    # the primary key is what keeps a question from being in two open jobs
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("job_id", sa.String(32), nullable=False, index=True),
)
