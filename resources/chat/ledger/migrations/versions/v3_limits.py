"""What runs tell each other about rates and budget.

Revision: 3
"""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "endpoint_windows",
        sa.Column("endpoint", sa.String(32), primary_key=True),
        sa.Column("requests", sa.Float, nullable=False),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "budget_grants",
        sa.Column("holder", sa.String(32), primary_key=True),
        sa.Column("held_usd", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
