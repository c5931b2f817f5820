"""An OpenAI-compatible server that answers any JSON schema with a conforming value.

For photos, which no scene graph describes: what it says is made up, but always the same for the
same request. It misbehaves on request: late, shuffled, and with faults at given request numbers.

As a program: ``python schema_server.py '{"delay_s": 0.1}'`` (fields of `Behaviour`); the first
line of output is where it listens.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web

IMAGE_ID_HEADER = "x-image-id"
DATA_MARK = "\nDATA\n"
WORDS = ("red", "blue", "left", "right", "cup", "tree", "sign", "count", "shape", "street")


@dataclass(frozen=True)
class Behaviour:
    """How the server behaves.

    Attributes:
        delay_s: Each reply waits up to so long, by a dice of its own: replies arrive shuffled.
        latency_s: Each reply waits at least so long.
        seed: Of the delays.
        faults: By request number, from 1, the name of what goes wrong: see `SchemaServer.FAULTS`.
        always: What goes wrong with every other request.
        key: The API key that requests must carry, if any.
    """

    delay_s: float = 0.0
    latency_s: float = 0.0
    seed: int = 0
    faults: Mapping[int, str] = field(default_factory=dict)
    always: str | None = None
    key: str | None = None


class SchemaServer:
    """The server; its `log` holds one entry a request, in order of arrival."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.log: list[dict[str, Any]] = []
        self._dice = random.Random(behaviour.seed)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [web.post("/v1/chat/completions", self._complete), web.get("/log", self._show_log)]
        )
        return app

    async def _show_log(self, _: web.Request) -> web.Response:
        return web.json_response(self.log)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = _text(body)
        entry: dict[str, Any] = {
            "number": len(self.log) + 1,
            "image_id": request.headers.get(IMAGE_ID_HEADER),
            "schema": _schema_name(body),
            "items": _items(text),
            "text": text,
            "shows_image": "image_url" in json.dumps(body),
        }
        self.log.append(entry)
        named = self.behaviour.faults.get(entry["number"]) or self.behaviour.always
        delay = self.behaviour.latency_s + self._dice.random() * self.behaviour.delay_s
        entry["fault"] = named
        await asyncio.sleep(delay)
        if self.behaviour.key and request.headers.get("Authorization") != (
            f"Bearer {self.behaviour.key}"
        ):
            return _error(401, "invalid_api_key", f"Incorrect key {request.headers}")
        answer = conforming(_schema(body), _labels(text), seed=text + str(entry["image_id"]))
        entry["answer"] = answer
        if named is None:
            return _completion(json.dumps(answer))
        return self._fault(named, request, answer)

    def _fault(self, named: str, request: web.Request, answer: Any) -> web.StreamResponse:
        if named.startswith("status "):
            return _error(int(named.split()[1]), None, f"scripted {named}")
        if named == "reset":
            transport = request.transport
            assert transport is not None
            transport.abort()
            return web.Response()
        return self.FAULTS[named](answer)

    FAULTS: ClassVar[dict[str, Callable[[Any], web.StreamResponse]]] = {
        "429 now": lambda _: _error(429, "rate_limit_exceeded", "slow down", {"Retry-After": "0"}),
        "429 in 1 s": lambda _: _error(429, "rate_limit_exceeded", "wait", {"Retry-After": "1"}),
        "no credit": lambda _: _error(429, "insufficient_quota", "pay first"),
        "content filter": lambda _: _error(400, "content_filter", "the prompt was filtered"),
        "echo": lambda _: _error(
            422, None, "input: data:image/png;base64,aGVsbG8gd29ybGQ= with key sk-secret-key"
        ),
        "no json": lambda _: web.Response(text="<html>a proxy's login page</html>"),
        "null message": lambda _: web.json_response({"choices": [{"message": None}]}),
        "no choices": lambda _: web.json_response({"error": {"message": "upstream died"}}),
        "in parts": lambda answer: _completion([{"type": "text", "text": json.dumps(answer)}]),
        "prose": lambda answer: _completion(
            f"Sure! Looking at [1] and the picture:\n```json\n{json.dumps(answer)}\n```\nDone."
        ),
        "thinks": lambda answer: _completion(
            f'<think>maybe {{"vote": 0}} or {{}}?</think>\n{json.dumps(answer)}'
        ),
        "nonsense": lambda _: _completion("I see a picture."),
        "empty": lambda _: _completion(""),
        "null content": lambda _: _completion(None),
        "refusal": lambda _: _completion(None, refusal="I will not describe people."),
        "length": lambda answer: _completion(json.dumps(answer)[:-5], finish="length"),
        "filtered": lambda _: _completion("", finish="content_filter"),
        "missing items": lambda answer: _completion(json.dumps(_without_last(answer))),
        "duplicate items": lambda answer: _completion(json.dumps(_doubled(answer))),
        "nul": lambda _: _completion("\x00 nothing \ud800"),
    }
    """What can go wrong, by name; also ``status N`` and ``reset``."""


def _without_last(answer: Any) -> Any:
    return {
        name: value[:-1] if isinstance(value, list) else value for name, value in answer.items()
    }


def _doubled(answer: Any) -> Any:
    return {
        name: value + value[::-1] if isinstance(value, list) else value
        for name, value in answer.items()
    }


def _text(body: Mapping[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def _data(text: str) -> dict[str, Any]:
    _, mark, data = text.rpartition(DATA_MARK)
    parsed = json.loads(data) if mark else {}
    return parsed if isinstance(parsed, dict) else {}


def _labels(text: str) -> list[int]:
    """Return the numbers of the labels that an answer is wanted about, if any are numbered."""
    return sorted(int(number) for number in _data(text).get("task_labels", {}))


def _items(text: str) -> list[Any]:
    data = _data(text)
    labels = data.get("task_labels")
    return [data] if labels is None else [labels[key] for key in sorted(labels, key=int)]


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = body.get("response_format", {}).get("json_schema", {})
    schema: Mapping[str, Any] = wanted.get("schema", {"type": "object"})
    return schema


def _schema_name(body: Mapping[str, Any]) -> str | None:
    name: str | None = body.get("response_format", {}).get("json_schema", {}).get("name")
    return name


def conforming(schema: Mapping[str, Any], labels: list[int], seed: str) -> Any:
    """Return a value that conforms to the schema, drawn from the seed.

    Label numbers go where numbers are wanted: an object whose properties are all lists of
    integers deals them out among the lists, a list of objects with a "label" has one each.
    """
    dice = random.Random(hashlib.sha256(seed.encode()).digest())
    return _Drawer(dice, labels).draw(schema)


class _Drawer:
    def __init__(self, dice: random.Random, labels: list[int]) -> None:
        self._dice = dice
        self._labels = labels

    def draw(self, schema: Mapping[str, Any]) -> Any:
        if "enum" in schema:
            return self._dice.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type", "object")
        if isinstance(kind, list):
            kind = kind[0]
        draw: dict[str, Any] = {
            "object": self._object,
            "array": self._array,
            "string": lambda _: " ".join(self._dice.choices(WORDS, k=4)),
            "integer": lambda given: self._dice.randint(
                given.get("minimum", 0), given.get("maximum", 9)
            ),
            "number": lambda _: round(self._dice.random(), 3),
            "boolean": lambda _: self._dice.random() < 0.5,
            "null": lambda _: None,
        }
        return draw[kind](schema)

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        properties = schema.get("properties", {})
        if self._labels and properties and all(map(_is_list_of_integers, properties.values())):
            dealt: dict[str, list[int]] = {name: [] for name in properties}
            for label in self._labels:
                dealt[self._dice.choice(sorted(properties))].append(label)
            return dealt
        return {name: self.draw(part) for name, part in properties.items()}

    def _array(self, schema: Mapping[str, Any]) -> list[Any]:
        part = schema.get("items", {"type": "string"})
        if self._labels and "label" in part.get("properties", {}):
            return [{**self.draw(part), "label": label} for label in self._labels]
        return [self.draw(part) for _ in range(schema.get("minItems", 3))]


def _is_list_of_integers(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "array" and schema.get("items", {}).get("type") == "integer"


def _completion(
    content: Any, finish: str = "stop", refusal: str | None = None
) -> web.StreamResponse:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return web.json_response(
        {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "created": 0,
            "model": "schema",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
    )


def _error(
    status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    said = {"message": message, "type": "error", "param": None, "code": code}
    return web.json_response({"error": said}, status=status, headers=headers)


async def _main(behaviour: Behaviour) -> None:
    runner = web.AppRunner(SchemaServer(behaviour).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    given["faults"] = {int(number): name for number, name in given.get("faults", {}).items()}
    asyncio.run(_main(Behaviour(**given)))
