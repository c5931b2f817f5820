"""The sensor of new images over a bucket: what it has seen outlives the process that saw it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import fsspec
import pytest
from moto.server import ThreadedMotoServer
from s3_environment import use_keys_of_tests

from resources.galaxy import Galaxy
from sensors.new_images import new_images_sensor
from tg_assets.settings import FolderSource, Settings
from tg_assets.settings_sources import S3

IN_THE_BUCKET = "s3://incoming/photos"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, fsspec.AbstractFileSystem]]:
    """An S3 server over HTTP with two pictures; its URL and its file system."""
    use_keys_of_tests(monkeypatch)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    system = fsspec.filesystem("s3", endpoint_url=url, skip_instance_cache=True)
    for name in ("incoming", "tables"):
        system.mkdir(name)
    for name in ("a.png", "day 1/b.png"):
        system.pipe(f"{IN_THE_BUCKET}/{name}", name.encode())
    yield url, system
    server.stop()


def look_after_a_start(settings: Settings, folder: Path) -> dict[str, list[str]] | str:
    """Evaluate the sensor as a daemon does that has just begun; returns the files of new shards."""
    fsspec.filesystem("s3").clear_instance_cache()
    galaxy = Galaxy(settings)
    with (
        dg.DagsterInstance.local_temp(str(folder)) as instance,
        dg.build_sensor_context(instance=instance, resources={"galaxy": galaxy}) as context,
    ):
        data = new_images_sensor().evaluate_tick(context)
        added = {}
        for request in data.dynamic_partitions_requests or []:
            assert isinstance(request, dg.AddDynamicPartitionsRequest)
            instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
            for key in request.partition_keys:
                added[key] = galaxy.tables.read("shard_files", key)["uri"].to_list()
    return added or str(data.skip_message)


def test_new_objects_become_shards_once_whoever_looks_and_old_ones_stay_where_they_are(
    bucket: tuple[str, fsspec.AbstractFileSystem], settings: Settings, tmp_path: Path
) -> None:
    url, system = bucket
    photos = FolderSource(kind="folder", name="photos", path=IN_THE_BUCKET, license="CC0-1.0")
    changed = {"sources": (photos,), "home": "s3://tables/home", "s3": S3(endpoint_url=url)}
    settings = settings.model_copy(update=changed)

    first = look_after_a_start(settings, tmp_path)
    assert isinstance(first, dict)
    assert list(first.values()) == [[f"{IN_THE_BUCKET}/a.png", f"{IN_THE_BUCKET}/day 1/b.png"]]
    assert look_after_a_start(settings, tmp_path) == "no new files"

    system.pipe(f"{IN_THE_BUCKET}/0.png", b"sorts before the others")
    system.pipe(f"{IN_THE_BUCKET}/notes.txt", b"is no picture")
    second = look_after_a_start(settings, tmp_path)
    assert isinstance(second, dict)
    assert list(second.values()) == [[f"{IN_THE_BUCKET}/0.png"]]
    assert min(second) > max(first)

    system.rm(f"{IN_THE_BUCKET}/a.png")  # what is gone was registered, and is nothing new
    assert look_after_a_start(settings, tmp_path) == "no new files"
