"""A device has one holder, and a holder's death frees it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resources.gpu import VISIBLE, NoDevice, lease

HOLD = """
import sys, time
from pathlib import Path
from resources.gpu import lease
with lease(1, devices=sys.argv[2].split(","), folder=Path(sys.argv[1])) as held:
    print(",".join(held.devices), flush=True)
    time.sleep(60)
"""


def hold(folder: Path, devices: str) -> tuple["subprocess.Popen[str]", str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), devices], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_two_holders_get_different_devices(tmp_path: Path) -> None:
    first, one = hold(tmp_path, "0,1")
    second, two = hold(tmp_path, "0,1")
    try:
        assert {one, two} == {"0", "1"}
        with (
            pytest.raises(NoDevice, match="came free"),
            lease(1, ["0", "1"], tmp_path, timeout_s=0.5),
        ):
            pass
    finally:
        first.kill()
        second.kill()
        first.wait()
        second.wait()


def test_a_killed_holder_frees_its_device(tmp_path: Path) -> None:
    holder, _ = hold(tmp_path, "0")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    started = time.monotonic()
    with lease(1, ["0"], tmp_path, timeout_s=5) as held:
        assert held.devices == ("0",)
    assert time.monotonic() - started < 2


def test_a_lease_makes_its_devices_the_only_visible_ones_and_gives_them_back_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "4,7")

    def fail_while_holding() -> None:
        with lease(1, folder=tmp_path) as held:
            assert os.environ[VISIBLE] == held.devices[0] == "4"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_holding()
    assert os.environ[VISIBLE] == "4,7"
    with lease(2, folder=tmp_path) as both:
        assert both.devices == ("4", "7")


def test_without_gpus_nothing_is_held(tmp_path: Path) -> None:
    with lease(2, [], tmp_path) as held:
        assert held.devices == ()


def test_more_than_there_are_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(NoDevice, match="this machine has 1"), lease(2, ["0"], tmp_path):
        pass
