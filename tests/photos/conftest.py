"""One galaxy of photos, passed over three times; the tests look at what each pass left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "image_pool"))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from fixtures import RunningServer
from photo_galaxy import KEY, Pass, PhotoGalaxy
from schema_server import Behaviour


@pytest.fixture(scope="session")
def galaxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhotoGalaxy]:
    """A folder of photos with settings, and the endpoints that answer about them."""
    servers = [RunningServer(Behaviour(key=KEY)) for _ in range(2)]
    yield PhotoGalaxy(tmp_path_factory.mktemp("photos"), *servers)
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def first(galaxy: PhotoGalaxy) -> Pass:
    """A pass over everything."""
    galaxy.write_photos()
    galaxy.write_settings()
    return galaxy.run()


@pytest.fixture(scope="session")
def second(galaxy: PhotoGalaxy, first: Pass) -> Pass:
    """The same pass again."""
    return galaxy.run()


@pytest.fixture(scope="session")
def third(galaxy: PhotoGalaxy, second: Pass) -> Pass:
    """A pass after ten photos came, one changed, and one referee got other parameters."""
    galaxy.add_photos(10)
    galaxy.change_a_published_photo()
    galaxy.write_settings(late_referee_tokens=512)
    return galaxy.run()
