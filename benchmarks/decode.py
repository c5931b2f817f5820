"""Measures decoding and fitting pictures for CLIP, beside open_clip's transform and other ways.

    python -m benchmarks.decode --json
    python -m benchmarks.decode --images 200 --workers 8

Three parts: the ways to make a model's input of a JPEG, on one thread; every kind of file, ours
beside open_clip's transform; and what the decoders of a run deliver by threads and by processes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from resources.clip_pictures import Fit
from resources.picture_decoders import PictureDecoders, Registered
from tg_assets import ids
from tg_assets.scenes.render import render

Pixels = NDArray[np.uint8]
Way = Callable[[bytes], Pixels]

SIDE = 224
SIZES = ((640, 480), (1024, 768), (2000, 1500))
FIT = Fit(SIDE, SIDE)


def photograph(width: int, height: int) -> Image.Image:
    """A photograph where scikit-image is installed, else a rendered scene, with a camera's noise.

    Without noise an enlarged photograph has few bits, and decodes faster than any real one.
    """
    try:
        from skimage import data

        picture = Image.fromarray(data.astronaut())
    except ImportError:
        picture = Image.open(io.BytesIO(render("models", 7).png)).convert("RGB")
    samples = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, 4, samples.shape)
    return Image.fromarray(np.clip(samples + noise, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def kinds() -> Iterator[tuple[str, bytes]]:
    """Files of every kind."""
    middle = photograph(1024, 768)
    for width, height in SIZES:
        photo = photograph(width, height)
        yield f"jpeg {width}x{height}", encoded(photo, "JPEG", quality=88)
    yield "jpeg 100x75", encoded(photograph(100, 75), "JPEG")
    yield "progressive jpeg", encoded(middle, "JPEG", quality=88, progressive=True)
    yield "grey jpeg", encoded(middle.convert("L"), "JPEG", quality=88)
    yield "cmyk jpeg", encoded(middle.convert("CMYK"), "JPEG", quality=88)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    yield "turned jpeg", encoded(middle, "JPEG", quality=88, exif=exif)
    yield "jpeg strip 4000x60", encoded(photograph(4000, 60), "JPEG")
    yield "png", encoded(middle, "PNG")
    yield "grey png", encoded(middle.convert("L"), "PNG")
    veiled = middle.convert("RGBA")
    veiled.putalpha(Image.linear_gradient("L").resize(middle.size))
    yield "transparent png", encoded(veiled, "PNG")
    yield "gif", encoded(middle.convert("P", palette=Image.Palette.ADAPTIVE), "GIF")
    yield "webp", encoded(middle, "WEBP", quality=80)
    yield "bmp", encoded(middle, "BMP")
    yield "rendered png", render("documents", 7).png


def ways() -> Iterator[tuple[str, Way | str]]:
    """Ways to make a model's input of a file, or why one is not measured."""
    yield "open_clip transform", open_clip_way()
    yield "ours", FIT.of_file
    yield "Pillow draft + transform", draft_way()
    for name, make in (("OpenCV", opencv_way), ("pyvips thumbnail", pyvips_way)):
        try:
            yield name, make()
        except ImportError as error:
            yield name, f"not installed ({error})"


def open_clip_way() -> Way:
    """What open_clip does with a file that Pillow opens."""
    transform = _transform()
    return lambda content: _bytes(transform(Image.open(io.BytesIO(content))))


def draft_way() -> Way:
    """The same, with Pillow's own reduced decoding."""
    transform = _transform()

    def fitted(content: bytes) -> Pixels:
        image = Image.open(io.BytesIO(content))
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        return _bytes(transform(image))

    return fitted


def opencv_way() -> Way:
    """OpenCV's reduced decoding, then area averaging, which it has for anti-aliasing."""
    import cv2

    cv2.setNumThreads(1)

    def fitted(content: bytes) -> Pixels:
        data = np.frombuffer(content, np.uint8)
        flag = cv2.IMREAD_REDUCED_COLOR_2 if len(content) > 400_000 else cv2.IMREAD_COLOR
        pixels = cv2.cvtColor(cv2.imdecode(data, flag), cv2.COLOR_BGR2RGB)
        size = FIT.resized(pixels.shape[1], pixels.shape[0])
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        left, top = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
        return np.ascontiguousarray(small[top : top + SIDE, left : left + SIDE])

    return fitted


def pyvips_way() -> Way:
    """The thumbnail of libvips, which decodes reduced and resizes while it decodes."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    import pyvips

    def fitted(content: bytes) -> Pixels:
        small = pyvips.Image.thumbnail_buffer(content, SIDE, height=SIDE, crop="centre")
        return np.ascontiguousarray(small.numpy()[..., :3])

    return fitted


def _transform() -> Callable[[Image.Image], Any]:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    config = PreprocessCfg(size=SIDE, mean=(0, 0, 0), std=(1, 1, 1))
    transform: Callable[[Image.Image], Any] = image_transform_v2(config, is_train=False)
    return transform


def _bytes(samples: Any) -> Pixels:
    pixels: Pixels = samples.mul(255).round().byte().permute(1, 2, 0).numpy()
    return pixels


def seconds(runs: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Return the median processor time of each, taken in turns, after one to warm up.

    Processor time, because none of this waits and a busy machine would be measured instead.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(repeats + 1):
        for name, run in runs.items():
            started = time.process_time()
            run()
            if turn:
                times[name].append(time.process_time() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


def by_way(repeats: int) -> list[dict[str, Any]]:
    """Measure every way on JPEGs of three sizes."""
    rows = []
    for width, height in SIZES:
        content = encoded(photograph(width, height), "JPEG", quality=88)
        about = {"jpeg": f"{width}x{height}", "kilobytes": len(content) // 1000}
        there = {name: way for name, way in ways() if not isinstance(way, str)}
        took = seconds({name: partial(way, content) for name, way in there.items()}, repeats)
        wanted = open_clip_way()(content).astype(int)
        for name, way in there.items():
            difference = np.abs(way(content) - wanted)
            rows.append(
                about
                | {
                    "way": name,
                    "images_per_s": round(1 / took[name], 1),
                    "largest_difference": int(difference.max()),
                    "mean_difference": round(float(difference.mean()), 2),
                }
            )
        missing = {name: way for name, way in ways() if isinstance(way, str)}
        rows += [about | {"way": name, "skipped": why} for name, why in missing.items()]
    return rows


def by_kind(repeats: int) -> list[dict[str, Any]]:
    """Measure ours beside open_clip's transform for every kind of file."""
    theirs = open_clip_way()
    rows = []
    for name, content in kinds():
        runs = {"ours": partial(FIT.of_file, content), "theirs": partial(theirs, content)}
        took = seconds(runs, repeats)
        rows.append(
            {
                "file": name,
                "ms": round(took["ours"] * 1000, 2),
                "open_clip_ms": round(took["theirs"] * 1000, 2),
                "times_as_fast": round(took["theirs"] / took["ours"], 2),
            }
        )
    return rows


def by_decoders(images: int, workers: int) -> list[dict[str, Any]]:
    """Measure what the decoders of a run deliver, and how long the first picture takes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        there = _folder(Path(folder), images)
        for kind, processes_from in (("threads", images * 10), ("processes", 0)):
            decoders = PictureDecoders(workers, processes_from)
            started = time.perf_counter()
            next(decoders.fitted(there[:1], FIT))
            first = time.perf_counter() - started
            started, busy = time.perf_counter(), time.process_time()
            count = sum(1 for _ in decoders.fitted(there, FIT))
            took, busy = time.perf_counter() - started, time.process_time() - busy
            decoders.close()
            rows.append(
                {
                    "decoders": kind,
                    "workers": workers,
                    "first_picture_s": round(first, 2),
                    "images_per_s": round(count / took, 1),
                    "ms_of_this_process_per_image": round(busy / count * 1000, 2),
                }
            )
    return rows


def _folder(folder: Path, images: int) -> list[Registered]:
    photo = photograph(640, 480)
    there = []
    for number in range(images):
        path = folder / f"{number}.jpg"
        path.write_bytes(encoded(photo, "JPEG", quality=88, comment=str(number).encode()))
        there.append(Registered(ids.image_id(path.read_bytes()), str(path)))
    return there


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15, help="of each way and file")
    parser.add_argument("--images", type=int, default=300, help="for the decoders of a run")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", help="one last line of JSON")
    given = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    found = {
        "cpus": len(os.sched_getaffinity(0)),
        "ways": by_way(given.repeats),
        "kinds": by_kind(given.repeats),
        "decoders": by_decoders(given.images, given.workers),
    }
    for part in ("ways", "kinds", "decoders"):
        print(f"{part}:")
        for row in found[part]:
            print("  " + ", ".join(f"{name} {value}" for name, value in row.items()))
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
