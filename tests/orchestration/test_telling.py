"""Whoever is to be told is told once, of what is new, and of no secret."""

from __future__ import annotations

import http.server
import json
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from resources.chat.ledger import Received
from resources.chat.messages import Answer, ChatReply, Outcome
from resources.galaxy import Galaxy
from sensors.failures import failures_sensor
from sensors.spending import spending_sensor
from sensors.webhook import WebhookError
from tg_assets.ids import digest
from tg_assets.settings import Budget, Notify, Settings

SECRET = "hook-sk-5ecre7-token"


class Webhook:
    """A real server that keeps what it is told, and refuses when it is told to."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.refuses = False
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if hook.refuses:
                    self.send_error(503)
                    return
                hook.told.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/{SECRET}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    hook = Webhook()
    monkeypatch.setenv("TG_HOOK", hook.url)
    yield hook
    hook.stop()


@pytest.fixture
def told(settings: Settings, webhook: Webhook) -> Galaxy:
    changed = {"notify": Notify(webhook_env="TG_HOOK"), "budget": Budget(total_usd=10.0)}
    return Galaxy(settings.model_copy(update=changed))


def tick(
    sensor: dg.SensorDefinition,
    galaxy: Galaxy,
    instance: dg.DagsterInstance,
    cursor: str | None,
) -> str | None:
    """Evaluate a sensor in a process that knows its cursor alone; return the next cursor."""
    resources = {"galaxy": galaxy}
    with dg.build_sensor_context(instance, cursor, resources=resources) as context:
        data = sensor.evaluate_tick(context)
    assert not data.run_requests
    return data.cursor


def spend(galaxy: Galaxy, usd: float) -> None:
    name = digest("spent", str(usd))
    reply = ChatReply(Outcome.ANSWERED, "yes", "{}", cost_usd=usd)
    answer = Answer(Outcome.ANSWERED, "yes", None)
    paid = Received(name, "vote", "m", "1", None, [name], [{"asked": usd}], reply, [answer])
    galaxy.ledger.record([paid])


@dg.op
def buys() -> None:
    raise ValueError(f"no access with key {SECRET}")


@dg.job
def broken() -> None:
    buys()


def fail(instance: dg.DagsterInstance) -> str:
    return broken.execute_in_process(instance=instance, raise_on_error=False).run_id


def test_a_failed_run_is_told_once_and_without_what_its_error_says(
    told: Galaxy, webhook: Webhook, instance: dg.DagsterInstance
) -> None:
    sensor = failures_sensor()
    fail(instance)  # before anybody wanted to know
    cursor = tick(sensor, told, instance, None)
    assert webhook.told == []
    run = fail(instance)
    cursor = tick(sensor, told, instance, cursor)
    failed = [{"step": "buys", "error": "ValueError"}]
    assert webhook.told == [
        {
            "galaxy": "small",
            "event": "run_failed",
            "run_id": run,
            "job": "broken",
            "partition": None,
            "failed": failed,
        }
    ]
    assert tick(sensor, told, instance, cursor) == cursor
    assert len(webhook.told) == 1
    assert SECRET not in json.dumps(webhook.told)


def test_what_nobody_took_is_told_by_the_next_tick(
    told: Galaxy, webhook: Webhook, instance: dg.DagsterInstance
) -> None:
    sensor = failures_sensor()
    cursor = tick(sensor, told, instance, None)
    run = fail(instance)
    webhook.refuses = True
    with pytest.raises(WebhookError, match="TG_HOOK answered 503") as caught:
        tick(sensor, told, instance, cursor)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    webhook.refuses = False
    tick(sensor, told, instance, cursor)
    assert [one["run_id"] for one in webhook.told] == [run]


def test_each_share_of_the_budget_is_told_once(
    told: Galaxy, webhook: Webhook, instance: dg.DagsterInstance
) -> None:
    sensor = spending_sensor()
    cursor = tick(sensor, told, instance, None)
    assert webhook.told == []
    for usd, share in ((6.0, 0.5), (0.5, 0.5), (4.0, 1.0)):
        spend(told, usd)
        cursor = tick(sensor, told, instance, cursor)
        assert webhook.told[-1]["share"] == share
    assert [one["share"] for one in webhook.told] == [0.5, 1.0]
    assert webhook.told[-1]["spent_usd"] == 10.5


def test_without_anybody_to_tell_nothing_is_looked_for(
    galaxy: Galaxy, instance: dg.DagsterInstance
) -> None:
    fail(instance)
    assert tick(failures_sensor(), galaxy, instance, None) is None
