"""Lets the tests of this folder import what they share; gives them garages."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers", HERE.parent / "chat"):
    sys.path.insert(0, str(folder))

from served import Garage  # noqa: E402

from resources.gpu import VISIBLE  # noqa: E402


@pytest.fixture
def garage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Garage]]:
    """Make a folder with a stand-in for vLLM: ``garage(devices="0,1")``; close it in the end."""
    with ExitStack() as stack:

        def make(devices: str = "0") -> Garage:
            monkeypatch.setenv(VISIBLE, devices)
            # under /tmp: a socket's path is short
            folder = stack.enter_context(TemporaryDirectory(prefix="tg-vllm-", dir="/tmp"))
            monkeypatch.setattr(tempfile, "tempdir", folder)  # where keepers and locks are
            made = Garage(Path(folder), devices)
            stack.callback(made.close)
            return made

        yield make
