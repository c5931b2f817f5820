"""A schema server that bills: it counts what it received by a count of its own.

Text with OpenAI's tiktoken as OpenAI's cookbook counts messages, the picture by decoding the
bytes that arrived and laying tiles over it as OpenAI's guide says, the schema as JSON.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

import tiktoken
from aiohttp import web
from PIL import Image
from schema_server import (
    IMAGE_ID_HEADER,
    Behaviour,
    SchemaServer,
    _labels,
    _schema,
    _schema_name,
    _text,
    conforming,
)

PRICE = {"input": 2.5, "output": 10.0}


class CountingServer(SchemaServer):
    """Answers like a schema server, with the usage of gpt-4o."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        super().__init__(Behaviour())
        self._encoding = encoding

    def _tokens(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = _text(body)
        image = str(request.headers.get(IMAGE_ID_HEADER))
        answer = conforming(
            _schema(body), _labels(text), seed=f"{text}{image}{body['temperature']}"
        )
        said = json.dumps(answer)
        usage = {"prompt_tokens": self._prompt(body), "completion_tokens": self._tokens(said)}
        asked = {"temperature": body["temperature"], "image_id": image}
        self.log.append(
            {**asked, "model": body["model"], "stage": _schema_name(body), "text": text, **usage}
        )
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"id": "x", "choices": [choice], "usage": usage})

    def _prompt(self, body: Mapping[str, Any]) -> int:
        tokens = 3  # the reply begins with these
        for message in body["messages"]:
            tokens += 3 + self._tokens(message["role"])
            for part in message["content"]:
                if part["type"] == "text":
                    tokens += self._tokens(part["text"])
                else:
                    tokens += tiles(part["image_url"]["url"])
        schema = body["response_format"]["json_schema"]
        return tokens + self._tokens(json.dumps(schema, separators=(",", ":")))


def tiles(url: str) -> int:
    """What gpt-4o bills for a picture at high detail."""
    content = base64.b64decode(url.partition("base64,")[2])
    with Image.open(io.BytesIO(content)) as picture:
        width, height = picture.size
    for limit, side in ((2048, max(width, height)), (768, min(width, height))):
        if side > limit:
            width, height = width * limit / side, height * limit / side
            side = limit
    across, down = (1 + (round(side) - 1) // 512 for side in (width, height))
    return 85 + 170 * across * down
