"""Pictures are decoded beside the model: in order, bounded, and never into a hang."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from registered_pictures import pool_of

from resources.clip_pictures import Fit
from resources.picture_decoders import (
    CHUNK,
    DecodersDied,
    Fitted,
    PictureDecoders,
    Registered,
)
from tg_assets.image_pool.reading import read_bytes

FIT = Fit(112, 112, "squash")


def registered(pool: pl.DataFrame) -> list[Registered]:
    return [Registered(*row) for row in pool.select("image_id", "uri").iter_rows()]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Registered]:
    return registered(pool_of(tmp_path_factory.mktemp("decoded"), 60))


@pytest.fixture
def processes() -> Iterator[PictureDecoders]:
    decoders = PictureDecoders(workers=2, processes_from=0)
    yield decoders
    decoders.close()


def decoding_processes() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid]


def assert_all(images: list[Registered], found: list[Fitted]) -> None:
    assert [image.image_id for image in found] == [image.image_id for image in images]
    for image, fitted in zip(images, found, strict=True):
        assert fitted.pixels is not None
        assert (fitted.pixels == FIT.of_file(read_bytes(image.uri))).all()


def test_few_pictures_start_no_process_and_many_do(images: list[Registered]) -> None:
    decoders = PictureDecoders(workers=2, processes_from=len(images) + 1)
    try:
        assert_all(images, list(decoders.fitted(images, FIT)))
        assert decoding_processes() == []
        assert_all(images, list(decoders.fitted(images, FIT)))
        assert len(decoding_processes()) == 2
    finally:
        decoders.close()
    assert decoding_processes() == []


def test_a_killed_process_is_replaced_and_no_picture_is_lost(
    images: list[Registered], processes: PictureDecoders
) -> None:
    found = []
    for fitted in processes.fitted(images, FIT, ahead=CHUNK):
        found.append(fitted)
        if len(found) == 3:
            os.kill(decoding_processes()[0], signal.SIGKILL)
    assert_all(images, found)


def test_a_pool_that_broke_between_two_shards_is_replaced(
    images: list[Registered], processes: PictureDecoders
) -> None:
    list(processes.fitted(images, FIT))
    for pid in decoding_processes():
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert_all(images, list(processes.fitted(images, FIT)))


class Deadly(Fit):
    """A fit over which every process dies, as over a file that breaks its decoder."""

    def of_file(self, content: bytes) -> object:  # type: ignore[override]
        os.kill(os.getpid(), signal.SIGKILL)
        return content


def test_processes_that_die_again_and_again_are_an_error_that_names_the_pictures(
    images: list[Registered], processes: PictureDecoders
) -> None:
    with pytest.raises(DecodersDied, match=r"3 times in a row.*decode_workers") as caught:
        list(processes.fitted(images, Deadly(112, 112)))
    assert images[0].uri in str(caught.value)
    assert_all(images, list(processes.fitted(images, FIT)))


@pytest.mark.parametrize("processes_from", [0, 10**9], ids=["processes", "threads"])
def test_pictures_that_are_gone_changed_or_no_pictures_are_told_in_their_place(
    tmp_path: Path, processes_from: int
) -> None:
    pool = pool_of(tmp_path, 12)
    images = registered(pool)
    Path(images[2].uri).unlink()
    Path(images[5].uri).write_bytes(Path(images[6].uri).read_bytes())
    decoders = PictureDecoders(2, processes_from)
    try:
        found = list(decoders.fitted(images, FIT))
    finally:
        decoders.close()
    assert [image.image_id for image in found] == pool["image_id"].to_list()
    reasons = {place: image.reason for place, image in enumerate(found) if image.pixels is None}
    assert set(reasons) == {2, 5}
    assert "No such file" in str(reasons[2])
    assert "changed after it was registered" in str(reasons[5])


def test_no_more_is_decoded_ahead_than_was_allowed(images: list[Registered]) -> None:
    decoders = PictureDecoders(workers=1)
    begun: list[str] = []

    class Counting(Fit):
        def of_file(self, content: bytes) -> object:  # type: ignore[override]
            begun.append("")
            return super().of_file(content)

    taken = decoders.fitted(images, Counting(112, 112), ahead=CHUNK)
    try:
        next(taken)
        time.sleep(0.5)
        assert len(begun) <= 4 * CHUNK < len(images)
    finally:
        taken.close()  # type: ignore[attr-defined]
        decoders.close()


PARENT = """
import multiprocessing, sys, time
from resources.clip_pictures import Fit
from resources.picture_decoders import PictureDecoders, Registered

if __name__ == "__main__":
    decoders = PictureDecoders(2, processes_from=0)
    image = Registered(sys.argv[1], sys.argv[2])
    assert next(decoders.fitted([image], Fit(112, 112))).pixels is not None
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    time.sleep(60)
"""


def test_processes_end_with_a_parent_that_is_killed(
    images: list[Registered], tmp_path: Path
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    command = [sys.executable, str(script), images[0].image_id, images[0].uri]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert children
        parent.kill()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in children):
        assert time.monotonic() < deadline, "decoding processes outlive their parent"
        time.sleep(0.05)
