"""A line of the forecast: what one stage asks one model."""

from __future__ import annotations

from dataclasses import dataclass

from tg_assets.forecasting.meters import Meter
from tg_assets.forecasting.spans import NOTHING, Span


@dataclass(slots=True)
class Line:
    """What a stage asks a model in the next pass, over all its partitions.

    Attributes:
        stage: The asset; of referees with the referee's name.
        asks: The stage's name in the ledger.
        meter: The model.
        partitions: How many are not made.
        known: Questions whose answer the ledger has.
        certain: Open questions whose inputs exist: they will be asked, whatever else is answered.
        certain_requests: The requests that ask them.
        certain_prompt: Prompt tokens of these, counted one by one.
        further: Open questions that depend on answers not given yet.
        further_requests: The requests that ask them.
        further_prompt: Their prompt tokens.
    """

    stage: str
    asks: str
    meter: Meter
    partitions: int = 0
    known: int = 0
    certain: int = 0
    certain_requests: int = 0
    certain_prompt: int = 0
    further: Span = NOTHING
    further_requests: Span = NOTHING
    further_prompt: Span = NOTHING

    @property
    def questions(self) -> Span:
        """All that will be asked."""
        return Span.exactly(self.certain) + self.further

    @property
    def requests(self) -> Span:
        """All requests."""
        return Span.exactly(self.certain_requests) + self.further_requests

    @property
    def prompt(self) -> Span:
        """Prompt tokens of all requests."""
        return Span.exactly(self.certain_prompt) + self.further_prompt

    @property
    def completion(self) -> Span:
        """Tokens of all replies."""
        return self.meter.completion(self.asks, self.requests, self.questions)

    @property
    def cost(self) -> Span:
        """Dollars."""
        return self.meter.cost(self.prompt, self.completion)

    @property
    def seconds(self) -> Span:
        """How long the requests take."""
        return self.meter.seconds(self.asks, self.requests, self.prompt + self.completion)
