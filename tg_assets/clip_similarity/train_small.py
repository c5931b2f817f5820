"""Trains the CLIP model that this repository ships, on scenes that it renders itself.

    python -m tg_assets.clip_similarity.train_small --minutes 15

Needs no download and no GPU: a small convolutional image tower and a text tower that is little
more than its table of words.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional

from resources.clip import ClipEncoder
from resources.clip_checkpoint import CONFIG_NAME, WEIGHTS_NAME
from resources.clip_settings import DEFAULT_LABEL_TEMPLATE, SMALL_CHECKPOINT, ClipSettings
from tg_assets.clip_similarity.labels import label_text
from tg_assets.clip_similarity.small_data import (
    FIRST_EVALUATION_SEED,
    SIZE,
    SceneSet,
    is_held_out,
    scene_keys,
    scene_set,
)
from tg_assets.clip_similarity.small_figures import Figures, figures
from tg_assets.scenes.vocabulary import decoys, served_paths
from tg_assets.tables import PATH_SEPARATOR

MODEL: dict[str, Any] = {
    "embed_dim": 64,
    "vision_cfg": {
        "timm_model_name": "test_convnext3",
        "timm_model_pretrained": False,
        "timm_pool": "avg",
        "timm_proj": "linear",
        "image_size": SIZE,
    },
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1},
}
PREPROCESS: dict[str, Any] = {
    "size": [SIZE, SIZE],
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "interpolation": "bicubic",
    "resize_mode": "squash",
}

RARITY = 0.5
"""How much rarer task types gain: a type's weight is its frequency to the power of -RARITY.

Without it the same few types, which apply to every picture of a family, fill every top 10.
"""

_THREADS = 2
_SHIFT = 4  # pixels by which a picture is moved at most
_DECOYS = 64  # task types per step that apply to nothing


@dataclass(frozen=True)
class Plan:
    """How long and how to train; `steps` wins over `minutes` and can be repeated exactly."""

    minutes: float = 15.0
    steps: int | None = None
    batch: int = 128
    rate: float = 2e-3
    seed: int = 0
    rarity: float = RARITY


class Vocabulary:
    """The texts of the task types that are trained on, tokenized once.

    Attributes:
        columns: Their columns in `served_paths`.
    """

    def __init__(self) -> None:
        paths = served_paths()
        self.columns = np.array([j for j, path in enumerate(paths) if not is_held_out(path)])
        trained = [paths[j] for j in self.columns]
        parents = [path for path in trained if path.count(PATH_SEPARATOR) < 2]
        self._tokenizer = open_clip.SimpleTokenizer(
            context_length=MODEL["text_cfg"]["context_length"]
        )
        # Also without leading levels, as long labels are shortened.
        self._variants = torch.stack(
            [
                self._tokens([_without_levels(path, dropped) for path in trained])
                for dropped in (0, 1, 2)
            ]
        )
        self._decoys = self._tokens([decoy for parent in parents for decoy in decoys(parent)])

    def draw(self, dice: torch.Generator) -> torch.Tensor:
        """One wording of every task type, and some decoys."""
        count = self._variants.shape[1]
        dropped = torch.multinomial(torch.tensor([0.7, 0.15, 0.15]), count, True, generator=dice)
        decoys = torch.randint(len(self._decoys), (_DECOYS,), generator=dice)
        return torch.cat([self._variants[dropped, torch.arange(count)], self._decoys[decoys]])

    def _tokens(self, paths: list[str]) -> torch.Tensor:
        tokens: torch.Tensor = self._tokenizer(
            [label_text(path, DEFAULT_LABEL_TEMPLATE) for path in paths]
        )
        return tokens


class Loss(torch.nn.Module):
    """Ranks what applies to a picture above what does not.

    Three parts. Over the task types of a picture, a softmax whose target is shared among all that
    apply, rarer ones more: its optimum ranks by probability times weight, so that a specific type
    that is likely beats a general one that is certain. Over the pictures of a task type, the same
    with equal shares. And for each pair a sigmoid, which tells the likely from the unlikely.
    """

    def __init__(self, frequency: torch.Tensor, rarity: float) -> None:
        super().__init__()
        self.weight = frequency.clamp(min=1e-3) ** -rarity
        self.scale = torch.nn.Parameter(torch.tensor(math.log(10.0)))
        self.bias = torch.nn.Parameter(torch.tensor(-3.0))

    def forward(self, cosines: torch.Tensor, applies: torch.Tensor, scale: torch.Tensor) -> Any:
        """Compare cosines (picture x text) with what applies; decoys are the last columns."""
        logits = cosines * scale
        shares = applies * self.weight
        shares = shares / shares.sum(dim=1, keepdim=True)
        by_picture = functional.cross_entropy(logits, shares)
        used = applies.sum(dim=0) > 0
        columns = applies[:, used] / applies[:, used].sum(dim=0)
        by_type = functional.cross_entropy(logits[:, used].T, columns.T)
        pairs = functional.binary_cross_entropy_with_logits(
            cosines * self.scale.exp() + self.bias, applies
        )
        return by_picture + 0.5 * by_type + 4 * pairs


def train(scenes: SceneSet, plan: Plan) -> torch.nn.Module:
    """Train from nothing, and say how it goes."""
    torch.manual_seed(plan.seed)
    dice = torch.Generator().manual_seed(plan.seed)
    vocabulary = Vocabulary()
    applies = torch.from_numpy(scenes.applies[:, vocabulary.columns]).float()
    applies = functional.pad(applies, (0, _DECOYS))
    model: torch.nn.Module = open_clip.CLIP(**MODEL).to(memory_format=torch.channels_last)
    loss = Loss(applies.mean(dim=0), plan.rarity)
    parameters = [*model.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.05)
    started, step, done = time.monotonic(), 0, 0.0
    while done < 1:
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * min(1, (step + 1) / 100, 0.5 + 0.5 * math.cos(math.pi * done))
        rows = torch.randint(len(applies), (plan.batch,), generator=dice)
        pictures = _as_input(scenes.pictures[rows.numpy()], dice)
        images, texts, scale = model(pictures, vocabulary.draw(dice))
        value = loss(images @ texts.T, applies[rows], scale)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        if step % 100 == 0:
            print(
                f"step {step}, {done:.0%}: loss {value.item():.3f}, scale {scale.item():.1f}",
                flush=True,
            )
        elapsed = (time.monotonic() - started) / 60
        done = step / plan.steps if plan.steps else elapsed / plan.minutes
    print(f"trained for {step} steps of {plan.batch} scenes")
    return model.eval()


def save(model: torch.nn.Module, folder: Path) -> None:
    """Write the model as open_clip reads it, in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": MODEL, "preprocess_cfg": PREPROCESS}
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        (Path(scratch) / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n")
        save_file(weights, Path(scratch) / WEIGHTS_NAME)
        for name in (CONFIG_NAME, WEIGHTS_NAME):
            (Path(scratch) / name).chmod(0o644)
            (Path(scratch) / name).replace(folder / name)


def evaluate(folder: Path, scenes: SceneSet) -> Figures:
    """Measure a saved model, through the encoder that the pipeline uses."""
    encoder = ClipEncoder(ClipSettings(checkpoint=str(folder), device="cpu"))
    paths = served_paths()
    texts = encoder.encode_texts([label_text(path, DEFAULT_LABEL_TEMPLATE) for path in paths])
    images = encoder.encode_images(Image.fromarray(picture) for picture in scenes.pictures)
    held_out = np.array([is_held_out(path) for path in paths])
    return figures(images @ texts.T, scenes.applies, held_out)


def _without_levels(path: str, dropped: int) -> str:
    levels = path.split(PATH_SEPARATOR)
    return PATH_SEPARATOR.join(levels[min(dropped, len(levels) - 1) :])


def _as_input(pictures: NDArray[np.uint8], dice: torch.Generator) -> torch.Tensor:
    """Pictures as the model sees them, each moved a little."""
    rows = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
    rows = functional.pad(rows, [_SHIFT] * 4, mode="replicate")
    shifts = torch.randint(2 * _SHIFT + 1, (len(rows), 2), generator=dice).tolist()
    moved = [row[:, y : y + SIZE, x : x + SIZE] for row, (y, x) in zip(rows, shifts, strict=True)]
    return torch.stack(moved).contiguous(memory_format=torch.channels_last)


def main() -> None:
    """Train, save and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=Plan.minutes, help="0 only measures")
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--rarity", type=float, default=RARITY)
    parser.add_argument("--scenes", type=int, default=2000, help="per family")
    parser.add_argument("--out", type=Path, default=SMALL_CHECKPOINT)
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "taskgalaxy-scenes"
    )
    given = parser.parse_args()
    torch.set_num_threads(_THREADS)
    if given.minutes or given.steps:
        scenes = scene_set(scene_keys(given.scenes, 0), given.cache, _THREADS)
        plan = Plan(minutes=given.minutes, steps=given.steps, rarity=given.rarity)
        save(train(scenes, plan), given.out)
    unseen = scene_set(scene_keys(80, FIRST_EVALUATION_SEED), given.cache, _THREADS)
    print("\n".join(evaluate(given.out, unseen).lines()))


if __name__ == "__main__":
    main()
