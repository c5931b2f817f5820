"""The suite of `task_space`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_assets.ids import digest
from tg_assets.suites import Measure, Subject, Suite, between
from tg_assets.task_space.space import Generator

TRIED = 20
"""Plans of each generator that are looked up both ways."""


def _measures(subject: Subject) -> Sequence[Measure]:
    space = subject.galaxy.library.space
    astray = sum(_astray(generator) for generator in space.generators.values() if generator.count)
    return [
        Measure(
            "plans that come back under another number",
            astray,
            high=0,
            advice="index and plan must go both ways; see tests/task_space.",
        ),
        Measure("plans", sum(subject.frame["plans"]), low=1, advice="The library is empty."),
    ]


def _astray(generator: Generator) -> int:
    indexes = np.array(
        [int(digest(generator.name, n)[:12], 16) % generator.count for n in range(TRIED)]
    )
    plans = generator.plans(indexes).iter_rows(named=True)
    return sum(
        generator.index_of(plan) != index for plan, index in zip(plans, indexes, strict=True)
    )


SUITE = Suite("task_space", [between("plans", 0, None), between("first", 0, None)], _measures)
