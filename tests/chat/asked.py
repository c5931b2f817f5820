"""What these tests ask with: models on real servers, pictures, questions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from resources.chat.embedded import FreeRequest
from resources.chat.messages import ChatReply, ChatRequest, Demand, ImageRef, Outcome
from resources.chat.openai_compatible import OpenAIChat
from resources.chat.stages import Question, Stage
from tg_assets import ids
from tg_assets.filtered_pairs import prompts as filter_prompts
from tg_assets.raw_qa import prompts as question_prompts
from tg_assets.referee_scores.prompts import stage as vote_stage
from tg_assets.settings import OpenAIModel, Price

FILTER = filter_prompts.STAGE
QUESTIONS = question_prompts.STAGE
VOTE = vote_stage("answer")
STAGES = {"filter": FILTER, "questions": QUESTIONS, "vote": VOTE}


def openai_model(url: str, **settings: Any) -> OpenAIChat:
    values = {
        "model": "schema",
        "price": Price(input=1.0, output=10.0),
        "base_url": url,
        "api_key_env": None,
        "timeout_s": 10,
        **settings,
    }
    return OpenAIChat("schema", OpenAIModel(provider="openai", **values))


def picture(folder: Path, number: int) -> ImageRef:
    """Write a small picture and return its reference."""
    Image.new("RGB", (8, 8), (number % 256, number // 256, 7)).save(_path(folder, number))
    return picture_of(folder, number)


def picture_of(folder: Path, number: int) -> ImageRef:
    """Return the reference of a picture that was written."""
    path = _path(folder, number)
    return ImageRef(ids.image_id(path.read_bytes()), str(path))


def _path(folder: Path, number: int) -> Path:
    return folder / f"picture {number}.png"


def labels(image: ImageRef, count: int, first: int = 0) -> list[Question]:
    return [Question({"path": f"ocr~kind {first + n}"}, image) for n in range(count)]


def votes(image: ImageRef, count: int) -> list[Question]:
    return [
        Question({"task_label": "ocr", "question": f"What is {n}?", "answer": "It is."}, image)
        for n in range(count)
    ]


def asked_twice(log: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the (image, item) pairs that a server's log holds more than once."""
    seen = Counter((entry["image_id"], str(item)) for entry in log for item in entry["items"])
    return [pair for pair, count in seen.items() if count > 1]


class ScriptedModel:
    """A chat model of the protocol, without network: for what HTTP cannot bring about."""

    name = "scripted"
    identity = "scripted 1"
    items_per_request = 1

    def __init__(
        self,
        say: Callable[[int], str | Exception],
        *,
        concurrency: int = 4,
        max_attempts: int = 1,
        latency_s: float = 0.0,
    ) -> None:
        self.concurrency = concurrency
        self.max_attempts = max_attempts
        self.requests = 0
        self.most_at_once = 0
        self.closed = False
        self._say = say
        self._latency_s = latency_s
        self._now = 0

    async def prepare(self, request: ChatRequest) -> FreeRequest:
        return FreeRequest(request)

    async def send(self, prepared: FreeRequest) -> ChatReply:
        self.requests += 1
        number = self.requests
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            await asyncio.sleep(self._latency_s)
            said = self._say(number)
        finally:
            self._now -= 1
        if isinstance(said, Exception):
            raise said
        return ChatReply(Outcome.ANSWERED, said, raw=said, cost_usd=0.5, prompt_tokens=10)

    async def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class PricedRequest:
    """A request that says what it may cost."""

    demand: Demand


class PricedModel(ScriptedModel):
    """Asks for a dollar a request at the most, and takes what `costs` says of its number."""

    def __init__(self, costs: Callable[[int], float] = lambda _: 0.25, **settings: Any) -> None:
        super().__init__(str, **settings)
        self._costs = costs

    async def prepare(self, request: ChatRequest) -> PricedRequest:  # type: ignore[override]
        return PricedRequest(Demand(60, 40, cost_usd=1.0))

    async def send(self, prepared: Any) -> ChatReply:
        reply = await super().send(prepared)
        return replace(reply, cost_usd=self._costs(self.requests))


def plain_stage(parse: Callable[[str], Any] = str) -> Stage:
    """A stage about one item a request, whose answer is what `parse` makes of the text."""
    return Stage(
        name="plain",
        prompt_version="1",
        render=lambda questions: str(questions[0].item["n"]),
        parse=lambda text, _: [parse(text)],
        schema_name="plain",
        schema=lambda _: {},
        shared=False,
    )


def numbers(count: int) -> list[Question]:
    return [Question({"n": n}) for n in range(count)]
