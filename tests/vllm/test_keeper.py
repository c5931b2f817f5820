"""One warm server for all who ask for the same, and its keeper's reasons to end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from served import Garage, Run, until

from resources.gpu import lease
from resources.vllm import holding
from resources.vllm.command import order_of
from resources.vllm.holding import ServerFailed, hold

MakeGarage = Callable[..., Garage]


def test_runs_share_one_server_and_the_next_one_finds_it_warm(garage: MakeGarage) -> None:
    here = garage()
    model = here.model()
    first, second = Run(here, model), Run(here, model)  # at once
    assert first.holds() == second.holds()
    (status,) = here.kept()
    assert {holder["pid"] for holder in status["holders"]} == {
        first.process.pid,
        second.process.pid,
    }
    first.lets_go()
    second.lets_go()
    third = Run(here, model)
    assert third.holds() == status["url"]
    third.lets_go()
    assert len(here.started("server")) == 1


def test_many_runs_at_once_make_one_keeper(garage: MakeGarage) -> None:
    here = garage()

    async def all_at_once() -> set[str]:
        order = order_of(here.model(), here.folder / "log", here.keepers, here.locks)
        held = await asyncio.gather(*(hold(order, 60, f"run {n}") for n in range(12)))
        return {one.url for one in held}

    assert len(asyncio.run(all_at_once())) == 1
    assert len(here.started("server")) == 1
    assert len(here.kept()) == 1


def test_other_settings_are_another_server(garage: MakeGarage) -> None:
    here = garage("0,1")
    one = Run(here, here.model(max_model_len=1024))
    other = Run(here, here.model(max_model_len=2048))
    assert one.holds() != other.holds()
    devices = [status["devices"] for status in here.kept()]
    assert sorted(devices) == [["0"], ["1"]]
    one.lets_go()
    other.lets_go()


def test_what_does_not_make_another_server_shares_it(garage: MakeGarage) -> None:
    here = garage()
    one = Run(here, here.model(temperature=0.0, idle_s=30))
    other = Run(here, here.model(temperature=0.7, concurrency=7, max_tokens=99))
    assert one.holds() == other.holds()
    one.lets_go()
    other.lets_go()


def test_it_ends_when_idle_and_not_while_held(garage: MakeGarage) -> None:
    here = garage()
    run = Run(here, here.model(idle_s=0.5))
    run.holds()
    time.sleep(1.5)
    assert here.processes()
    run.lets_go()
    until(lambda: not here.processes())
    until(lambda: not here.kept())


def test_it_gives_way_to_another_model_when_no_run_holds_it(garage: MakeGarage) -> None:
    here = garage("0")
    first = Run(here, here.model("first"))
    first.holds()
    second = Run(here, here.model("second"))

    def phases() -> dict[str, str]:
        return {status["model"]: status["phase"] for status in here.kept()}

    until(lambda: "devices" in phases().values())
    time.sleep(1)
    assert phases() == {"first": "ready", "second": "devices"}  # and it stays so
    first.lets_go()
    second.holds()
    assert [status["model"] for status in here.kept()] == ["second"]
    second.lets_go()


def test_it_gives_way_to_whoever_leases_a_device(garage: MakeGarage) -> None:
    here = garage("0")
    run = Run(here, here.model())
    run.holds()
    run.lets_go()
    with lease(1, ["0"], here.locks, timeout_s=20) as encoder:
        assert encoder.devices == ("0",)
        assert not here.processes()  # not merely on their way out: the device is free


def test_no_more_servers_give_way_than_are_needed(garage: MakeGarage) -> None:
    here = garage("0,1")
    for name in ("first", "second"):
        run = Run(here, here.model(name))
        run.holds()
        run.lets_go()
    third = Run(here, here.model("third"))
    third.holds()
    third.lets_go()
    time.sleep(1)
    assert len(here.kept()) == 2


def test_a_server_of_two_devices_is_given_both(garage: MakeGarage) -> None:
    here = garage("3,5,7")
    run = Run(here, here.model(tensor_parallel=2))
    run.holds()
    (status,) = here.kept()
    assert status["devices"] == ["3", "5"]
    run.lets_go()


def test_without_gpus_servers_follow_one_another(garage: MakeGarage) -> None:
    here = garage("")
    first = Run(here, here.model("first"))
    first.holds()
    first.lets_go()
    second = Run(here, here.model("second"))
    second.holds()
    assert [status["model"] for status in here.kept()] == ["second"]
    second.lets_go()


def test_a_request_to_stop_waits_for_runs_unless_it_is_forced(garage: MakeGarage) -> None:
    here = garage()
    run = Run(here, here.model())
    run.holds()
    (kept,) = asyncio.run(holding.kept(here.keepers))
    status = asyncio.run(holding.stop(kept.place, force=False))
    assert status is not None
    assert not status["stops"]
    assert status["holders"][0]["pid"] == run.process.pid
    status = asyncio.run(holding.stop(kept.place, force=True))
    assert status is not None
    assert status["stops"]
    assert not here.processes()
    assert not here.kept()
    run.kill()


def test_who_waits_for_devices_in_vain_is_told_so(garage: MakeGarage) -> None:
    here = garage("0")
    run = Run(here, here.model("first"))
    run.holds()
    with pytest.raises(ServerFailed, match="wait_s, 1 s"):
        _held(here, "second", wait_s=1)
    with pytest.raises(ServerFailed, match="wants 2 devices, this machine has 0"):
        _held(here, "third", tensor_parallel=2)
    run.lets_go()


def test_a_failed_start_says_why_and_where_its_log_is(garage: MakeGarage) -> None:
    here = garage()
    with pytest.raises(ServerFailed) as failed:
        _held(here, "tiny", env={"STAND_IN_FAILS": "out of GPU blocks"})
    said = str(failed.value)
    assert "exit code 1" in said
    assert "  RuntimeError: out of GPU blocks\n" in said
    assert "lower max_model_len" in said
    log = Path(said.rsplit(": ", 1)[1])
    assert "out of GPU blocks" in log.read_text()
    until(lambda: not here.processes() and not here.kept())


def test_a_start_that_takes_too_long_is_ended(garage: MakeGarage) -> None:
    here = garage()
    with pytest.raises(ServerFailed, match="start_timeout_s, 1 s"):
        _held(here, "tiny", env={"STAND_IN_LOAD_S": "60"}, start_timeout_s=1)
    until(lambda: not here.processes())


def test_a_keeper_that_was_stopped_short_is_replaced(garage: MakeGarage) -> None:
    here = garage()
    run = Run(here, here.model())
    run.holds()
    (status,) = here.kept()
    os.kill(status["pid"], signal.SIGKILL)
    run.kill()
    again = Run(here, here.model())
    again.holds()
    assert len([pid for pid in here.started("server") if pid in here.processes()]) == 1
    again.lets_go()


def _held(here: Garage, name: str, env: dict[str, str] | None = None, **said: object) -> None:
    async def held() -> None:
        model = here.model(name, env, **said)
        order = order_of(model, here.folder / "logs" / name, here.keepers, here.locks)
        await (await hold(order, 60, "a test")).release()

    asyncio.run(held())
