"""Lets the tests of this folder import the servers whatever the import mode."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers"):
    sys.path.insert(0, str(folder))

from fixtures import postgres_url, schema_server  # noqa: E402
from ledgers import ledger, ledger_url  # noqa: E402

__all__ = ["ledger", "ledger_url", "postgres_url", "schema_server"]
