"""Asking a model that vLLM serves: through the one path, pictures once, servers started again."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asked import VOTE, picture, votes
from served import Garage, until

from resources import progress
from resources.chat.asking import StopAsking, ask
from resources.chat.ledger import Ledger
from resources.chat.messages import Outcome
from resources.gpu import lease_now
from resources.vllm.chat import VllmChat
from resources.vllm.warm_server import MOST_STARTS, WarmServer

MakeGarage = Callable[..., Garage]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")


def _shown(here: Garage) -> Counter[str]:
    """Count the requests that brought their picture, and those that named it."""
    parts = [body["messages"][0]["content"][0] for body in here.requests()]
    assert all(part["type"] == "image_url" and part["uuid"] for part in parts)
    return Counter("named" if part["image_url"] is None else "brought" for part in parts)


def test_a_server_is_started_asked_with_the_schema_and_left_warm(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage()
    seen: list[str] = []
    questions = votes(picture(tmp_path, 1), 5)
    model = here.chat(env={"STAND_IN_LOAD_S": "0.5"})
    with progress.reported_to(lambda what, _done, _total: seen.append(what)):
        answers, tally = ask(VOTE, questions, model, ledger)
    assert [answer.value for answer in answers] == [1] * 5
    assert tally.requests == 5
    assert any("tiny: loading" in what and str(model.log) in what for what in seen)
    (body, *_) = here.requests()
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["vote"]
    (status,) = here.kept()
    assert status["holders"] == []
    _, tally = ask(VOTE, questions, here.chat(env={"STAND_IN_LOAD_S": "0.5"}), ledger)
    assert tally.requests == 0
    assert len(here.requests()) == 5


def test_a_picture_is_brought_once_and_named_after_that(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage()
    questions = [one for number in range(3) for one in votes(picture(tmp_path, number), 6)]
    answers, _ = ask(VOTE, questions, here.chat(env={"STAND_IN_LATENCY_S": "0.1"}), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert _shown(here) == {"brought": 3, "named": 15}


def test_a_picture_that_the_server_dropped_is_brought_again(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage()
    model = here.chat(env={"STAND_IN_FORGETS": "1"}, max_attempts=1)
    answers, _ = ask(VOTE, votes(picture(tmp_path, 1), 6), model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert _shown(here)["brought"] == 6


@pytest.mark.parametrize("said", [{"api_server_count": 2}, {"images": "base64"}])
def test_pictures_travel_with_each_request_where_naming_them_does_not_pay(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path, said: dict[str, Any]
) -> None:
    here = garage()
    ask(VOTE, votes(picture(tmp_path, 1), 4), here.chat(**said), ledger)
    assert _shown(here) == {"brought": 4}


def test_a_server_that_dies_in_a_pass_is_started_again_and_nothing_is_lost(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage()
    questions = [one for number in range(10) for one in votes(picture(tmp_path, number), 4)]
    model = here.chat(env={"STAND_IN_LATENCY_S": "0.1"}, concurrency=4)

    def kill_it() -> None:
        until(lambda: (here.notes / "requests.jsonl").exists() and len(here.requests()) > 8)
        os.kill(here.started("server")[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_it)
    killer.start()
    answers, tally = ask(VOTE, questions, model, ledger)
    killer.join()
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert tally.requests == len(questions)
    assert len(here.started("server")) == 2


def test_a_server_that_keeps_dying_stops_the_asking(garage: MakeGarage) -> None:
    here = garage()
    server = WarmServer("tiny", here.model(), here.around)

    async def dies_and_dies() -> None:
        for start in range(MOST_STARTS):
            await server.ready()
            (pid,) = [pid for pid in here.started("server") if pid in here.processes()]
            os.kill(pid, signal.SIGKILL)
            while server.url is not None:
                await asyncio.sleep(0.02)
            assert start < MOST_STARTS
        with pytest.raises(StopAsking, match=r"died 3 times; vllm serve ended with exit code 137"):
            await server.ready()
        await server.release()

    asyncio.run(dies_and_dies())


def test_what_could_not_be_started_is_not_tried_for_each_partition(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage()
    around = here.around
    model = here.model(env={"STAND_IN_FAILS": "no such weights"})
    for _ in range(3):
        with pytest.raises(StopAsking, match="RuntimeError: no such weights"):
            ask(VOTE, votes(picture(tmp_path, 1), 2), VllmChat("tiny", model, around), ledger)
    assert len(here.started("server")) == 1


def test_a_run_gives_back_the_device_that_it_holds_itself(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage("0")
    around = here.around
    encoder = lease_now(1, ["0"], here.locks)
    assert encoder is not None
    around.make_room = lambda: [os.close(lock) for lock in encoder.locks]  # type: ignore[assignment]
    answers, _ = ask(
        VOTE, votes(picture(tmp_path, 1), 1), VllmChat("tiny", here.model(), around), ledger
    )
    assert answers[0].value == 1


def test_an_environment_without_vllm_is_named(
    garage: MakeGarage, ledger: Ledger, tmp_path: Path
) -> None:
    here = garage()
    model = here.model().model_copy(update={"python": str(tmp_path)})
    with pytest.raises(StopAsking, match=r"there is no .*/bin/vllm; install it there"):
        ask(VOTE, votes(picture(tmp_path, 1), 1), VllmChat("tiny", model, here.around), ledger)
