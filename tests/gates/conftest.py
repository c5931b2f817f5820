"""Lets the tests of this folder import their world whatever the import mode."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from planted_world import Stage, World


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: Stage) -> World:
    return World(tmp_path, monkeypatch, stage)
