"""A server that speaks OpenAI's Batch API: files, batches, their results, and what goes wrong.

It carries every line of a file out, answers with a value that conforms to the line's schema, and
keeps in `executed` what it carried out: what would have been paid for.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web
from schema_server import DATA_MARK, conforming

START_S = 20.0
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@dataclass
class Hold:
    """Keeps one call waiting: `reached` is set when it comes, it goes on when `go` is set.

    Attributes:
        after: Whether what was asked for is done before the call waits.
    """

    after: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


@dataclass
class Script:
    """What the server does.

    Attributes:
        plan: What becomes of the batches, in the order of their creation: see `BatchServer.ENDS`;
            those beyond the plan end normally.
        looks: How often a batch is looked at before it has ended.
        page: Most entries of one page of a list.
        max_requests: Lines that a file may have.
        max_bytes: Bytes that a file may have.
        faults: By call, such as ``POST /v1/batches``, the statuses it is answered with first;
            0 does what was asked for and then breaks the connection.
        holds: By call, what keeps its first one waiting.
        key: The API key that requests must carry, if any.
        shuffled: Whether results come in another order than requests.
    """

    plan: Sequence[str] = ()
    looks: int = 1
    page: int = 2
    max_requests: int = 50_000
    max_bytes: int = 200_000_000
    faults: dict[str, list[int]] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    key: str | None = None
    shuffled: bool = True


class BatchServer:
    """The server.

    Attributes:
        executed: One entry a line that was carried out: batch, custom_id, items, shows_image.
        calls: How often each call came.
        files: Uploaded and result files, by id.
        batches: The batches, by id, in order of creation.
        most_open: How many batches were under way at the same time.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.executed: list[dict[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self.files: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.most_open = 0
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 30, middlewares=[self._misbehave])
        app.add_routes(
            [
                web.post("/v1/files", self._upload),
                web.get("/v1/files", self._list_files),
                web.get("/v1/files/{id}/content", self._content),
                web.post("/v1/batches", self._create),
                web.get("/v1/batches", self._list_batches),
                web.get("/v1/batches/{id}", self._retrieve),
                web.post("/v1/batches/{id}/cancel", self._cancel),
            ]
        )
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Any) -> web.StreamResponse:
        resource = request.match_info.route.resource
        call = f"{request.method} {resource.canonical if resource else request.path}"
        if "content" in call:  # output and error files are told apart
            call = f"GET {request.match_info['id'].split('-')[0]}"
        self.calls[call] += 1
        key = self.script.key
        if key and request.headers.get("Authorization") != f"Bearer {key}":
            return _error(401, "invalid_api_key", f"no such key: {request.headers}")
        statuses = self.script.faults.get(call)
        status = statuses.pop(0) if statuses else None
        if status:
            return _error(status, None, f"scripted {status}", {"Retry-After": "0"})
        hold = self.script.holds.pop(call, None)
        if hold is not None and not hold.after:
            await self._wait(hold)
            if request.transport is None or request.transport.is_closing():
                return web.Response(status=499)
        response: web.StreamResponse = await handler(request)
        if hold is not None and hold.after:
            await self._wait(hold)
        if status == 0 and request.transport is not None:
            request.transport.abort()
        return response

    async def _wait(self, hold: Hold) -> None:
        hold.reached.set()
        await asyncio.to_thread(hold.go.wait, START_S)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content, name, purpose = b"", "", ""
        async for part in await request.multipart():
            if part.name == "file":
                content, name = bytes(await part.read()), part.filename
            elif part.name == "purpose":
                purpose = (await part.read()).decode()
        if len(content) > self.script.max_bytes:
            return _error(413, "file_too_large", f"{len(content)} bytes")
        assert purpose == "batch"
        return web.json_response(_shown(self._add_file("file", name, content)))

    def _add_file(self, kind: str, name: str, content: bytes) -> dict[str, Any]:
        number = len(self.files) + 1
        entry = {
            "id": f"{kind}-{number}",
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": name,
            "purpose": "batch" if kind == "file" else "batch_output",
            "status": "processed",
            "content": content,
        }
        self.files[entry["id"]] = entry
        return entry

    async def _list_files(self, request: web.Request) -> web.StreamResponse:
        wanted = [file for file in self.files.values() if file["purpose"] == "batch"]
        return self._page(request, wanted)

    async def _list_batches(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, list(self.batches.values()))

    def _page(self, request: web.Request, entries: Sequence[dict[str, Any]]) -> web.Response:
        newest = list(reversed(entries))
        ids = [entry["id"] for entry in newest]
        after = request.query.get("after")
        start = ids.index(after) + 1 if after else 0
        page = [_shown(entry) for entry in newest[start : start + self.script.page]]
        more = start + self.script.page < len(newest)
        return web.json_response({"object": "list", "data": page, "has_more": more})

    async def _content(self, request: web.Request) -> web.StreamResponse:
        file = self.files.get(request.match_info["id"])
        if file is None:
            return _error(404, None, "no such file")
        return web.Response(body=file["content"], content_type="application/octet-stream")

    async def _create(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        number = len(self.batches)
        ends = self.script.plan[number] if number < len(self.script.plan) else "normal"
        lines = self.files[asked["input_file_id"]]["content"].splitlines()
        batch = {
            "id": f"batch_{number + 1}",
            "object": "batch",
            "created_at": int(time.time()),
            "status": "validating",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            **asked,
            "ends": ends,
            "looks": 0,
        }
        self.batches[batch["id"]] = batch
        under_way = ("validating", "in_progress")
        now_open = sum(other["status"] in under_way for other in self.batches.values())
        self.most_open = max(self.most_open, now_open)
        return web.json_response(_shown(batch))

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return _error(404, None, "no such batch")
        batch["looks"] += 1
        if batch["status"] == "validating":
            batch["status"] = "in_progress"
        if batch["looks"] > self.script.looks and batch["status"] in ("in_progress", "cancelling"):
            self.end(batch)
        return web.json_response(_shown(batch))

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        batch = self.batches[request.match_info["id"]]
        batch["status"] = "cancelling"
        return web.json_response(_shown(batch))

    def end(self, batch: dict[str, Any]) -> None:
        """Bring a batch to its end."""
        lines = [json.loads(line) for line in self._input(batch).splitlines()]
        problem = self._invalid(lines, batch["ends"])
        if problem is not None:
            batch |= {"status": "failed", "errors": {"object": "list", "data": [problem]}}
            return
        if batch["ends"] == "never":
            return
        status, results = self.ENDS[batch["ends"].split()[0]](self, batch, lines)
        if self.script.shuffled:
            random.Random(7).shuffle(results)
        good = [result for result in results if _is_good(result)]
        bad = [result for result in results if not _is_good(result)]
        for kind, part in (("output", good), ("error", bad)):
            if part:
                content = "".join(
                    (r if isinstance(r, str) else json.dumps(r)) + "\n" for r in part
                ).encode()
                file = self._add_file(kind, f"{batch['id']}_{kind}.jsonl", content)
                batch[f"{kind}_file_id"] = file["id"]
        counts = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        batch |= {"status": status, f"{status}_at": int(time.time()), "request_counts": counts}

    def _input(self, batch: Mapping[str, Any]) -> bytes:
        content: bytes = self.files[batch["input_file_id"]]["content"]
        return content

    def _invalid(self, lines: Sequence[Mapping[str, Any]], ends: str) -> dict[str, Any] | None:
        if ends == "full":
            return {"code": "token_limit_exceeded", "line": None, "message": "wait", "param": None}
        ids = {line["custom_id"] for line in lines}
        said = None
        if ends == "invalid":
            said = ("invalid_json_line", 2, "This line is not parseable as valid JSON.")
        elif len(ids) < len(lines):
            said = ("duplicate_custom_id", None, "ids must be unique")
        elif len(lines) > self.script.max_requests:
            said = ("too_many_tasks", None, f"{len(lines)} requests")
        if said is None:
            return None
        return {"code": said[0], "line": said[1], "message": said[2], "param": None}

    def _answered(
        self,
        batch: Mapping[str, Any],
        line: Mapping[str, Any],
        *,
        more: str = "",
        cut: bool = False,
    ) -> dict[str, Any]:
        """Carry a line out."""
        body = line["body"]
        parts = body["messages"][-1]["content"]
        text = "\n".join(part["text"] for part in parts if part["type"] == "text")
        data = json.loads(text.rpartition(DATA_MARK)[2])
        labels = data.get("task_labels")
        numbers = sorted(int(number) for number in labels or {})
        schema = body["response_format"]["json_schema"]["schema"]
        url = "".join(part["image_url"]["url"] for part in parts if part["type"] == "image_url")
        self.executed.append(
            {
                "batch": batch["id"],
                "custom_id": line["custom_id"],
                "items": [data] if labels is None else list(labels.values()),
                "image": url,
                "room": body["max_completion_tokens"],
            }
        )
        said = json.dumps(conforming(schema, numbers, seed=text + url)) + more
        completion = {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": said[:-5] if cut else said},
                    "finish_reason": "length" if cut else "stop",
                }
            ],
            "usage": USAGE,
        }
        return _result(line, {"status_code": 200, "request_id": "req", "body": completion})

    def _normal(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        return "completed", [self._answered(batch, line) for line in lines]

    def _half(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        status = batch["ends"].split()[1]
        half = (len(lines) + 1) // 2
        error = {"code": f"batch_{status}", "message": f"the batch was {status}"}
        results = [self._answered(batch, line) for line in lines[:half]]
        return status, results + [_result(line, None, error) for line in lines[half:]]

    def _nothing(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        return "expired", []

    def _missing(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        return "completed", [self._answered(batch, line) for line in lines[1:]]

    def _repeated(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        results = [self._answered(batch, line) for line in lines]
        return "completed", results + results

    def _answered_twice(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        twice = [self._answered(batch, lines[0], more=" again")]
        return "completed", [self._answered(batch, line) for line in lines] + twice

    def _strangers(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        stranger = _result({"custom_id": "nobody's \x00"}, {"status_code": 200, "body": {}})
        _, results = self._normal(batch, lines)
        return "completed", [*results, stranger, '{"custom_id": "cut o', "[]"]

    def _cut(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        results = [self._answered(batch, lines[0], cut=True)]
        return "completed", results + [self._answered(batch, line) for line in lines[1:]]

    def _statuses(self, batch: Any, lines: Any) -> tuple[str, list[Any]]:
        """Answer the first lines with the errors that the plan names: ``statuses 429 400``."""
        statuses = batch["ends"].split()[1:]
        results = []
        for line, status in zip(lines, statuses, strict=False):
            code = "content_filter" if status == "filter" else None
            number = 400 if code else int(status)
            error = {"error": {"code": code, "message": f"scripted {status}"}}
            results.append(_result(line, {"status_code": number, "body": error}))
        results += [self._answered(batch, line) for line in lines[len(statuses) :]]
        return "completed", results

    ENDS: ClassVar[Mapping[str, Callable[..., tuple[str, list[Any]]]]] = {
        "normal": _normal,
        "half": _half,
        "nothing": _nothing,
        "missing": _missing,
        "repeated": _repeated,
        "twice": _answered_twice,
        "strangers": _strangers,
        "cut": _cut,
        "statuses": _statuses,
    }
    """By a plan's first word, what a batch ends with; also ``invalid``, ``full``, ``never``."""


def _result(
    line: Mapping[str, Any], response: Any, error: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "id": "batch_req",
        "custom_id": line["custom_id"],
        "response": response,
        "error": error,
    }


def _is_good(result: Any) -> bool:
    if isinstance(result, str):
        return True
    return result["response"] is not None and result["response"]["status_code"] == 200


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in entry.items() if name not in ("content", "ends", "looks")
    }


def _error(
    status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    said = {"message": message, "type": "error", "param": None, "code": code}
    return web.json_response({"error": said}, status=status, headers=headers)


@contextmanager
def running(script: Script) -> Iterator[BatchServer]:
    """Run a server in a thread of this process; its `url` is for `base_url`."""
    server = BatchServer(script)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    asyncio.run_coroutine_threadsafe(start(), loop).result(START_S)
    try:
        yield server
    finally:
        for hold in script.holds.values():
            hold.go.set()
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(START_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_S)
        loop.close()
