"""Records what the real image processors of `transformers` count, for `processors.json`.

    pip install transformers torchvision && python tests/money/record_processors.py

The processors' own functions are asked, with the settings of the published checkpoints; nothing
is downloaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SIZES = [
    (1, 1), (20, 20), (56, 56), (64, 448), (100, 100), (224, 224), (300, 200), (336, 336),
    (336, 672), (333, 777), (384, 384), (400, 300), (448, 448), (500, 1500), (512, 512),
    (640, 480), (672, 672), (768, 512), (800, 600), (801, 600), (896, 448), (900, 1600),
    (1000, 250), (1000, 1000), (1008, 336), (1024, 512), (1024, 576), (1024, 683), (1024, 768),
    (1024, 1024), (1200, 1200), (1344, 1344), (1400, 700), (1600, 1200), (2000, 1333),
    (2048, 1024), (3000, 300), (3000, 2000), (4032, 3024), (5000, 5000),
]  # fmt: skip


def qwen(factor: int, least: int, most: int) -> dict[str, int]:
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

    counts = {}
    for width, height in SIZES:
        if max(width, height) / min(width, height) < 200:
            down, across = smart_resize(height, width, factor, least, most)
            counts[f"{width}x{height}"] = (down // factor) * (across // factor)
    return counts


def llava_next(side: int, patch: int, grids: list[list[int]], processor: Any) -> dict[str, int]:
    counts = {}
    for width, height in SIZES:
        fake = SimpleNamespace(
            image_processor=SimpleNamespace(image_grid_pinpoints=grids),
            patch_size=patch,
            num_additional_image_tokens=0,
            num_image_tokens=(side // patch) ** 2,
            vision_aspect_ratio="anyres_max_9",
        )
        fake._get_unpadded_features = lambda *given, fake=fake: processor._get_unpadded_features(
            fake, *given
        )
        counts[f"{width}x{height}"] = processor._get_number_of_features(
            fake, height, width, side, side
        )
    return counts


def internvl() -> dict[str, int]:
    from transformers.models.got_ocr2.image_processing_got_ocr2 import get_optimal_tiled_canvas

    counts = {}
    for width, height in SIZES:
        across, down = get_optimal_tiled_canvas((height, width), (448, 448), 1, 12)
        tiles = across * down
        counts[f"{width}x{height}"] = 256 * (tiles + 1 if tiles > 1 else 1)
    return counts


def pixtral(patch: int, longest: int) -> dict[str, int]:
    import numpy as np
    from transformers.models.pixtral.image_processing_pixtral import get_resize_output_image_size

    counts = {}
    for width, height in SIZES:
        if max(width, height) <= 4032:
            picture = np.zeros((3, height, width), dtype=np.uint8)
            down, across = get_resize_output_image_size(picture, (longest, longest), patch)
            counts[f"{width}x{height}"] = (across // patch + 1) * (down // patch)
    return counts


def main() -> None:
    import transformers
    from transformers.models.llava_next.processing_llava_next import LlavaNextProcessor
    from transformers.models.llava_onevision.processing_llava_onevision import (
        LlavaOnevisionProcessor,
    )

    next_grids = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]
    onevision = [[384 * down, 384 * across] for down in range(1, 7) for across in range(1, 7)]
    recorded = {
        "transformers": transformers.__version__,
        "counts": {
            "Qwen/Qwen2-VL-7B-Instruct": qwen(28, 3136, 12_845_056),
            "Qwen/Qwen2.5-VL-7B-Instruct": qwen(28, 3136, 12_845_056),
            "Qwen/Qwen3-VL-8B-Instruct": qwen(32, 65_536, 16_777_216),
            "llava-hf/llava-v1.6-mistral-7b-hf": llava_next(
                336, 14, next_grids, LlavaNextProcessor
            ),
            "llava-hf/llava-onevision-qwen2-7b-ov-hf": llava_next(
                384, 14, onevision, LlavaOnevisionProcessor
            ),
            "OpenGVLab/InternVL2-26B": internvl(),
            "mistral-community/pixtral-12b": pixtral(16, 1024),
            "mistralai/Mistral-Small-3.1-24B-Instruct-2503": pixtral(28, 1540),
        },
    }
    Path(__file__).with_name("processors.json").write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
