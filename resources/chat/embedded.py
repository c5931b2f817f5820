"""The embedded provider: no key, no GPU, no download; it says plainly what it is."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from resources.chat.messages import ChatReply, ChatRequest, Demand, GiveUp, Outcome
from resources.chat.scene_answers import NoScene, SceneAnswers, SceneOf
from resources.chat.stages import data_of
from tg_assets.settings import EmbeddedModel

EMBEDDED_VERSION = "1"
"""Part of every answer's key: a change of what the embedded model says must change it."""


@dataclass(frozen=True, slots=True)
class FreeRequest:
    """A request that costs nothing."""

    request: ChatRequest

    @property
    def demand(self) -> Demand:
        """Nothing."""
        return Demand()


class EmbeddedChat:
    """A `ChatModel` that answers from scene graphs, in this process."""

    max_attempts = 1

    def __init__(self, name: str, settings: EmbeddedModel, scene_of: SceneOf) -> None:
        self.name = name
        self.identity = f"embedded {EMBEDDED_VERSION} {name} error_rate={settings.error_rate}"
        self.concurrency = settings.concurrency
        self.items_per_request = settings.items_per_request
        self._answers = SceneAnswers(name, settings.error_rate, scene_of)

    async def prepare(self, request: ChatRequest) -> FreeRequest:
        """Nothing has to be made ready."""
        return FreeRequest(request)

    async def send(self, prepared: FreeRequest) -> ChatReply:
        """Answer one request; free, and counted as such."""
        request = prepared.request
        image_id = None if request.image is None else request.image.image_id
        try:
            text = self._answers.reply(request.schema_name, data_of(request.text), image_id)
        except NoScene as error:
            raise GiveUp(str(error)) from error
        return ChatReply(
            outcome=Outcome.ANSWERED,
            text=text,
            raw=orjson.dumps({"embedded": text}).decode(),
            prompt_tokens=len(request.text) // 4,
            completion_tokens=len(text) // 4,
        )

    async def close(self) -> None:
        """Nothing is held."""
