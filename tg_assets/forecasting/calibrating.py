"""What trying the referees will ask: pairs of the pictures that are there, and of those to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from resources.chat.asking.packing import is_settled
from resources.galaxy import Galaxy
from tg_assets.forecasting.known import Remembered
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.spans import Span
from tg_assets.forecasting.standing import Standing
from tg_assets.referee_calibration.pairs import ShardAnswers, choose_pairs, kinds_for
from tg_assets.referee_scores.prompts import stage
from tg_assets.referee_scores.questions import questions
from tg_assets.tables import IMAGE_POOL

QUESTION_LIKE = {
    "task_label": "object recognition~object recognition in 2d compositions",
    "question": "What is the object directly below the flower in the image?",
    "answer": "turtle",
}


def add(
    lines: Mapping[str, Line],
    galaxy: Galaxy,
    standing: Standing,
    remembered: Remembered,
    drawn_to_come: int,
) -> None:
    """Add the votes on pairs with known answers to the referees' lines.

    Args:
        lines: By referee.
        galaxy: The resource; its tables are read.
        standing: What is made already.
        remembered: What the ledger knows.
        drawn_to_come: Pictures that the pass will draw; each may bring pairs.
    """
    settings = galaxy.settings
    kinds = kinds_for(settings.referee_sees)
    most = settings.calibration.pairs * len(kinds)
    if not most or standing.is_made("referee_calibration"):
        return
    pairs = choose_pairs(_shards(galaxy), settings.calibration.pairs, kinds)
    sizes = _sizes(galaxy) if pairs.height else {}
    to_come = Span(0.0, 1.0, 1.0) * float(most - pairs.height) if drawn_to_come else Span()
    for line in lines.values():
        line.partitions += 1
        _add_certain(line, pairs, galaxy, remembered, sizes)
        line.further = line.further_requests = to_come
        shape = line.meter.shape(stage(settings.referee_sees), [QUESTION_LIKE])
        picture = line.meter.image(list(sizes.values()), all_of_them=False)
        line.further_prompt = to_come * (shape.per_item + Span.exactly(shape.fixed) + picture)


def _add_certain(
    line: Line,
    pairs: pl.DataFrame,
    galaxy: Galaxy,
    remembered: Remembered,
    sizes: Mapping[str, tuple[int, int]],
) -> None:
    sees = galaxy.settings.referee_sees
    voting, identity = stage(sees), galaxy.chat_model(line.meter.name).identity
    keyed = {voting.key(identity, question): question for question in questions(pairs, sees)}
    known = remembered.known(list(keyed))
    fresh = [q for key, q in keyed.items() if key not in known or not is_settled(known[key])]
    line.known += len(keyed) - len(fresh)
    line.certain += len(fresh)
    line.certain_requests += len(fresh)
    for question in fresh:
        image = question.image
        size = None if image is None else sizes.get(image.image_id)
        line.certain_prompt += line.meter.prompt(voting.request([question]), size)


def _shards(galaxy: Galaxy) -> Iterator[ShardAnswers]:
    tables = galaxy.tables
    for shard in tables.partitions("ground_truth_qa"):
        known = tables.read("ground_truth_qa", shard)
        if known.height and all(tables.stamp(name, shard) for name in ("image_pool", "scenes")):
            pool = tables.read("image_pool", shard).select("image_id", "uri")
            texts = tables.read("scenes", shard).select("image_id", "scene")
            yield ShardAnswers(known.join(pool, on="image_id"), dict(texts.iter_rows()))


def _sizes(galaxy: Galaxy) -> dict[str, tuple[int, int]]:
    tables = galaxy.tables
    pools = [tables.read("image_pool", shard) for shard in tables.partitions("image_pool")]
    rows = pl.concat([IMAGE_POOL.empty(), *pools]).select("image_id", "width", "height")
    return {image: (width, height) for image, width, height in rows.iter_rows()}
