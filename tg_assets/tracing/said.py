"""What models said about an item, by the ledger: the answer, and the response it was taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from resources.chat.ledger import Ledger
from resources.chat.ledger.schema import answers, responses
from resources.chat.stages import Question, Stage


@dataclass(frozen=True, slots=True)
class Said:
    """An answer with its response.

    Attributes:
        outcome: What came of asking.
        reason: Why there is no answer, null when there is one.
        attempts: How often it was asked.
        cost_usd: Of the response, which may answer several questions; null when none was paid.
        received_at_ms: When it came, in milliseconds since 1970.
        raw: The response as it came.
    """

    outcome: str
    reason: str | None
    attempts: int
    cost_usd: float | None
    received_at_ms: int | None
    raw: str | None

    def reply(self) -> str | None:
        """Return the text of the reply, null where the response holds none."""
        if self.raw is None:
            return None
        try:
            body: Any = orjson.loads(self.raw)
            return str(body["choices"][0]["message"]["content"])
        except (ValueError, KeyError, IndexError, TypeError):  # another provider's form
            return self.raw


def said(ledger: Ledger, stage: Stage, identity: str, question: Question) -> Said | None:
    """Return what a model said to a question, null when the ledger does not know it."""
    columns = (
        answers.c.outcome,
        answers.c.reason,
        answers.c.attempts,
        responses.c.cost_usd,
        responses.c.received_at,
        responses.c.raw,
    )
    query = (
        sa.select(*columns)
        .join_from(answers, responses, answers.c.response == responses.c.number, isouter=True)
        .where(answers.c.key == stage.key(identity, question))
    )
    with ledger.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Said(str(row[0]), *row[1:])
