"""An endpoint where everything goes wrong that can, by a script, and that counts what it answered.

Which fault befalls a request is drawn from what it asks, and from how often that was asked: the
same in every run. What is counted is counted here, not by whoever asks: for every image and item,
how often a whole reply with it was sent, and when.

As a program: ``python fault_server.py '{"share": 0.3}'`` (fields of `Script`); the first line of
output is where it listens. ``GET /counts`` says what was counted, as `Counts.told`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web
from schema_server import IMAGE_ID_HEADER, _data, _text

Send = Callable[["Asked", web.Request], Awaitable[web.StreamResponse]]
HUNG_S = 60.0


@dataclass(frozen=True)
class Script:
    """What happens.

    Attributes:
        share: Which part of the requests meets a fault when they first come.
        faults: The faults that are drawn from; all when empty.
        latency_s: How long each reply takes.
        minute: Requests that are let through in a minute; 0 for any number.
        burst: After every so many requests, nothing but 500, 502 and 503 for `burst_s`.
        burst_s: See `burst`.
    """

    share: float = 0.0
    faults: tuple[str, ...] = ()
    latency_s: float = 0.001
    minute: int = 0
    burst: int = 0
    burst_s: float = 0.0


@dataclass
class Counts:
    """What was counted.

    Attributes:
        requests: Requests that came.
        at_once: The most that were there at one time.
        sent: By image and item, when a whole reply about it was sent, in seconds.
        final: Those whose sent reply was a refusal or came from a filter.
        cut: Those whose sent reply was cut.
        faults: How often each fault was met.
        arrived: When each request came that was let through.
        begun: By image and item, when a request about it came.
    """

    requests: int = 0
    now: int = 0
    at_once: int = 0
    sent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    final: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    arrived: list[float] = field(default_factory=list)
    begun: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def told(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "at_once": self.at_once,
            "sent": self.sent,
            "final": sorted(self.final),
            "cut": sorted(self.cut),
            "faults": self.faults,
            "arrived": self.arrived,
            "begun": self.begun,
        }


@dataclass
class Asked:
    """One request.

    Attributes:
        image: The image's id.
        labels: What is asked about, by number.
        room: How many tokens the reply may have.
        times: How often just this was asked, this time included.
    """

    image: str
    labels: Mapping[str, str]
    room: int
    times: int

    @property
    def names(self) -> list[str]:
        return [f"{self.image} {label}" for label in self.labels.values()]

    def verdicts(self) -> dict[str, list[int]]:
        """Return the reply that this request always gets: drawn from image and label alone."""
        kept: dict[str, list[int]] = {"suitable": [], "unsuitable": []}
        for number, label in self.labels.items():
            side = "suitable" if _dice(self.image, label) < 0.5 else "unsuitable"
            kept[side].append(int(number))
        return kept


def _dice(*said: object) -> float:
    drawn = hashlib.sha256("\x1f".join(map(str, said)).encode()).digest()[:8]
    return int.from_bytes(drawn, "big") / 2**64


class FaultServer:
    """The endpoint."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.counts = Counts()
        self._asked: Counter[tuple[str, ...]] = Counter()
        self._burst_ends = 0.0
        self._faults = script.faults or tuple(sorted(FAULTS))

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._complete),
                web.get("/counts", self._told),
            ]
        )
        return app

    async def _told(self, _: web.Request) -> web.Response:
        return web.json_response(self.counts.told())

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        counts = self.counts
        counts.requests += 1
        counts.now += 1
        counts.at_once = max(counts.at_once, counts.now)
        try:
            return await self._answered(request)
        finally:
            counts.now -= 1

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        image = request.headers.get(IMAGE_ID_HEADER, "")
        labels = _data(_text(body)).get("task_labels", {})
        key = (image, *labels.values())
        self._asked[key] += 1
        asked = Asked(image, labels, body["max_completion_tokens"], self._asked[key])
        for name in asked.names:
            self.counts.begun[name].append(time.time())
        refused = self._has_no_room()
        if refused is not None:
            return refused
        await asyncio.sleep(self.script.latency_s)
        fault = self._fault_of(asked)
        if fault is not None:
            self.counts.faults[fault] += 1
            return await FAULTS[fault](self, asked, request)
        return await self.send(asked, request, completion(json.dumps(asked.verdicts())))

    def _has_no_room(self) -> web.Response | None:
        script, counts = self.script, self.counts
        now = time.time()
        if script.minute:
            if sum(now - at < 60 for at in counts.arrived) >= script.minute:
                counts.faults["over the limit"] += 1
                return error(429, {"Retry-After": "1"})
            counts.arrived.append(now)
        if script.burst and counts.requests % script.burst == 0:
            self._burst_ends = now + script.burst_s
        if now < self._burst_ends:
            counts.faults["burst"] += 1
            return error((500, 502, 503)[counts.requests % 3])
        return None

    def _fault_of(self, asked: Asked) -> str | None:
        """Return what goes wrong with a request: once or twice, then it is answered."""
        lot = _dice("fault", *asked.names)
        if lot >= self.script.share:
            return None
        kind = self._faults[int(_dice("kind", *asked.names) * len(self._faults))]
        if kind in SLOW and self.script.share < 1 and _dice("slow", *asked.names) > 0.1:
            return None
        return kind if asked.times <= LASTING.get(kind, 1) else None

    async def send(
        self, asked: Asked, request: web.Request, body: Mapping[str, Any], final: bool = False
    ) -> web.StreamResponse:
        """Send a reply, and count it as arrived if whoever asked is still there."""
        response = web.json_response(body)
        await response.prepare(request)
        await response.write_eof()
        if request.transport is not None and not request.transport.is_closing():
            for name in asked.names:
                self.counts.sent[name].append(time.time())
                if final:
                    self.counts.final.add(name)
        return response


def completion(content: str | None, **said: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": said.get("refusal")}
    finish = said.get("finish", "stop")
    return {
        "object": "chat.completion",
        "model": said.get("model", "schema-2026"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def error(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    said = {"message": f"scripted {status}", "type": "error", "param": None, "code": None}
    return web.json_response({"error": said}, status=status, headers=headers)


def _refuses(status: int, headers: Mapping[str, str] | None = None) -> Any:
    async def answer(*_: Any) -> web.StreamResponse:
        return error(status, headers)

    return answer


async def _wait_by_skewed_clock(*_: Any) -> web.StreamResponse:
    """A clock that is an hour fast asks for no wait: read by ours it would be an hour."""
    clock = datetime.now(UTC) + timedelta(hours=1)
    until = format_datetime(clock, usegmt=True)
    return error(429, {"Date": until, "Retry-After": until})


def _says(change: Callable[[Asked], dict[str, Any]], final: bool = False) -> Any:
    async def answer(server: FaultServer, asked: Asked, request: web.Request) -> web.StreamResponse:
        return await server.send(asked, request, change(asked), final)

    return answer


def _content(change: Callable[[dict[str, list[int]]], str]) -> Any:
    return _says(lambda asked: completion(change(asked.verdicts())))


async def _reset(server: FaultServer, asked: Asked, request: web.Request) -> web.StreamResponse:
    """Half of a reply, then nothing more: the connection is gone."""
    body = json.dumps(completion(json.dumps(asked.verdicts()))).encode()
    response = web.StreamResponse(headers={"Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.abort()
    return response


async def _drip(_: FaultServer, asked: Asked, request: web.Request) -> web.StreamResponse:
    """A byte now and then: the connection lives, the reply never ends."""
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    ends = time.monotonic() + HUNG_S
    while time.monotonic() < ends and not (
        request.transport is None or request.transport.is_closing()
    ):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


async def _hang(_: FaultServer, asked: Asked, request: web.Request) -> web.StreamResponse:
    ends = time.monotonic() + HUNG_S
    while time.monotonic() < ends and not (
        request.transport is None or request.transport.is_closing()
    ):
        await asyncio.sleep(0.1)
    return error(504)


async def _cut(server: FaultServer, asked: Asked, request: web.Request) -> web.StreamResponse:
    """A reply that needs more room than it has; the first label is always in it."""
    verdicts = asked.verdicts()
    side = "suitable" if 1 in verdicts["suitable"] else "unsuitable"
    server.counts.cut.update(asked.names)
    text = f'{{"{side}": [1, 2'
    return await server.send(asked, request, completion(text, finish="length"))


async def _no_http(_: FaultServer, asked: Asked, request: web.Request) -> web.StreamResponse:
    """Bytes that are no HTTP."""
    assert request.transport is not None
    request.transport.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    request.transport.close()
    return web.StreamResponse()


FAULTS: dict[str, Send] = {
    "429": _refuses(429),
    "429 with Retry-After": _refuses(429, {"Retry-After": "0.01"}),
    "429 until a date, clock skewed": _wait_by_skewed_clock,
    "500": _refuses(500),
    "502": _refuses(502),
    "503": _refuses(503),
    "400": _refuses(400),
    "reset": _reset,
    "drip": _drip,
    "hang": _hang,
    "no HTTP": _no_http,
    "truncated JSON": _content(lambda verdicts: json.dumps(verdicts)[:-9]),
    "invalid JSON": _content(lambda verdicts: json.dumps(verdicts).replace(":", "=")),
    "no JSON": _says(lambda _: {"detail": "not what you think"}),
    "too few items": _content(lambda verdicts: json.dumps(_only(verdicts, 1))),
    "too many items": _content(
        lambda verdicts: json.dumps({**verdicts, "suitable": [*verdicts["suitable"], 77, 78]})
    ),
    "item in both lists": _content(
        lambda verdicts: json.dumps({side: [1, 1, *verdicts[side]] for side in verdicts})
    ),
    "doubled items": _content(
        lambda verdicts: json.dumps({side: 2 * items for side, items in verdicts.items()})
    ),
    "prose": _content(
        lambda verdicts: f"Sure! [1]\n```json\n{json.dumps(verdicts)}\n```\nAnything else?"
    ),
    "empty": _content(lambda _: ""),
    "null": _says(lambda _: completion(None)),
    "refusal": _says(lambda _: completion(None, refusal="I will not."), final=True),
    "content filter": _says(lambda _: completion("", finish="content_filter"), final=True),
    "length": _cut,
    "wrong model": _says(
        lambda asked: completion(json.dumps(asked.verdicts()), model="another-3-mini")
    ),
}
LASTING = {"429": 2, "500": 2, "400": 1, "refusal": 99, "content filter": 99}
"""How often a fault befalls the same request; once where it is not here."""
SLOW = frozenset({"drip", "hang"})
"""What costs whoever asks its whole patience is drawn a tenth as often."""


def _only(verdicts: Mapping[str, list[int]], number: int) -> dict[str, list[int]]:
    return {side: [item for item in items if item == number] for side, items in verdicts.items()}


async def _main(script: Script) -> None:
    runner = web.AppRunner(FaultServer(script).app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    given["faults"] = tuple(given.get("faults", ()))
    asyncio.run(_main(Script(**given)))
