"""What Alembic runs migrations with: the connection and transaction of whoever opens the ledger."""

from alembic import context

from resources.chat.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
