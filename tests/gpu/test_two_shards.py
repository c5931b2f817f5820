"""Two shards are embedded on two devices, and a killed one gives its device back.

The devices are simulated: they are visible by name, and torch, which finds none, computes on the
CPU. Everything else is what a run does: settings, lease, encoder, decoding processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from resources import gpu
from resources.galaxy import Galaxy
from resources.gpu import VISIBLE, NoDevice, lease, named_device
from tg_assets import ids
from tg_assets.settings import load_settings
from tg_assets.tables import IMAGE_EMBEDDINGS

EMBED = """
import os, sys
from pathlib import Path
import polars as pl
from resources.galaxy import Galaxy
from resources.picture_decoders import PictureDecoders
from tg_assets.clip_similarity.embedding import embed_images
from tg_assets.settings import load_settings

if __name__ == "__main__":
    galaxy = Galaxy(load_settings())
    encoder = galaxy.encoder
    decoders = PictureDecoders(1, processes_from=0)
    pool = pl.DataFrame(
        [{"image_id": path.stem, "uri": str(path)} for path in sorted(Path(sys.argv[1]).iterdir())]
    )
    first = embed_images(pool, encoder, decoders, "embed")
    first.write_parquet(sys.argv[2])
    print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    while True:  # the shard is long: it is killed while it computes
        embed_images(pool, encoder, decoders, "embed")
"""


@dataclass
class Embedding:
    """A process that embeds a shard, with the device that it holds."""

    process: subprocess.Popen[str]
    device: str
    out: Path


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with two devices and locks of its own."""
    pictures = tmp_path / "shard"
    pictures.mkdir()
    dice = np.random.default_rng(0)
    for _ in range(6):
        path = pictures / "new.png"
        Image.fromarray(dice.integers(0, 255, (30, 40, 3), np.uint8)).save(path)
        path.rename(pictures / f"{ids.image_id(path.read_bytes())}.png")
    return {**os.environ, VISIBLE: "0,1", "TMPDIR": str(tmp_path), "PYTHONPATH": os.getcwd()}


def embedding(machine: dict[str, str], name: str) -> Embedding:
    folder = Path(machine["TMPDIR"])
    script = folder / "embed.py"
    script.write_text(EMBED)
    out = folder / f"{name}.parquet"
    command = [sys.executable, str(script), str(folder / "shard"), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=machine)
    return Embedding(process, "", out)


def wait(shard: Embedding) -> None:
    assert shard.process.stdout is not None
    shard.device = shard.process.stdout.readline().strip()


def test_two_shards_on_two_devices_one_killed_its_device_free_again(
    machine: dict[str, str],
) -> None:
    killed, other = (embedding(machine, name) for name in ("killed", "other"))
    try:
        wait(killed)
        wait(other)
        assert {killed.device, other.device} == {"0", "1"}
        locks = Path(machine["TMPDIR"]) / gpu.lock_folder().name
        with pytest.raises(NoDevice, match="came free"), lease(1, ["0", "1"], locks, timeout_s=0.3):
            pass
        killed.process.send_signal(signal.SIGKILL)  # its decoding process holds no lock either
        killed.process.wait()
        with lease(1, ["0", "1"], locks, timeout_s=5) as again:
            assert again.devices == (killed.device,)
        for shard in (killed, other):
            rows = IMAGE_EMBEDDINGS.enforce(pl.read_parquet(shard.out))
            assert (rows.height, rows["embedding"].null_count()) == (6, 0)
    finally:
        for shard in (killed, other):
            shard.process.kill()
            shard.process.wait()


def test_a_galaxy_holds_a_device_as_long_as_its_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "4,7")
    monkeypatch.setattr(gpu.tempfile, "gettempdir", lambda: str(tmp_path))
    settings = load_settings()
    galaxy = Galaxy(settings.model_copy(update={"home": str(tmp_path)}))
    assert galaxy.encoder.settings.device == "auto"
    assert os.environ[VISIBLE] == "4"
    with pytest.raises(NoDevice), lease(1, ["4"], timeout_s=0.1):
        pass
    galaxy.release_encoder()
    assert os.environ[VISIBLE] == "4,7"
    with lease(1, ["4"], timeout_s=0.1):
        pass


def test_the_device_that_settings_name_is_the_one_that_is_leased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "4,7")
    monkeypatch.setattr(gpu.tempfile, "gettempdir", lambda: str(tmp_path))
    settings = load_settings()
    clip = settings.clip.model_copy(update={"device": "cuda:1"})
    galaxy = Galaxy(settings.model_copy(update={"home": str(tmp_path), "clip": clip}))
    assert galaxy.encoder.settings.device == "cuda"  # of those that are visible the only one
    assert os.environ[VISIBLE] == "7"
    galaxy.release_encoder()
    with pytest.raises(NoDevice, match="cuda:2 is wanted, this machine has 2 GPUs"):
        named_device("cuda:2")


def test_a_process_that_has_computed_on_a_device_can_lease_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CUDA looks once at what is visible: it would go on with the first device, leased or not."""
    monkeypatch.setattr(gpu, "_bound_to", [])
    running = False
    monkeypatch.setattr("torch.cuda.is_initialized", lambda: running)
    with lease(1, ["0", "1"], tmp_path):
        running = True
    with lease(1, ["0", "1"], tmp_path) as same:
        assert same.devices == ("0",)
    with (
        pytest.raises(NoDevice, match="a process of their own"),
        lease(2, ["0", "1"], tmp_path),
    ):
        pass
    with pytest.raises(NoDevice, match="a process of their own"), lease(1, ["1"], tmp_path):
        pass
