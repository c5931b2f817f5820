"""A model behind OpenAI's Batch API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from resources.chat import openai_wire as wire
from resources.chat.asking import Tally
from resources.chat.batch.batch_pass import BatchPass
from resources.chat.batch.open_questions import Counts
from resources.chat.batch.packing import Asked
from resources.chat.ledger import Ledger
from resources.chat.limits.budget import Budget
from resources.chat.messages import StopAsking
from resources.chat.stages import Stage
from tg_assets.settings_models import OpenAIBatchModel


class BatchChat:
    """A `ChatModel` that is asked by the file: it brings its own pass.

    Its identity is that of the same model asked online: what one bought, the other does not buy.
    """

    concurrency = 1

    def __init__(self, name: str, settings: OpenAIBatchModel) -> None:
        self.name = name
        self.identity = wire.identity_of(settings)
        self.max_attempts = settings.max_attempts
        self.items_per_request = settings.items_per_request
        self._settings = settings

    def open_pass(
        self,
        stage: Stage,
        pending: Iterable[Asked],
        ledger: Ledger,
        tally: Tally,
        counter: Counts,
        budget: Budget | None = None,
    ) -> BatchPass:
        """Open a pass; see `BringsItsOwnPass`."""
        return BatchPass(
            self.name, self._settings, stage, pending, ledger, tally, counter, budget or Budget()
        )

    async def prepare(self, request: object) -> NoReturn:
        """Refuse: there is no such thing as a single request.

        Raises:
            StopAsking: Always.
        """
        raise StopAsking(f"model {self.name} is asked in batches, not a request at a time")

    async def send(self, prepared: object) -> NoReturn:
        """Refuse, as `prepare` does."""
        await self.prepare(prepared)

    async def close(self) -> None:
        """Each pass closes its own connections."""
