"""Known answers about pictures that are composed and never drawn."""

from __future__ import annotations

from functools import cache

import polars as pl

from tg_assets.ground_truth_qa.known import known_answers
from tg_assets.referee_calibration.pairs import ShardAnswers
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.render import compose
from tg_assets.task_space.libraries import opened


@cache
def shard(first: int, pictures: int) -> ShardAnswers:
    """Return what a shard of so many pictures knows."""
    scenes = {f"image-{n}": compose("sprites", n).to_json() for n in range(first, first + pictures)}
    rows = pl.DataFrame({"image_id": list(scenes), "scene": list(scenes.values())})
    known = known_answers(rows, opened())
    uris = pl.DataFrame({"image_id": list(scenes), "uri": [f"uri of {name}" for name in scenes]})
    return ShardAnswers(known.join(uris, on="image_id"), scenes)


def scene_of(image_id: str) -> Scene:
    """Return the scene of a picture of any shard here."""
    return compose("sprites", int(image_id.removeprefix("image-")))
