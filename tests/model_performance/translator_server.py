"""An OpenAI-compatible server that translates questions as it was told to, well or badly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from resources.chat.stages import data_of


class TranslatorServer:
    """Answers each question with what is scripted for its words.

    Args:
        replies: By words: the reply's text, an object that is sent as JSON, or a status code.
    """

    def __init__(self, replies: Mapping[str, str | dict[str, Any] | int | None]) -> None:
        self._replies = replies
        self.log: list[dict[str, Any]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/v1/chat/completions", self._complete)])
        return app

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        content = body["messages"][-1]["content"]
        text = content if isinstance(content, str) else content[-1]["text"]
        self.log.append({"data": data_of(text), "format": body["response_format"]})
        reply = self._replies[data_of(text)["words"]]
        if isinstance(reply, int):
            return web.json_response({"error": {"message": "scripted"}}, status=reply)
        message = {"role": "assistant", "content": None, "refusal": None}
        if reply is None:
            message["refusal"] = "I do not speak about models."
        else:
            message["content"] = reply if isinstance(reply, str) else json.dumps(reply)
        return web.json_response(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": "translator",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
            }
        )
