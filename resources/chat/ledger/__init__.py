"""The ledger: every paid response as it came, and every answer taken from one.

SQLite in WAL mode by default, PostgreSQL by URL, through SQLAlchemy Core. A response and the
answers parsed from it are committed together, so that nothing that was paid for is ever half known.

``ledger`` opens, looks up and records; ``claims`` keep two runs from buying the same answer;
``schema`` holds the tables and ``migrations`` how they came to be; ``reports`` tells what failed
and what was spent; ``replay`` parses again what was paid for.
"""

from resources.chat.ledger.claims import Claims
from resources.chat.ledger.entries import Known, LedgerError, Received
from resources.chat.ledger.ledger import Ledger
from resources.chat.ledger.opening import holds_ledger
from resources.chat.ledger.replay import Change, Replayed
from resources.chat.ledger.schema import answers, askings, metadata, responses

__all__ = [
    "Change",
    "Claims",
    "Known",
    "Ledger",
    "LedgerError",
    "Received",
    "Replayed",
    "answers",
    "askings",
    "holds_ledger",
    "metadata",
    "responses",
]
