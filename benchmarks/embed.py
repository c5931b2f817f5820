"""Measures embedding: the model alone, from files, and texts.

    python -m benchmarks.embed --json
    python -m benchmarks.embed --model ViT-B-32 --images 256 --precision bf16
    python -m benchmarks.embed --model ViT-L-14 --images 20000 --texts 19227 --variants

`small` is the shipped model; any other name is that architecture of open_clip with random weights,
which cost as much as trained ones. The peak is what a square matrix product reaches on the same
device in the same precision; give --peak-tflops for the maker's figure instead.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.decode import encoded, photograph
from resources.clip import ClipEncoder
from resources.clip_checkpoint import Checkpoint
from resources.clip_pictures import Pixels
from resources.clip_settings import SMALL, ClipError, ClipSettings
from resources.device import DeviceClock
from resources.picture_decoders import PictureDecoders, Registered
from tg_assets import ids
from tg_assets.clip_similarity.labels import label_text
from tg_assets.scenes.vocabulary import served_paths


class RandomWeights(Checkpoint):
    """An architecture of open_clip with random weights."""

    def __init__(self, settings: ClipSettings) -> None:
        super().__init__(settings)
        self._model_name = settings.model

    @cached_property
    def weights_id(self) -> str:
        """Says that they are random."""
        return "random"

    @cached_property
    def architecture(self) -> str:
        """The architecture's name."""
        return self._model_name

    @cached_property
    def name(self) -> str:
        """The architecture's name."""
        import open_clip

        if open_clip.get_model_config(self._model_name) is None:
            raise ClipError(f"open_clip knows no architecture {self._model_name!r}")
        return self._model_name

    def load(self, precision: str, device: str) -> Any:
        """Make the model, the same each time."""
        import open_clip
        import torch

        torch.manual_seed(0)
        model = open_clip.create_model(
            self.name, precision=precision, device=device, load_weights=False
        )
        return model.eval().requires_grad_(False)


def encoder_of(given: argparse.Namespace) -> ClipEncoder:
    """Return the encoder that the options ask for."""
    settings = ClipSettings(
        model=given.model,
        device=given.device,
        precision=given.precision,
        batch_size=given.batch_size,
    )
    return ClipEncoder(settings, None if given.model == SMALL else RandomWeights(settings))


def gigaflops_per_image(encoder: ClipEncoder, pictures: Sequence[Pixels]) -> float:
    """Count what the image tower multiplies and adds for one picture."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        encoder.encode_fitted(pictures[: encoder.batch_size])
    return counter.get_total_flops() / encoder.batch_size / 1e9


def peak_tflops(device: str, precision: str, side: int) -> float:
    """Return what a matrix product of `side` reaches, in 10^12 operations a second."""
    import torch

    kind = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    where = "cpu" if device == "cpu" else "cuda"
    left = torch.randn(side, side, dtype=kind, device=where)
    best = float("inf")
    for _ in range(8):
        started = time.perf_counter()
        (left @ left)[0, 0].item()
        best = min(best, time.perf_counter() - started)
    return 2 * side**3 / best / 1e12


def rate(encode: Callable[[DeviceClock], Any], count: int) -> dict[str, Any]:
    """Time an encoding of `count` items."""
    clock = DeviceClock()
    clock.start()
    started = time.perf_counter()
    encode(clock)
    took = time.perf_counter() - started
    return {
        "per_s": round(count / took, 1),
        "device_busy": round(min(1.0, clock.busy_s() / took), 3),
    }


def alone(encoder: ClipEncoder, count: int) -> dict[str, Any]:
    """Encode pictures that are fitted already, all of them in memory once."""
    some = fitted(encoder)
    encoder.encode_fitted(some[:1])
    pictures = islice((picture for group in repeat(some) for picture in group), count)
    return rate(lambda clock: encoder.encode_fitted(pictures, clock), count)


def fitted(encoder: ClipEncoder) -> list[Pixels]:
    """Return a batch of different pictures as the model takes them."""
    dice = np.random.default_rng(0)
    fit = encoder.fit
    shape = (encoder.batch_size, fit.height, fit.width, 3)
    return list(dice.integers(0, 256, shape, dtype=np.uint8))


def from_files(encoder: ClipEncoder, given: argparse.Namespace) -> dict[str, Any]:
    """Read, decode and encode JPEGs of 640 x 480, as a run does."""
    with tempfile.TemporaryDirectory() as folder:
        images = _folder(Path(folder), min(given.images, given.files))
        images = list(islice((i for group in repeat(images) for i in group), given.images))
        decoders = PictureDecoders(given.workers, 0 if given.processes else given.images * 10)
        list(decoders.fitted(images[:16], encoder.fit))  # processes are started, as in a long run
        ahead = 2 * encoder.batch_size

        def encode(clock: DeviceClock) -> None:
            found = decoders.fitted(images, encoder.fit, ahead)
            encoder.encode_fitted((i.pixels for i in found if i.pixels is not None), clock)

        measured = rate(encode, len(images))
        decoders.close()
    return measured | {
        "decoders": "processes" if given.processes else "threads",
        "workers": decoders.workers,
    }


def _folder(folder: Path, count: int) -> list[Registered]:
    photo = photograph(640, 480)
    images = []
    for number in range(count):
        path = folder / f"{number}.jpg"
        path.write_bytes(encoded(photo, "JPEG", quality=88, comment=str(number).encode()))
        images.append(Registered(ids.image_id(path.read_bytes()), str(path)))
    return images


def texts(encoder: ClipEncoder, count: int) -> dict[str, Any]:
    """Encode task types' labels, all in one pass."""
    paths = served_paths()
    labels = [label_text(paths[n % len(paths)], "{label}") + f" {n}" for n in range(count)]
    encoder.encode_texts(labels[:1])
    return rate(lambda clock: encoder.encode_texts(labels, clock), count)


def variants(given: argparse.Namespace) -> dict[str, Any]:
    """Measure whether weights in channels-last order, or a compiled model, are any faster.

    In turns, the best of three each: other work on the machine only ever slows them down.
    """
    import torch

    encoders = {name: encoder_of(given) for name in ("plain", "channels_last", "compiled")}
    encoders["channels_last"].model.to(memory_format=torch.channels_last)
    encoders["compiled"].model.visual.compile()
    best = dict.fromkeys(encoders, 0.0)
    for _ in range(3):
        for name, encoder in encoders.items():
            best[name] = max(best[name], alone(encoder, given.images)["per_s"])
    return best


def report(given: argparse.Namespace) -> dict[str, Any]:
    """Measure everything."""
    encoder = encoder_of(given)
    about = encoder.describe()
    gigaflops = gigaflops_per_image(encoder, fitted(encoder))
    peak = given.peak_tflops or peak_tflops(about["device"], about["precision"], given.peak_side)
    model = alone(encoder, given.images)
    found = {
        **{name: about[name] for name in ("model", "device", "precision", "batch_size", "threads")},
        "cpus": len(os.sched_getaffinity(0)),
        "images": given.images,
        "gflop_per_image": round(gigaflops, 2),
        "peak_tflops": round(peak, 3),
        "share_of_peak": round(gigaflops * model["per_s"] / 1000 / peak, 3),
        "model_alone": model,
        "from_files": from_files(encoder, given),
        "texts": {"count": given.texts, **texts(encoder, given.texts)},
    }
    if given.variants:
        found["variants"] = variants(given)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=SMALL)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--batch-size", type=int, help="what suits the device when absent")
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--files", type=int, default=500, help="different files at most")
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--workers", type=int, help="decoders; one a processor when absent")
    parser.add_argument("--processes", action="store_true", help="decode in processes")
    parser.add_argument("--peak-tflops", type=float, help="the maker's figure")
    parser.add_argument("--peak-side", type=int, default=2048, help="8192 suits a GPU")
    parser.add_argument("--variants", action="store_true", help="channels-last and compiled, too")
    parser.add_argument("--json", action="store_true", help="one last line of JSON")
    given = parser.parse_args()
    found = report(given)
    for name, value in found.items():
        print(f"{name}: {value}")
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
