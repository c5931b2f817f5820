"""What requests to a model use: tokens, dollars, seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resources.chat.messages import ChatRequest
from resources.chat.money.demand import assumptions, cost_usd, counted, tokens_of_image
from resources.chat.stages import Question, Stage
from tg_assets.forecasting.ahead import Size
from tg_assets.forecasting.known import Paid
from tg_assets.forecasting.spans import NOTHING, Span
from tg_assets.settings import EmbeddedModel

REPLY_FRAME = 8
"""Tokens of a JSON reply beside its items."""
REPLY_ITEM: Mapping[str, float] = {
    "growth": 60,
    "filter": 3,
    "questions": 60,
    "vote": 4,
    "cot": 150,
}
"""Tokens of a reply's item by stage, where none was paid for yet."""
UNMEASURED = Span(0.2, 1.0, 3.0)
"""How far a reply's unmeasured length may be off."""
LATENCY_S = Span(1.0, 3.0, 10.0)
"""Seconds a request, where none was measured."""
REASONING = re.compile(r"\b(o[1-9](-|$)|gpt-[5-9]|thinking)")
"""Models whose replies hold thoughts that are billed and may fill max_tokens."""
STANDARD_ERRORS = 3.0
DRIFT = 1.05
"""What a measured mean may be off by beyond its standard error: other images, other labels."""
PATHS_RENDERED = 40


@dataclass(frozen=True, slots=True)
class Shape:
    """Prompt tokens of a stage's requests, without the picture: so many, and more an item.

    Which of the items will be asked about, a match decides that likes some more than others: an
    item's tokens may be off by as much as items differ.
    """

    fixed: float
    per_item: Span


class Meter:
    """Counts what requests to one model of the settings use.

    Args:
        name: The model's name in the settings.
        model: Its settings.
        paid: What was paid for so far, by stage and model.
    """

    def __init__(self, name: str, model: Any, paid: Mapping[tuple[str, str], Paid]) -> None:
        self.name = name
        self._model = model
        self._paid = paid
        self.is_free = isinstance(model, EmbeddedModel)
        self._discount = float(getattr(model, "discount", 1.0))

    def prompt(self, request: ChatRequest, size: Size | None, pictures: int = 1) -> int:
        """Return the tokens of a request's prompt; of a video, its frames are the pictures."""
        if self.is_free:
            return len(request.text) // 4  # as the embedded model counts
        return counted(self._model, request, [] if size is None else [size] * pictures).total

    def shape(self, stage: Stage, items: Sequence[Mapping[str, Any]]) -> Shape:
        """Return what requests take that hold items like these, so many at a time as allowed."""
        chosen = [Question(item) for item in items[:PATHS_RENDERED]]
        alone = [self.prompt(stage.request([question]), None) for question in chosen]
        mean = sum(alone) / len(alone)
        most = min(len(chosen), self._model.items_per_request if stage.shared else 1)
        if most < 2:
            return Shape(0.0, Span.exactly(mean))
        lots = [chosen[n : n + most] for n in range(0, len(chosen) - most + 1, most)]
        together = sum(self.prompt(stage.request(lot), None) for lot in lots) / len(lots)
        per_item = (together - mean) / (most - 1)
        apart = math.sqrt(sum((tokens - mean) ** 2 for tokens in alone) / len(alone))
        off = Span(max(0.0, per_item - apart), per_item, per_item + apart)
        return Shape(mean - per_item, off)

    def image(self, sizes: Sequence[Size], *, all_of_them: bool) -> Span:
        """Return the mean tokens of a picture.

        Args:
            sizes: The pictures', or of some of them; without any the largest that is sent counts.
            all_of_them: Whether no others will be asked about.
        """
        if self.is_free:
            return NOTHING
        side = self._model.max_image_side
        counts = [tokens_of_image(self._model, size) for size in sizes or [(side, side)]]
        mean = sum(counts) / len(counts)
        if all_of_them:
            return Span.exactly(mean)
        if len(counts) < 2:
            return Span(0.0, mean, mean)
        spread = math.sqrt(sum((n - mean) ** 2 for n in counts) / (len(counts) - 1))
        error = STANDARD_ERRORS * spread / math.sqrt(len(counts))
        return Span(max(0.0, mean - error), mean, mean + error)

    def completion(self, stage: str, requests: Span, items: Span) -> Span:
        """Return the tokens of the replies to so many requests with so many items."""
        paid = self._paid.get((stage, self.name))
        frame = requests * REPLY_FRAME
        if paid is not None:
            frame = requests * min(REPLY_FRAME, paid.completion_tokens)
            per_item = max(0.0, paid.completion_tokens - REPLY_FRAME) * paid.requests / paid.items
            sure = 1 + STANDARD_ERRORS / math.sqrt(paid.requests)  # as if they spread by their mean
            off = Span(1 / (sure * DRIFT), 1.0, sure * DRIFT)
            return (frame + items * per_item) * off
        if not self.is_free and REASONING.search(self._model.model.lower()):
            room = self._model.max_tokens
            return requests * Span(room / 16, room / 2, room)
        guess = (frame + items * REPLY_ITEM[stage]) * UNMEASURED
        if self.is_free:
            return guess
        most = requests * float(self._model.max_tokens)
        return Span(guess.low, min(guess.expected, most.expected), min(guess.high, most.high))

    def cost(self, prompt: Span, completion: Span) -> Span:
        """Return the dollars for so many tokens."""
        if self.is_free:
            return NOTHING
        model, discount = self._model, self._discount
        return Span(
            cost_usd(model, prompt.low, completion.low, discount),
            cost_usd(model, prompt.expected, completion.expected, discount),
            cost_usd(model, prompt.high, completion.high, discount),
        )

    def seconds(self, stage: str, requests: Span, tokens: Span) -> Span:
        """Return how long so many requests take, at the concurrency and limits of the settings."""
        if self.is_free:
            return NOTHING
        paid = self._paid.get((stage, self.name))
        latency = LATENCY_S if paid is None else Span.exactly(paid.latency_s)
        slots = getattr(self._model, "concurrency", 1)
        least = requests * latency * (1 / slots)
        for limit, amount in (("requests_per_minute", requests), ("tokens_per_minute", tokens)):
            per_minute = getattr(self._model, limit, None)
            if per_minute:
                least = _later(least, amount * (60 / per_minute))
        return least

    def said(self, stage: str) -> list[str]:
        """Return lines that say what the counts of a stage's requests rest on."""
        if self.is_free:
            return [f"{self.name}: embedded, free"]
        lines = [f"{self.name}: {line}" for line in assumptions(self._model)]
        if self._model.price.source:
            lines.append(f"{self.name}: {self._model.price.source}; check it")
        if (stage, self.name) not in self._paid:
            lines.append(f"{self.name}, {stage}: length of replies and latency are guesses")
        return lines


def _later(one: Span, other: Span) -> Span:
    return Span(
        max(one.low, other.low), max(one.expected, other.expected), max(one.high, other.high)
    )
