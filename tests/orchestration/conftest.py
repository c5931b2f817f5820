"""A small galaxy of planted files: settings, resource and an instance in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from resources.galaxy import Galaxy
from tg_assets.settings import FolderSource, Settings, load_settings

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
EMBEDDED = {"provider": "embedded"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the pictures, with three of them."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        (pictures / name).write_bytes(name.encode())
    return pictures


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The seeds file."""
    file = tmp_path / "seeds.yaml"
    file.write_text("OCR: [Receipts, Signs]\n")
    return file


@pytest.fixture
def settings(tmp_path: Path, folder: Path, seeds: Path) -> Settings:
    config = tmp_path / "galaxy.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "name": "small",
                "home": "galaxy",
                "sources": [{"kind": "rendered", "name": "rendered", "count": 1}],
                "shard_size": 2,
                "task_tree": {"model": "embedded", "seeds": str(seeds)},
                "filter": "embedded",
                "ask": "embedded",
                "referees": {"ada": "embedded", "bob": "embedded", "cleo": "embedded"},
                "models": {"embedded": EMBEDDED},
            }
        )
    )
    pictures = FolderSource(kind="folder", name="pictures", path=str(folder), license="CC0-1.0")
    return load_settings(config).model_copy(update={"sources": (pictures,)})


@pytest.fixture
def galaxy(settings: Settings) -> Galaxy:
    return Galaxy(settings)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
