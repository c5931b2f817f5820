"""`tg serve`: an OpenAI-compatible endpoint that answers the project's prompts from scene graphs.

It is the embedded model behind a network connection: for trying out settings, batch sizes and
failures without a key, and for tests that want real HTTP. It keeps a log of what it was asked.
"""

from __future__ import annotations

import asyncio
import binascii
import itertools
import json
import random
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pybase64
from aiohttp import web

from resources.chat.messages import Json
from resources.chat.openai_wire import IMAGE_ID_HEADER
from resources.chat.scene_answers import NoScene, SceneAnswers, SceneOf
from resources.chat.stages import DATA_MARK, data_of
from tg_assets.ids import image_id
from tg_assets.settings import EmbeddedModel, Settings

LARGEST_REQUEST = 64 * 1024 * 1024
LOG_KEPT = 100_000
"""Requests that the log keeps; older ones are forgotten."""
CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks.

    Attributes:
        model: Name of the model.
        prompt: Which prompt it is: growth, filter, questions or vote.
        data: The prompt's data.
        image_id: The picture that was shown, if any.
        n_chars: Length of the text.
    """

    model: str
    prompt: str
    data: Mapping[str, Json]
    image_id: str | None
    n_chars: int

    @property
    def items(self) -> list[Json]:
        """What an answer is wanted about, one entry each."""
        if self.prompt in ("filter", "questions"):
            return [label for _, label in sorted(self.data["task_labels"].items(), key=_number)]
        return [dict(self.data)]


def _number(entry: tuple[str, Json]) -> int:
    return int(entry[0])


class BadRequest(ValueError):  # noqa: N818 - it is the client's
    """A request that cannot be answered; the message says what is wrong with it."""

    def __init__(self, message: str, status: int = 400, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class SceneServer:
    """The endpoint.

    Args:
        settings: Its embedded models give the names and error rates; any other name gets the
            default rate.
        scene_of: Gives the scene of an image id, null when there is none.
        delay_s: Replies wait up to this long, each a time of its own, so that they arrive shuffled.
        seed: Of the delays.
    """

    def __init__(
        self, settings: Settings, scene_of: SceneOf, delay_s: float = 0.0, seed: int = 0
    ) -> None:
        self._rates = {
            name: model.error_rate
            for name, model in settings.models.items()
            if isinstance(model, EmbeddedModel)
        }
        self._scene_of = scene_of
        self._delay_s = delay_s
        self._dice = random.Random(seed)
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_KEPT)
        self._numbers = itertools.count(1)

    def app(self) -> web.Application:
        """Return the web application."""
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._complete),
                web.get("/v1/models", self._models),
                web.get("/log", self._show_log),
                web.get("/health", self._health),
            ]
        )
        return app

    @property
    def log(self) -> list[dict[str, Any]]:
        """What was asked, in order of arrival."""
        return list(self._log)

    async def _complete(self, request: web.Request) -> web.Response:
        entry: dict[str, Any] = {"number": next(self._numbers)}
        self._log.append(entry)
        delay = self._dice.random() * self._delay_s
        try:
            asked = understood(await _body(request), request.headers.get(IMAGE_ID_HEADER))
            entry |= {
                "model": asked.model,
                "stage": asked.prompt,
                "image_id": asked.image_id,
                "items": asked.items,
            }
            await asyncio.sleep(delay)
            text = self._answer(asked)
        except BadRequest as error:
            entry |= {"status": error.status, "error": str(error)}
            return _refused(error)
        entry |= {"status": 200, "answer": text}
        return web.json_response(_completion(entry["number"], asked, text))

    def _answer(self, asked: Asked) -> str:
        rate = self._rates.get(asked.model, EmbeddedModel(provider="embedded").error_rate)
        answers = SceneAnswers(asked.model, rate, self._scene_of)
        try:
            return answers.reply(asked.prompt, asked.data, asked.image_id)
        except NoScene as error:
            # 404 would tell a client that the model does not exist, and to stop asking
            raise BadRequest(str(error), 422, "no_scene") from error
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise BadRequest(f"the prompt's data cannot be used: {error!r}") from error

    async def _models(self, _: web.Request) -> web.Response:
        names = sorted(self._rates)
        models = [{"id": name, "object": "model", "owned_by": "taskgalaxy"} for name in names]
        return web.json_response({"object": "list", "data": models})

    async def _show_log(self, request: web.Request) -> web.Response:
        try:
            after = int(request.query.get("after", "0"))
        except ValueError:
            return _refused(BadRequest("after: the number of a request is wanted"))
        return web.json_response([entry for entry in self._log if entry["number"] > after])

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "requests": len(self._log)})


def understood(body: Mapping[str, Json], named_image: str | None) -> Asked:
    """Return what a request's body asks.

    Args:
        body: The parsed body of a chat completion request.
        named_image: The image id of the header, if there is one.

    Raises:
        BadRequest: It is none of the project's prompts.
    """
    text, url = _content(body)
    try:
        data = data_of(text)
    except ValueError as error:
        raise BadRequest(f"this server answers the project's own prompts only: {error}") from error
    asked = Asked(
        model=str(body.get("model")),
        prompt=_prompt(body, text),
        data=data,
        image_id=named_image or (None if url is None else _hashed(url)),
        n_chars=len(text),
    )
    try:
        _ = asked.items
    except (KeyError, ValueError, AttributeError) as error:
        raise BadRequest(f"the data of the prompt {asked.prompt!r} is not its own") from error
    return asked


async def _body(request: web.Request) -> Mapping[str, Json]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the request is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequest("the request is no JSON object")
    if body.get("stream"):
        raise BadRequest("this server does not stream")
    return body


def _content(body: Mapping[str, Json]) -> tuple[str, str | None]:
    """Return the text of the last message and the URL of its picture, if it shows one."""
    try:
        content = body["messages"][-1]["content"]
        if isinstance(content, str):
            return content, None
        texts = [part["text"] for part in content if part["type"] == "text"]
        urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        return "\n".join(texts), urls[0] if urls else None
    except (KeyError, IndexError, TypeError) as error:
        raise BadRequest(f"messages: no chat message is there to be read ({error!r})") from error


PROMPT_NAMES = ("growth", "filter", "questions", "vote", "cot")


def _prompt(body: Mapping[str, Json], text: str) -> str:
    """Return which prompt it is: by its schema's name, else by its wording."""
    wanted = body.get("response_format")
    schema = wanted.get("json_schema") if isinstance(wanted, dict) else None
    name = schema.get("name") if isinstance(schema, dict) else None
    name = name or _by_wording().get(text.rpartition(DATA_MARK)[0])
    if name not in PROMPT_NAMES:
        raise BadRequest(f"there is no prompt called {name!r}: {', '.join(PROMPT_NAMES)}")
    return str(name)


def _by_wording() -> dict[str, str]:
    from tg_assets.cot_answers.prompts import PROMPT as COT
    from tg_assets.filtered_pairs.prompts import PROMPT as FILTER
    from tg_assets.raw_qa.prompts import PROMPT as QUESTIONS
    from tg_assets.referee_scores.prompts import QUESTION_ONLY, WITH_ANSWER
    from tg_assets.task_tree.prompts import PROMPTS

    known = {FILTER: "filter", QUESTIONS: "questions", QUESTION_ONLY: "vote", WITH_ANSWER: "vote"}
    known[COT] = "cot"
    known |= dict.fromkeys(PROMPTS.values(), "growth")
    return known | {wording.rstrip(): name for wording, name in known.items()}


def _hashed(url: Json) -> str:
    """Return the id of the picture in a data URL: that of its bytes as they were sent."""
    kind, comma, encoded = str(url).partition(";base64,")
    if not comma or not kind.startswith("data:"):
        raise BadRequest("image_url: this server takes data URLs with base64 only")
    try:
        return image_id(pybase64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise BadRequest(f"image_url: the base64 is damaged: {error}") from error


def _completion(number: int, asked: Asked, text: str) -> dict[str, Any]:
    prompt, completion = asked.n_chars // CHARS_PER_TOKEN, max(1, len(text) // CHARS_PER_TOKEN)
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }


def _refused(error: BadRequest) -> web.Response:
    said = {"message": str(error), "type": "invalid_request_error", "param": None}
    return web.json_response({"error": {**said, "code": error.code}}, status=error.status)


def serve(server: SceneServer, host: str, port: int) -> None:
    """Serve until interrupted; the first line of standard output says where.

    Raises:
        OSError: The address cannot be used.
    """
    asyncio.run(_serve(server, host, port))


async def _serve(server: SceneServer, host: str, port: int) -> None:
    runner = web.AppRunner(server.app(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        chosen = runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        print(f"listening on http://{shown}:{chosen}", flush=True)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
