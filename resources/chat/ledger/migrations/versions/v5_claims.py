"""Which questions are being asked just now.

Revision: 5
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5"
down_revision = "4"


def _digest() -> Any:
    return sa.LargeBinary(16).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "ask_claims",
        sa.Column("key", _digest(), primary_key=True),
        sa.Column("holder", _digest(), nullable=False),
        sqlite_with_rowid=False,
    )
