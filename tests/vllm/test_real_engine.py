"""The real vLLM on the CPU, with a small random model: what no stand-in can show.

Its environment is made by `python tests/vllm/environment.py`. A load takes some twenty seconds, so
the tests take what the one before left warm; each of them starts what it does not find.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import environment
import pytest
from asked import VOTE, labels, picture, votes
from required import missing
from served import Run, family, lives, until

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.messages import Outcome
from resources.gpu import VISIBLE
from resources.vllm import holding
from resources.vllm.chat import VllmChat
from resources.vllm.warm_server import Surroundings
from tg_assets.filtered_pairs.prompts import STAGE as FILTER
from tg_assets.settings import VllmModel

LOAD_S = 240.0
"""How long a load may take on a machine that does much else."""
ENDS_S = 30.0
OF_KEEPER_AND_SERVER = 3
"""Guard, server and its resource tracker: what comes after them is the engine."""


class Engine:
    """Where the tests' servers are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.around = Surroundings(folder / "logs")

    def model(self, name: str = "small", **said: Any) -> VllmModel:
        return VllmModel(
            provider="vllm",
            model=name,
            path=str(environment.checkpoint()),
            python=str(environment.place()),
            dtype="float32",
            max_model_len=8192,
            max_tokens=64,
            server_args=("--enforce-eager", "--disable-log-stats"),
            env={
                "VLLM_CPU_KVCACHE_SPACE": "1",
                "VLLM_CACHE_ROOT": str(environment.place() / "cache"),
                "VLLM_NO_USAGE_STATS": "1",
                "HF_HUB_OFFLINE": "1",
            },
            start_timeout_s=LOAD_S,
            **said,
        )

    def chat(self, name: str = "small", **said: Any) -> VllmChat:
        return VllmChat(name, self.model(name, **said), self.around)

    def kept(self) -> dict[str, dict[str, Any]]:
        found = asyncio.run(holding.kept(self.around.keepers))
        return {one.status["model"]: one.status for one in found if one.status is not None}

    def started(self, name: str) -> dict[int, str]:
        """Return all processes of a server that is loading, once its engine has started."""
        keeper = until(lambda: self.kept().get(name), LOAD_S)["pid"]
        until(lambda: len(family(keeper)) > OF_KEEPER_AND_SERVER, LOAD_S)
        return family(keeper)

    def stop(self) -> None:
        for one in asyncio.run(holding.kept(self.around.keepers)):
            asyncio.run(holding.stop(one.place, force=True))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if not environment.is_made():
        missing(f"no vLLM for the CPU in {environment.place()}: run tests/vllm/environment.py")
    with (
        TemporaryDirectory(prefix="tg-vllm-", dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as m,
    ):
        m.setenv(VISIBLE, "")
        made = Engine(Path(folder))
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")


def test_a_random_model_votes_as_the_schema_says(
    engine: Engine, ledger: Ledger, tmp_path: Path
) -> None:
    questions = [
        question for number in range(4) for question in votes(picture(tmp_path, number), 6)
    ]
    model = engine.chat()
    answers, tally = ask(VOTE, questions, model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert {answer.value for answer in answers} <= {0, 1}
    assert tally.prompt_tokens > 0
    assert model.log is not None
    assert "Application startup complete" in Path(model.log).read_text(errors="replace")
    again, tally = ask(VOTE, questions, engine.chat(), ledger)
    assert (again, tally.requests) == (answers, 0)


def test_pictures_that_are_named_are_those_that_were_shown(engine: Engine, tmp_path: Path) -> None:
    questions = votes(picture(tmp_path, 1), 4) + votes(picture(tmp_path, 200), 4)
    replies = {}
    for images in ("uuid", "base64"):
        ledger = Ledger(f"sqlite:///{tmp_path}/{images}.sqlite")
        replies[images], tally = ask(VOTE, questions, engine.chat(images=images), ledger)
        assert tally.outcomes == {"answered": len(questions)}
    assert replies["uuid"] == replies["base64"]


def test_a_list_without_end_is_cut_and_told_as_such(
    engine: Engine, ledger: Ledger, tmp_path: Path
) -> None:
    answers, _ = ask(FILTER, labels(picture(tmp_path, 1), 3), engine.chat(), ledger)
    assert {answer.outcome for answer in answers} <= {
        Outcome.ANSWERED,
        Outcome.INVALID,
        Outcome.TRUNCATED,
    }


def test_runs_of_other_processes_find_the_server_warm(engine: Engine) -> None:
    first = Run(engine, engine.model())
    url = first.holds()
    started = time.monotonic()
    second = Run(engine, engine.model())
    assert second.holds() == url
    assert time.monotonic() - started < 10
    first.lets_go()
    second.lets_go()


def test_it_gives_way_to_another_model_whose_killed_keeper_leaves_no_process(
    engine: Engine,
) -> None:
    run = Run(engine, engine.model())
    run.holds()
    run.lets_go()
    warm = family(engine.kept()["small"]["pid"])
    other = Run(engine, engine.model("another"))
    loading = engine.started("another")
    assert not any(lives(pid) for pid in warm)
    os.kill(engine.kept()["another"]["pid"], signal.SIGKILL)
    until(lambda: not any(lives(pid) for pid in loading), ENDS_S)
    other.kill()


@pytest.mark.parametrize("killed", ["run", "server"])
def test_what_is_killed_while_it_loads_leaves_no_process(engine: Engine, killed: str) -> None:
    run = Run(engine, engine.model(f"killed-{killed}", idle_s=1))
    loading = engine.started(f"killed-{killed}")
    servers = [pid for pid, said in loading.items() if " serve " in said]
    os.kill(run.process.pid if killed == "run" else servers[0], signal.SIGKILL)
    until(lambda: not any(lives(pid) for pid in loading), ENDS_S)
    run.kill()
