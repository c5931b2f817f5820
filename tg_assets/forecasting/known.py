"""What the ledger knows, without making one where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from resources.chat.asking import is_settled
from resources.chat.ledger import Known, LedgerError
from resources.galaxy import Galaxy, state_folder

_RESPONSES = sa.table(
    "responses",
    sa.column("stage"),
    sa.column("model"),
    sa.column("completion_tokens"),
    sa.column("latency_s"),
)
_ANSWERS = sa.table("answers", sa.column("stage"), sa.column("model"), sa.column("response_id"))


@dataclass(frozen=True, slots=True)
class Paid:
    """What a stage's requests to a model took so far.

    Attributes:
        requests: How many responses were paid for.
        items: How many answers they gave.
        completion_tokens: Mean of a response.
        spread: Standard deviation of that.
        latency_s: Mean seconds of a response.
    """

    requests: int
    items: int
    completion_tokens: float
    spread: float
    latency_s: float


class Remembered:
    """The ledger of a galaxy, or its absence."""

    def __init__(self, galaxy: Galaxy) -> None:
        self._ledger = galaxy.ledger if _is_there(galaxy) else None

    def settled(self, keys: Sequence[str]) -> dict[str, Known]:
        """Return what is known under these keys and not asked again.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        if self._ledger is None or not keys:
            return {}
        found = self._ledger.known(sorted(set(keys)))
        return {key: known for key, known in found.items() if is_settled(known)}

    def paid(self) -> dict[tuple[str, str], Paid]:
        """Return what was paid for so far, by stage and model.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        if self._ledger is None:
            return {}
        try:
            return self._paid(self._ledger.engine)
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(f"the ledger cannot be read: {error.args[0]}") from None

    def _paid(self, engine: sa.Engine) -> dict[tuple[str, str], Paid]:
        tokens, of = _RESPONSES.c.completion_tokens, (_RESPONSES.c.stage, _RESPONSES.c.model)
        responses = sa.select(
            *of,
            sa.func.count(),
            sa.func.avg(tokens),
            sa.func.avg(tokens * 1.0 * tokens),
            sa.func.avg(_RESPONSES.c.latency_s),
        ).group_by(*of)
        by = (_ANSWERS.c.stage, _ANSWERS.c.model)
        answers = (
            sa.select(*by, sa.func.count()).where(_ANSWERS.c.response_id.is_not(None)).group_by(*by)
        )
        with engine.connect() as connection:
            items = {(stage, model): n for stage, model, n in connection.execute(answers)}
            return {
                (stage, model): Paid(
                    requests=n,
                    items=max(n, items.get((stage, model), 0)),
                    completion_tokens=float(mean),
                    spread=max(0.0, float(square) - float(mean) ** 2) ** 0.5,
                    latency_s=float(latency),
                )
                for stage, model, n, mean, square, latency in connection.execute(responses)
            }


def _is_there(galaxy: Galaxy) -> bool:
    """Whether there is a ledger; opening an SQLite one that is not there would make it."""
    url = galaxy.settings.ledger
    if url is None:
        return Path(state_folder(galaxy.settings), "ledger.sqlite").is_file()
    parsed = sa.make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(str(parsed.database)).is_file()
