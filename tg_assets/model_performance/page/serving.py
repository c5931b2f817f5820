"""The page and what it asks for: queries answered here, instances and pictures of the tables.

It is for the person at this machine: it answers at a loopback address alone, to requests that name
one, and a page of another site can ask it for nothing. Nothing is bought unless a request says so.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable
from tg_assets.model_performance.evidence import Evidence
from tg_assets.model_performance.page import instances
from tg_assets.model_performance.page.pictures import Pictures
from tg_assets.model_performance.queries.drawing import within
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.query import Query, make_query
from tg_assets.model_performance.queries.showing import as_json, said
from tg_assets.task_space.errors import TaskSpaceError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HERE = Path(__file__).parent
FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/parts.js": ("parts.js", "text/javascript"),
    "/answer.js": ("answer.js", "text/javascript"),
    "/instances.js": ("instances.js", "text/javascript"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
MOST_FOUND = 1000
"""Units of an answer that are sent; the page says how many more there are."""
MOST_VALUES = 2000
"""Values of a column that are offered."""
WHAT_A_PERSON_CAN_PUT_RIGHT = (QueryError, TaskSpaceError)


class PerformancePage:
    """The application.

    Args:
        evidence: What is known of models.
        pictures: What instances show.
        source: What the evidence is, in words.
    """

    def __init__(self, evidence: Evidence, pictures: Pictures, source: str) -> None:
        self._evidence, self._pictures, self._source = evidence, pictures, source
        self._one_at_a_time = asyncio.Lock()

    def app(self) -> web.Application:
        """Return it with its routes."""
        app = web.Application(middlewares=[_guarded])
        app.add_routes(
            [
                *(web.get(path, _file) for path in FILES),
                web.get("/known", self._known),
                web.post("/answer", self._answer),
                web.post("/instances", self._instances),
                web.get("/picture/{image}", self._picture),
            ]
        )
        return app

    async def _known(self, _: web.Request) -> web.Response:
        evidence = self._evidence
        columns = {
            name: list(values.items())[:MOST_VALUES]
            for name, values in evidence.values.items()
            if values
        }
        named = {one for name in ("target", "reference") for one, _ in columns.get(name, ())}
        return web.json_response(
            {
                "source": self._source,
                "models": evidence.models,
                "columns": columns,
                "names": {one: evidence.names[one] for one in named if one in evidence.names},
                "plans": evidence.plans.height,
                "known": 0 if evidence.known is None else evidence.known.height,
                "buys": evidence.evaluator is not None,
                "instances": evidence.answers is not None,
            }
        )

    async def _answer(self, request: web.Request) -> web.Response:
        body = await _json(request)
        buys = body.get("buy") is True and self._evidence.evaluator is not None
        more = _whole(body, "more", 0, 20_000)
        query = _query(body, None if buys else 0)
        async with self._one_at_a_time:
            found = await asyncio.to_thread(self._evidence.answer, query, more)
        sent = as_json(found)
        return web.json_response(
            {
                **sent,
                "found": sent["found"][:MOST_FOUND],
                "found_in_all": found.found.height,
                "failed": sent["failed"][:10],
                "failed_in_all": found.failed.height,
                "said": said(query),
                "command": self._evidence.command(query, more),
                "of_known_alone": self._evidence.known is not None and not (more or query.by),
            }
        )

    async def _instances(self, request: web.Request) -> web.Response:
        body = await _json(request)
        query = _query(body, 0)
        at = _whole(body, "at", 0, 1 << 40)
        verdict = body.get("verdict", "all")
        if verdict not in instances.VERDICTS:
            raise QueryError(f"verdict: one of {', '.join(instances.VERDICTS)}, not {verdict!r}")
        values = body.get("values")
        if not isinstance(values, dict):
            raise QueryError("values: an object of columns and their values")
        sent = await asyncio.to_thread(self._behind, query, values, verdict, at)
        return web.json_response(sent)

    def _behind(
        self, query: Query, values: Mapping[str, Any], verdict: str, at: int
    ) -> dict[str, Any]:
        evidence = self._evidence
        meant = within(evidence.plans, query.plans.where, evidence.ancestors)
        plans = instances.behind(meant, values)
        if evidence.answers is None:
            rows = instances.scores(evidence.known, plans, query.models, at)
            return {"in_all": plans.height, "page": instances.PAGE, "plans": rows}
        chosen = instances.judged(evidence.answers, plans, query.model, verdict)
        shown = instances.told(
            evidence.answers, chosen.slice(at, instances.PAGE), _own_first(query, evidence.models)
        )
        confused = instances.confusions(evidence.answers, chosen, query.model)
        for one in shown:
            one["pictures"] = self._pictures.ids(one.pop("image"))
        return {
            "in_all": chosen.height,
            "page": instances.PAGE,
            "instances": shown,
            "confused": confused,
        }

    async def _picture(self, request: web.Request) -> web.Response:
        image = request.match_info["image"]
        if image not in self._pictures.shown:
            return _wrong(404, f"no instance shows a picture {image!r}")
        try:
            content, kind = await asyncio.to_thread(self._pictures.read, image)
        except (ImageUnreadable, ImageChanged, OSError) as error:
            return _wrong(404, str(error))
        return web.Response(body=content, content_type=kind)


def _own_first(query: Query, models: tuple[str, ...]) -> list[str]:
    return [*query.models, *(model for model in models if model not in query.models)]


def _query(body: Mapping[str, Any], budget: int | None) -> Query:
    """Return the query of a request, with this budget where one is given."""
    fields = body.get("query")
    if not isinstance(fields, dict) or not isinstance(fields.get("kind"), str):
        raise QueryError("query: an object with a kind")
    fields = fields if budget is None else {**fields, "budget": budget}
    return make_query(**fields)


def _whole(body: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = body.get(name, least)
    if type(value) is not int or not least <= value <= most:
        raise QueryError(f"{name}: a whole number from {least:,} to {most:,}, not {value!r}")
    return value


async def _json(request: web.Request) -> dict[str, Any]:
    """Return a request's body; another site's page cannot send JSON without asking first."""
    if request.content_type != "application/json":
        raise QueryError("the request is to be application/json")
    try:
        body = json.loads(await request.text())
    except ValueError as error:
        raise QueryError(f"the request is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise QueryError("the request is to be a JSON object")
    return body


async def _file(request: web.Request) -> web.Response:
    name, kind = FILES[request.path]
    return web.Response(text=(HERE / name).read_text("utf-8"), content_type=kind)


def _wrong(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer those alone who mean this machine, and say what is wrong in words."""
    host = request.host.rpartition(":")[0] or request.host
    if host not in LOOPBACK and request.host not in LOOPBACK:
        return _wrong(403, f"this page is at a loopback address, not at {request.host}")
    try:
        response = await handler(request)
    except WHAT_A_PERSON_CAN_PUT_RIGHT as error:
        response = _wrong(400, str(error))
    response.headers.update(HEADERS)
    return response


def serve(page: PerformancePage, port: int, ready: Callable[[int], None]) -> None:
    """Serve until interrupted.

    Args:
        page: The page.
        port: At the loopback address; 0 takes a free one.
        ready: Told the port, once it listens.

    Raises:
        OSError: The port is taken.
    """
    asyncio.run(_serve(page, port, ready))


async def _serve(page: PerformancePage, port: int, ready: Callable[[int], None]) -> None:
    runner = web.AppRunner(page.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready(runner.addresses[0][1])
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
