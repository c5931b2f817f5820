"""The server of one model during one pass: held from the first request to the end."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from resources import progress
from resources.chat.messages import StopAsking
from resources.vllm.command import NoVllm, order_of
from resources.vllm.holding import Held, ServerFailed, State, hold
from resources.vllm.order import Order, keepers_folder
from tg_assets.settings_models import VllmModel

MOST_STARTS = 3
"""How often a server that dies is started again in one pass."""
ROOM_AFTER_S = 1
"""How long devices are waited for before this process gives back its own."""
PHASES = {"devices": "waiting for devices", "loading": "loading"}


@dataclass(slots=True)
class Surroundings:
    """What the models of one galaxy share.

    Attributes:
        logs: Folder for the servers' logs.
        make_room: Gives back the devices that this process holds for something else.
        keepers: Where keepers meet runs; the machine's place when absent.
        locks: Folder of the devices' locks; the machine's when absent.
        failures: By key, why a server could not be started: it is not tried for each partition.
    """

    logs: Path
    make_room: Callable[[], None] = lambda: None
    keepers: Path = field(default_factory=keepers_folder)
    locks: Path | None = None
    failures: dict[str, str] = field(default_factory=dict)


class WarmServer:
    """A reference to a model's server, taken when it is first needed.

    Args:
        name: The model's name in the settings.
        settings: The model.
        around: What it shares with the others.
    """

    def __init__(self, name: str, settings: VllmModel, around: Surroundings) -> None:
        self._name = name
        self._settings = settings
        self._around = around
        self._held: Held | None = None
        self._one_at_a_time = asyncio.Lock()
        self._starts = 0
        self._made_room = False
        self._ended = ""

    @property
    def url(self) -> str | None:
        """Where its API is; null when it has ended."""
        return self._held.url if self._held is not None and self._held.is_alive else None

    @property
    def log(self) -> str | None:
        """The file that has what it says."""
        return None if self._held is None else self._held.log

    @property
    def why_it_ended(self) -> str:
        """What is known about the end of the server that was held last."""
        if self._held is not None and not self._held.is_alive:
            return self._held.why_it_ended
        return self._ended

    async def ready(self) -> None:
        """Return once the server is ready.

        Raises:
            StopAsking: It cannot be started, or has died too often; the message says what to do.
        """
        if self.url is not None:
            return
        async with self._one_at_a_time:
            if self.url is None:
                await self._again()

    async def _again(self) -> None:
        await self._drop()
        if self._starts == MOST_STARTS:
            raise self._stop(f"its server died {MOST_STARTS} times; {self.why_it_ended}")
        order = self._order()
        if order.key in self._around.failures:
            raise self._stop(self._around.failures[order.key])
        self._starts += 1
        try:
            who = f"{self._name} in process {os.getpid()}"
            self._held = await hold(order, self._settings.idle_s, who, self._told)
        except (ServerFailed, OSError) as error:
            self._around.failures[order.key] = str(error)
            raise self._stop(str(error)) from None

    def _order(self) -> Order:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        log = self._around.logs / f"{self._name}-{now}.log"
        try:
            return order_of(self._settings, log, self._around.keepers, self._around.locks)
        except NoVllm as error:
            raise self._stop(f"{error}, or name another environment in its `python`") from None

    def _told(self, state: State) -> None:
        """Show how the start goes; give devices back once it is known that they are waited for."""
        phase, seconds = state["phase"], int(time.time() - state["since"])
        if phase == "devices" and seconds >= ROOM_AFTER_S and not self._made_room:
            self._made_room = True
            self._around.make_room()
        limit = {"devices": self._settings.wait_s, "loading": self._settings.start_timeout_s}
        what = f"{self._name}: {PHASES[phase]}, log {state['log']} (seconds)"
        progress.report(what, seconds, int(limit[phase]))

    def _stop(self, why: str) -> StopAsking:
        return StopAsking(f"model {self._name}: {why}")

    async def release(self) -> None:
        """Give the reference back; the next use takes one again."""
        await self._drop()
        self._starts = 0
        self._one_at_a_time = asyncio.Lock()  # the next use may be in another event loop

    async def _drop(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            if not held.is_alive:
                self._ended = held.why_it_ended
            await held.release()
