"""Rendered scenes as training and evaluation data for the shipped CLIP model."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tg_assets import ids
from tg_assets.scenes.questions import questions
from tg_assets.scenes.render import FAMILIES, render
from tg_assets.scenes.vocabulary import served_paths
from tg_assets.tables import PATH_SEPARATOR

FIRST_EVALUATION_SEED = 1_000_000
"""Scenes from this seed on are never trained on."""

HELD_OUT_SHARE = 0.12
SIZE = 112
"""Width and height in pixels that the model sees; pictures are squashed to it."""

_CHUNK = 50


@dataclass(frozen=True)
class SceneSet:
    """Pictures, and which task types have a question about each.

    Attributes:
        pictures: uint8, one row of SIZE x SIZE x 3 per scene.
        applies: One row per scene, one column per path of `served_paths`.
    """

    pictures: NDArray[np.uint8]
    applies: NDArray[np.bool_]


def is_held_out(path: str) -> bool:
    """Whether a task type is kept from training, to see how the model takes to new ones.

    About one in eight of the third level, by a hash of the path; their parents are trained on.
    """
    deep = path.count(PATH_SEPARATOR) == 2
    return deep and ids.unit_interval("held out of training", path) < HELD_OUT_SHARE


def scene_keys(per_family: int, first_seed: int) -> list[tuple[str, int]]:
    """Family and seed of so many scenes of every family."""
    return [
        (family, seed)
        for seed in range(first_seed, first_seed + per_family)
        for family in sorted(FAMILIES)
    ]


def scene_set(
    keys: Sequence[tuple[str, int]], cache: Path | None = None, workers: int = 1
) -> SceneSet:
    """Render the scenes, or read them from the cache folder where the same were kept.

    The cache's name covers a probe of each family, so that it is not used after the renderer, the
    questions or the vocabulary changed.
    """
    folder = None
    if cache is not None:
        probe = [(family, FIRST_EVALUATION_SEED) for family in sorted(FAMILIES)]
        parts = [json.dumps([list(keys), served_paths()]), *map(_probe, probe)]
        folder = cache / ids.fingerprint(parts)
        if folder.is_dir():
            return SceneSet(np.load(folder / "pictures.npy"), np.load(folder / "applies.npy"))
    made = _render_all(keys, workers)
    if folder is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            target = Path(scratch) / "set"
            target.mkdir()
            np.save(target / "pictures.npy", made.pictures)
            np.save(target / "applies.npy", made.applies)
            os.replace(target, folder)
    return made


def _render_all(keys: Sequence[tuple[str, int]], workers: int) -> SceneSet:
    if workers == 1:
        return _render_chunk(keys)
    chunks = [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
    parts: list[SceneSet] = []
    # not forked: locks that torch's threads hold would never open in a child
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(_render_chunk, chunks):
            parts.append(part)
            done = min(len(parts) * _CHUNK, len(keys))
            print(f"\rrendered {done} of {len(keys)} scenes", end="", flush=True)
    print()
    return SceneSet(
        np.concatenate([part.pictures for part in parts]),
        np.concatenate([part.applies for part in parts]),
    )


def _render_chunk(keys: Sequence[tuple[str, int]]) -> SceneSet:
    paths = served_paths()
    pictures = np.empty((len(keys), SIZE, SIZE, 3), np.uint8)
    applies = np.empty((len(keys), len(paths)), np.bool_)
    for row, (family, seed) in enumerate(keys):
        rendered = render(family, seed)
        with Image.open(io.BytesIO(rendered.png)) as picture:
            small = picture.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        pictures[row] = np.asarray(small)
        applies[row] = [bool(questions(rendered.scene, path)) for path in paths]
    return SceneSet(pictures, applies)


def _probe(key: tuple[str, int]) -> str:
    made = _render_chunk([key])
    return ids.digest(made.pictures.tobytes(), made.applies.tobytes())
