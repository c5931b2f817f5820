"""What the ledger knows, without making one where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from resources.chat.ledger import Known, Ledger, answers, askings, holds_ledger
from resources.galaxy import Galaxy, ledger_url


@dataclass(frozen=True, slots=True)
class Paid:
    """What a stage's requests to a model took so far.

    Attributes:
        requests: How many responses were paid for.
        items: How many answers they gave.
        completion_tokens: Mean of a response.
        latency_s: Mean seconds of a response.
    """

    requests: int
    items: int
    completion_tokens: float
    latency_s: float


class Remembered:
    """The ledger of a galaxy, or its absence."""

    def __init__(self, galaxy: Galaxy) -> None:
        there = holds_ledger(ledger_url(galaxy.settings))
        self._ledger = galaxy.ledger if there else None

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Return what is known under these keys, settled or not.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        if self._ledger is None or not keys:
            return {}
        return self._ledger.known(sorted(set(keys)))

    def paid(self) -> dict[tuple[str, str], Paid]:
        """Return what was paid for so far, by stage and model.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        return {} if self._ledger is None else _paid(self._ledger)


def _paid(ledger: Ledger) -> dict[tuple[str, str], Paid]:
    of = (askings.c.stage, askings.c.model)
    sums = sa.select(
        *of,
        sa.func.sum(askings.c.requests),
        sa.func.sum(askings.c.completion_tokens),
        sa.func.sum(askings.c.latency_s),
    ).group_by(*of)
    items = (
        sa.select(*of, sa.func.count())
        .join(answers, answers.c.asking == askings.c.id)
        .where(answers.c.response.is_not(None))
        .group_by(*of)
    )
    with ledger.reading() as connection:
        answered = {(stage, model): n for stage, model, n in connection.execute(items)}
        return {
            (stage, model): Paid(
                requests=int(n),
                items=max(int(n), answered.get((stage, model), 0)),
                completion_tokens=float(tokens) / int(n),
                latency_s=float(latency) / int(n),
            )
            for stage, model, n, tokens, latency in connection.execute(sums)
            if n
        }
