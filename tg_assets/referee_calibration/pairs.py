"""Which pairs the referees are tried on: so many of each kind, the same ones every time.

Earlier shards come first and within a shard a hash decides, so that a new shard adds pairs only of
kinds that were short of some: votes that were bought stay in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from tg_assets import ids
from tg_assets.referee_calibration.faults import (
    KINDS,
    MADE_FROM_ONE,
    SHOWN_BY_QUESTION,
    UNFIT,
    Known,
    Said,
    unfit,
)
from tg_assets.scenes.families.worlds import library_of, world_of
from tg_assets.scenes.graph import Scene
from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.instancing import ask_about
from tg_assets.task_space.libraries import by_version
from tg_assets.task_space.soundness.truths import Truths

OTHERS = 40
"""Other pictures' questions that are tried before a picture has none that does not fit it."""

PAIRS = pl.Schema(
    {
        "kind": pl.String,
        "qa_id": pl.String,
        "image_id": pl.String,
        "uri": pl.String,
        "path": pl.String,
        "question": pl.String,
        "answer": pl.String,
        "known_answer": pl.String,
    }
)
"""A pair and what stands beside it; the known answer is null where the question does not fit."""


@dataclass(frozen=True, slots=True)
class ShardAnswers:
    """What a shard knows: ``GROUND_TRUTH_QA`` with the pictures' uri, and the scenes by image."""

    known: pl.DataFrame
    scenes: Mapping[str, str]


def kinds_for(sees: str) -> Sequence[str]:
    """Return the kinds of pairs that referees can tell who see the answer, or the question only."""
    return KINDS if sees == "answer" else SHOWN_BY_QUESTION


def choose_pairs(shards: Iterable[ShardAnswers], each: int, kinds: Sequence[str]) -> pl.DataFrame:
    """Return the pairs of all kinds, at most ``each`` of a kind.

    Args:
        shards: In their order; those that are not needed are not read.
        each: Pairs of a kind.
        kinds: Of `faults.KINDS`.

    Returns:
        Rows of ``PAIRS``; a kind is short where the pictures have no more of it.
    """
    rows: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in kinds}
    if each:
        for shard in shards:
            source = _Source(shard)
            for kind, found in rows.items():
                _fill(found, kind, each, source)
            if all(len(found) == each for found in rows.values()):
                break
    return pl.DataFrame([row for found in rows.values() for row in found.values()], schema=PAIRS)


def _fill(found: dict[str, dict[str, Any]], kind: str, each: int, source: _Source) -> None:
    for row in source.rows(kind):
        if len(found) >= each:
            return
        known = source.known(row)
        made = None if known is None else _made(kind, row, known, source)
        if made is not None and known is not None:
            pair = _pair(kind, row, made, known)
            found.setdefault(pair["qa_id"], pair)


def _made(kind: str, row: Mapping[str, Any], known: Known, source: _Source) -> Said | None:
    if kind == UNFIT:
        return unfit(known, source.others(row))
    return MADE_FROM_ONE[kind](known)


def _pair(kind: str, row: Mapping[str, Any], made: Said, known: Known) -> dict[str, Any]:
    image, task = row["image_id"], ids.task_id(made.path)
    return {
        "kind": kind,
        "qa_id": ids.qa_id(image, task, made.question, made.answer),
        "image_id": image,
        "uri": row["uri"],
        "path": made.path,
        "question": made.question,
        "answer": made.answer,
        "known_answer": None if kind == UNFIT else known.asked.answer,
    }


class _Source:
    """The known answers of a shard, read again as instances when they are needed."""

    def __init__(self, shard: ShardAnswers) -> None:
        self._rows = list(shard.known.iter_rows(named=True))
        self._scenes = shard.scenes
        self._known: dict[str, Known | None] = {}

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows in the order they are tried for a kind: each picture's first, first."""
        drawn = sorted(self._rows, key=lambda row: ids.digest("calibration", kind, row["qa_id"]))
        turns: dict[str, int] = {}
        order = []
        for place, row in enumerate(drawn):
            turn = turns[row["image_id"]] = turns.get(row["image_id"], -1) + 1
            order.append((turn, place))
        return [drawn[place] for _, place in sorted(order)]

    def others(self, row: Mapping[str, Any]) -> Iterator[Known]:
        """Yield what is known about other pictures, a few."""
        drawn = sorted(
            (other for other in self._rows if other["image_id"] != row["image_id"]),
            key=lambda other: ids.digest("other", row["qa_id"], other["qa_id"]),
        )
        for other in drawn[:OTHERS]:
            if (known := self.known(other)) is not None:
                yield known

    def known(self, row: Mapping[str, Any]) -> Known | None:
        """Return a row's instance; null where its scene is not there or no longer asks this."""
        name = row["qa_id"]
        if name not in self._known:
            text = self._scenes.get(row["image_id"])
            self._known[name] = None if text is None else _instance(row, Scene.from_json(text))
        return self._known[name]


def _instance(row: Mapping[str, Any], scene: Scene) -> Known | None:
    opened, world = library_of(scene), world_of(scene)
    plans = opened.space.generator(row["generator"]).plans(np.array([row["plan_index"]]))
    asked = ask_about(opened.library, world, plans.row(0, named=True), row["seed"])
    if isinstance(asked, NoInstance) or asked.question != row["question"]:
        return None
    return Known(row["path"], asked, world, _truths(opened.version))


@lru_cache(maxsize=4)
def _truths(library_version: str) -> Truths:
    return Truths(by_version(library_version).library)
