import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resources import device
from resources.clip import ClipEncoder
from resources.clip_checkpoint import CONFIG_NAME, WEIGHTS_NAME
from resources.clip_settings import SMALL_CHECKPOINT, ClipError, ClipSettings

COLORS = ["red", "green", "blue", "white"]


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return ClipEncoder(ClipSettings(device="cpu", batch_size=4))


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    dice = np.random.default_rng(0)
    return [
        Image.fromarray(dice.integers(0, 255, (40 + 9 * n, 90, 3), np.uint8)) for n in range(11)
    ]


def test_importing_loads_neither_torch_nor_open_clip() -> None:
    code = (
        "import sys; from resources.clip import ClipEncoder;"
        "from resources.clip_settings import ClipSettings;"
        "import resources.picture_decoders;"
        "ClipEncoder(ClipSettings(device='cpu')).fingerprint();"
        "print(sorted({'torch', 'open_clip', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_vectors_are_float32_of_length_one(encoder: ClipEncoder, images: list[Image.Image]) -> None:
    for vectors in (encoder.encode_images(images), encoder.encode_texts(COLORS)):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == encoder.dimension
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_nothing_gives_no_vectors(encoder: ClipEncoder) -> None:
    assert encoder.encode_images([]).shape == (0, encoder.dimension)
    assert encoder.encode_texts([]).shape == (0, encoder.dimension)


def test_an_image_has_the_same_vector_in_any_company(
    encoder: ClipEncoder, images: list[Image.Image]
) -> None:
    together = encoder.encode_images(iter(images))
    np.testing.assert_array_equal(together[::-1], encoder.encode_images(images[::-1]))
    np.testing.assert_array_equal(together[6], encoder.encode_images(images[6:7])[0])


def test_batch_size_changes_vectors_by_rounding_alone(
    encoder: ClipEncoder, images: list[Image.Image]
) -> None:
    other = ClipEncoder(ClipSettings(device="cpu", batch_size=7))
    np.testing.assert_allclose(
        encoder.encode_images(images), other.encode_images(images), atol=1e-5
    )


def test_transparent_pixels_count_as_white(encoder: ClipEncoder) -> None:
    hidden = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    vectors = encoder.encode_images([hidden, Image.new("RGB", (50, 50), "white")])
    np.testing.assert_array_equal(vectors[0], vectors[1])


@pytest.mark.parametrize("mode", ["L", "P", "LA", "CMYK", "1", "I;16"])
def test_pictures_of_every_mode_are_encoded(encoder: ClipEncoder, mode: str) -> None:
    assert np.isfinite(encoder.encode_images([Image.new(mode, (30, 40))])).all()


def test_fits_says_whether_the_text_tower_sees_everything(encoder: ClipEncoder) -> None:
    # Two more tokens mark beginning and end.
    assert encoder.fits(["red " * 30, "red " * 31, ""]) == [True, False, True]


def test_open_clip_loads_the_shipped_folder_itself(
    encoder: ClipEncoder, images: list[Image.Image]
) -> None:
    import open_clip
    import torch

    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{SMALL_CHECKPOINT}")
    with torch.no_grad():
        theirs = model.eval().encode_image(transform(images[0])[None], normalize=True).numpy()
    # Their Pillow and our torch round a few samples of a resized picture otherwise.
    assert float(encoder.encode_images(images[:1])[0] @ theirs[0]) > 0.99999


def test_the_shipped_folder_is_small() -> None:
    assert sum(file.stat().st_size for file in SMALL_CHECKPOINT.iterdir()) < 10_000_000


def test_describe_names_what_made_the_vectors(encoder: ClipEncoder) -> None:
    about = encoder.describe()
    assert about["device"] == "cpu"
    assert about["precision"] == "fp32"
    assert about["weights"].startswith("blake2b:")
    assert about["fingerprint"] == encoder.fingerprint()
    assert {"torch", "open_clip", "threads", "model", "batch_size"} <= set(about)


def test_the_fingerprint_follows_weights_configuration_and_precision(tmp_path: Path) -> None:
    def fingerprint(**changes: Any) -> str:
        return ClipEncoder(
            ClipSettings(checkpoint=str(tmp_path), device="cpu", **changes)
        ).fingerprint()

    config = (SMALL_CHECKPOINT / CONFIG_NAME).read_text()
    (tmp_path / CONFIG_NAME).write_text(config)
    (tmp_path / WEIGHTS_NAME).write_bytes(b"one")
    first = fingerprint()
    assert fingerprint(batch_size=5, label_template="{leaf}") == first
    assert fingerprint(precision="bf16") != first
    (tmp_path / WEIGHTS_NAME).write_bytes(b"two")
    second = fingerprint()
    assert second != first
    (tmp_path / CONFIG_NAME).write_text(config.replace("squash", "shortest"))
    assert fingerprint() not in (first, second)


def test_without_a_gpu_it_says_once_that_it_runs_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    device.say_cpu_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert ClipEncoder(ClipSettings()).describe()["device"] == "cpu"
    assert [record.message for record in caplog.records if "no GPU" in record.message] == [
        "CLIP: no GPU found, encoding on the CPU, which is slower"
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "VIT-B-23", "pretrained": "openai"}, "unknown to open_clip.*mean.*ViT-B-32"),
        ({"model": "smal"}, "unknown to open_clip.*mean.*small"),
        ({"model": "ViT-B-32"}, "has no weights: set checkpoint, or pretrained to one of"),
        ({"model": "ViT-B-32", "pretrained": "opneai"}, "no published weights.*mean openai"),
        ({"checkpoint": "/nowhere/model.pt"}, "/nowhere/model.pt does not exist"),
        ({"model": "ViT-B-32", "checkpoint": str(SMALL_CHECKPOINT / CONFIG_NAME)}, "expected a"),
        (
            {"model": "ViT-S-32", "checkpoint": str(SMALL_CHECKPOINT / WEIGHTS_NAME)},
            "'ViT-S-32' cannot be loaded from .*check that the weights were made for this model",
        ),
    ],
)
def test_a_model_that_cannot_be_loaded_is_explained(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClipError, match=message):
        ClipEncoder(ClipSettings(device="cpu", **settings)).encode_texts(["a"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "gpu"}, "device 'gpu'"),
        ({"precision": "int8"}, "precision 'int8'"),
        ({"device": "cpu", "precision": "fp16"}, "too slow"),
        ({"batch_size": 0}, "batch_size 0"),
        ({"checkpoint": "a", "pretrained": "b"}, "both checkpoint 'a' and pretrained 'b'"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClipError, match=message):
        ClipSettings(**settings)


def test_folders_without_configuration_or_weights_are_explained(tmp_path: Path) -> None:
    def load() -> None:
        ClipEncoder(ClipSettings(checkpoint=str(tmp_path), device="cpu")).fits(["a"])

    with pytest.raises(ClipError, match=f"folder without {CONFIG_NAME}"):
        load()
    (tmp_path / CONFIG_NAME).write_text((SMALL_CHECKPOINT / CONFIG_NAME).read_text())
    with pytest.raises(ClipError, match="exactly one weights file"):
        load()


def test_a_folder_whose_weights_are_of_another_architecture_is_explained(tmp_path: Path) -> None:
    config = (SMALL_CHECKPOINT / CONFIG_NAME).read_text()
    assert '"embed_dim": 64' in config
    (tmp_path / CONFIG_NAME).write_text(config.replace('"embed_dim": 64', '"embed_dim": 128'))
    (tmp_path / WEIGHTS_NAME).write_bytes((SMALL_CHECKPOINT / WEIGHTS_NAME).read_bytes())
    with pytest.raises(ClipError, match=r"size mismatch.*weights were made for this model"):
        ClipEncoder(ClipSettings(checkpoint=str(tmp_path), device="cpu")).fits(["a"])


def test_a_pass_that_does_not_fit_into_memory_says_which_batch_size_to_try(
    monkeypatch: pytest.MonkeyPatch, images: list[Image.Image]
) -> None:
    import torch

    def full(rows: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    encoder = ClipEncoder(ClipSettings(device="cpu", batch_size=8))
    monkeypatch.setattr(encoder.model, "encode_image", full)
    with pytest.raises(ClipError, match=r"8 rows of small: set clip\.batch_size to 4"):
        encoder.encode_images(images)


class Malicious:
    """Would run a command if it were unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_damaged_checkpoint_is_explained(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text((SMALL_CHECKPOINT / CONFIG_NAME).read_text())
    weights = (SMALL_CHECKPOINT / WEIGHTS_NAME).read_bytes()
    (tmp_path / WEIGHTS_NAME).write_bytes(weights[:100_000])
    with pytest.raises(ClipError, match="cannot be loaded from"):
        ClipEncoder(ClipSettings(checkpoint=str(tmp_path), device="cpu")).fits(["a"])


def test_a_pickle_that_runs_code_is_not_loaded(tmp_path: Path) -> None:
    import torch

    torch.save({"state_dict": Malicious(tmp_path / "ran")}, tmp_path / "model.pt")
    settings = ClipSettings("ViT-S-32", checkpoint=str(tmp_path / "model.pt"), device="cpu")
    with pytest.raises(ClipError, match="holds more than tensors"):
        ClipEncoder(settings).fits(["a"])
    assert not (tmp_path / "ran").exists()
