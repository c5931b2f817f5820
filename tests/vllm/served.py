"""What these tests serve with: environments with a stand-in, models, and what is left of them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from resources.vllm import holding
from resources.vllm.chat import VllmChat
from resources.vllm.command import order_of
from resources.vllm.warm_server import Surroundings
from tg_assets.settings import VllmModel

HERE = Path(__file__).parent
SOON_S = 20.0
"""How long what is bound to happen may take on a machine that does much else."""


def until(what: Callable[[], Any], seconds: float = SOON_S) -> Any:
    """Return what `what` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"{what} within {seconds} s"
        time.sleep(0.02)
    return found


def lives(pid: int) -> bool:
    """Whether a process is there and no corpse."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def family(pid: int) -> dict[int, str]:
    """Return the command lines of the processes that descend from one, by their ids."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found: dict[int, str] = {}
    look = [pid]
    while look:
        parent = look.pop()
        for child in [one for one, its in parents.items() if its == parent]:
            with suppress(OSError):
                said = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
                found[child] = said
                look.append(child)
    return found


@dataclass
class Garage:
    """A folder with an environment that has a stand-in for vLLM, and keepers of its own.

    Attributes:
        folder: All is in here.
        devices: The devices there are, as ``CUDA_VISIBLE_DEVICES`` has them.
    """

    folder: Path
    devices: str

    def __post_init__(self) -> None:
        programs = self.folder / "env" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(sys.executable)
        shutil.copy(HERE / "stand_in_vllm.py", programs / "vllm")
        self.notes.mkdir()

    @property
    def keepers(self) -> Path:
        return self.folder / f"taskgalaxy-vllm-{os.getuid()}"

    @property
    def locks(self) -> Path:
        return self.folder / f"taskgalaxy-gpu-{os.getuid()}"

    @property
    def notes(self) -> Path:
        return self.folder / "notes"

    def model(
        self, name: str = "tiny", env: dict[str, str] | None = None, **said: Any
    ) -> VllmModel:
        values = {"idle_s": 60, "start_timeout_s": 30, "wait_s": 30, **said}
        return VllmModel(
            provider="vllm",
            model=name,
            python=str(self.folder / "env"),
            env={"STAND_IN_FOLDER": str(self.notes), **(env or {})},
            **values,
        )

    @cached_property
    def around(self) -> Surroundings:
        return Surroundings(self.folder / "logs", keepers=self.keepers, locks=self.locks)

    def chat(self, name: str = "tiny", env: dict[str, str] | None = None, **said: Any) -> VllmChat:
        return VllmChat(name, self.model(name, env, **said), self.around)

    def kept(self) -> list[dict[str, Any]]:
        """Return what the keepers that are up say of themselves."""
        return [kept.status or {} for kept in asyncio.run(holding.kept(self.keepers))]

    def processes(self) -> list[int]:
        """Return the processes of servers, of all that were started here, that live."""
        return [pid for pid in self.started("*") if lives(pid)]

    def started(self, kind: str) -> list[int]:
        return [int(note.stem) for note in self.notes.glob(f"*.{kind}") if note.stem.isdigit()]

    def requests(self) -> list[dict[str, Any]]:
        lines = (self.notes / "requests.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """End what a test left, keepers first."""
        for status in self.kept():
            with suppress(ProcessLookupError, KeyError):  # one that is just ending says no pid
                os.kill(status["pid"], signal.SIGKILL)
        try:
            until(lambda: not self.processes(), 60)
        finally:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)


HOLD = """
import asyncio, os, sys
from resources.vllm.holding import hold
from resources.vllm.order import Order

async def main():
    order = Order.from_json(sys.stdin.readline())
    held = await hold(order, float(sys.argv[1]), f"{order.model} in process {os.getpid()}")
    print("holds", held.url, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await held.release()

asyncio.run(main())
"""


class Folder(Protocol):
    """Where runs meet keepers."""

    @property
    def around(self) -> Surroundings: ...


class Run:
    """A process that holds a server, as a run does, until it is told to let go."""

    def __init__(self, garage: Folder, model: VllmModel) -> None:
        around = garage.around
        order = order_of(model, around.logs / model.model, around.keepers, around.locks)
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(model.idle_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin is not None
        print(order.to_json(), file=self.process.stdin, flush=True)

    def holds(self) -> str:
        """Return the server's URL once it is held."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("holds"), self.process.communicate(timeout=SOON_S)
        return line.split()[1]

    def lets_go(self) -> None:
        self.process.communicate("\n", timeout=SOON_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=SOON_S)
