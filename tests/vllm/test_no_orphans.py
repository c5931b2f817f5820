"""Whatever is killed, no process of a server is left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from served import Garage, Run, until

MakeGarage = Callable[..., Garage]
PROCESSES = 3  # a server, its worker, and that one's worker


def _started(here: Garage, **said: object) -> Run:
    run = Run(here, here.model(**said))
    run.holds()
    until(lambda: len(here.processes()) == PROCESSES)
    return run


def test_a_killed_run_leaves_the_server_until_it_is_idle(garage: MakeGarage) -> None:
    here = garage()
    run = _started(here, idle_s=2)
    run.kill()
    (status,) = here.kept()
    assert status["holders"] == []
    assert len(here.processes()) == PROCESSES
    until(lambda: not here.processes() and not here.kept())


def test_a_run_killed_while_it_loads_leaves_nothing_for_long(garage: MakeGarage) -> None:
    here = garage()
    run = Run(here, here.model(idle_s=1, env={"STAND_IN_LOAD_S": "60"}, start_timeout_s=60))
    until(lambda: len(here.processes()) == PROCESSES)
    run.kill()
    until(lambda: not here.processes() and not here.kept())


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_keeper_takes_the_server_with_it(garage: MakeGarage, end: signal.Signals) -> None:
    here = garage()
    run = _started(here)
    os.kill(here.kept()[0]["pid"], end)
    until(lambda: not here.processes())
    run.kill()


def test_a_killed_guard_takes_the_server_with_it(garage: MakeGarage) -> None:
    here = garage()
    run = _started(here)
    os.kill(here.kept()[0]["guard"], signal.SIGKILL)
    until(lambda: not here.processes() and not here.kept())
    run.kill()


def test_a_killed_server_takes_its_workers_and_its_keeper_with_it(garage: MakeGarage) -> None:
    here = garage()
    run = _started(here)
    os.kill(here.started("server")[0], signal.SIGKILL)
    until(lambda: not here.processes() and not here.kept())
    run.kill()


def test_keeper_and_run_killed_in_one_moment_leave_nothing(garage: MakeGarage) -> None:
    here = garage()
    run = _started(here)
    os.kill(here.kept()[0]["pid"], signal.SIGKILL)
    os.kill(run.process.pid, signal.SIGKILL)
    until(lambda: not here.processes())
    run.kill()


def test_what_does_not_end_when_it_is_asked_to_is_killed(garage: MakeGarage) -> None:
    here = garage()
    run = _started(here, env={"STAND_IN_IS_DEAF": "1"})
    os.kill(here.kept()[0]["pid"], signal.SIGKILL)
    until(lambda: not here.processes(), 60)
    run.kill()
