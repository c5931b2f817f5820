"""Instances drawn in bulk and checked: what becomes of a generator's plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tg_assets.ids import digest
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.scenes.worlds import draw as draw_world
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.instancing import instances
from tg_assets.task_space.own_library import open_library
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.soundness.checking import Checker
from tg_assets.task_space.space import TaskSpace
from tg_assets.task_space.world import World

Drawer = Callable[[World], Picture | Clip]
CHUNK, DRAWN_CHUNK = 2_500, 10
"""Instances that a process makes and checks at a time, without and with pictures."""
PLANS_AT_ONCE = 500
PATIENCE = 40
"""Plans that are drawn for every instance that is wanted before it is given up."""
KEPT = 5
"""Unsound instances that are kept to be shown, of each generator."""


@dataclass(frozen=True, slots=True)
class Unsound:
    """An instance with what is wrong with it, in words."""

    instance: Instance | GraphInstance
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What became of plans of one generator.

    Attributes:
        plans: How many were drawn.
        instances: How many became instances.
        reasons: Why the others did not, with how often.
        unsound_count: How many of these are not sound.
        faults: What was wrong, by kind, with how many instances.
        unsound: The first few that are not sound.
    """

    plans: int = 0
    instances: int = 0
    unsound_count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    unsound: tuple[Unsound, ...] = ()

    def __add__(self, other: Verified) -> Verified:
        return Verified(
            self.plans + other.plans,
            self.instances + other.instances,
            self.unsound_count + other.unsound_count,
            self.reasons + other.reasons,
            self.faults + other.faults,
            (self.unsound + other.unsound)[:KEPT],
        )


def drawn(space: TaskSpace, generator: str, seed: int, part: int) -> Iterator[Mapping[str, Any]]:
    """Yield random plans of a generator without end; every part of a seed draws others.

    There are none where the generator has none.
    """
    mine = space.generator(generator)
    if not mine.count:
        return
    dice = np.random.default_rng(int(digest("verified", generator, seed, part), 16))
    while True:
        numbers = dice.integers(0, mine.count, PLANS_AT_ONCE)
        yield from mine.plans(numbers).iter_rows(named=True)


def made(
    space: TaskSpace, generator: str, n: int, seed: int, part: int = 0
) -> Iterator[Instance | NoInstance]:
    """Yield what becomes of random plans until so many are instances, or patience ends."""
    left = n
    plans = drawn(space, generator, seed, part)
    for number, outcome in enumerate(instances(space.library, plans, seed), start=1):
        yield outcome
        left -= isinstance(outcome, Instance)
        if not left or number >= PATIENCE * n:
            return


def verify(
    checker: Checker, outcomes: Iterable[Instance | NoInstance], draw: Drawer | None = None
) -> Verified:
    """Check what became of plans; where they can be drawn, their pictures too."""
    plans = made_of_them = unsound_count = 0
    reasons: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    unsound: list[Unsound] = []
    for outcome in outcomes:
        plans += 1
        if isinstance(outcome, NoInstance):
            reasons[outcome.reason] += 1
            continue
        made_of_them += 1
        faults = checker.faults(outcome)
        if draw is not None and not faults:
            faults = checker.seen_faults(outcome, draw(outcome.world))
        unsound_count += bool(faults)
        kinds.update({fault.kind for fault in faults})
        if faults and len(unsound) < KEPT:
            said = tuple(f"{fault.kind}: {fault.message}" for fault in faults)
            unsound.append(Unsound(outcome, said))
    return Verified(plans, made_of_them, unsound_count, reasons, kinds, tuple(unsound))


def verify_in_processes(
    folders: Sequence[Path],
    generators: Iterable[str],
    n: int,
    seed: int,
    workers: int,
    rendered: bool = False,
) -> Iterator[tuple[str, Verified]]:
    """Yield each generator with what became of its plans.

    Args:
        folders: Of the library, as `open_library` takes them.
        generators: Their names.
        n: How many instances of each.
        seed: The same seed draws the same plans, whatever the number of processes.
        workers: How many processes.
        rendered: Draw every instance and check its picture.

    Raises:
        TaskSpaceError: The library cannot be used, or an object cannot be drawn.
    """
    at_once = DRAWN_CHUNK if rendered else CHUNK
    sizes = [min(at_once, n - done) for done in range(0, n, at_once)]
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        asked = {
            generator: [
                pool.submit(_verify_part, tuple(folders), generator, size, seed, part, rendered)
                for part, size in enumerate(sizes)
            ]
            for generator in generators
        }
        for generator, parts in asked.items():
            yield generator, sum((part.result() for part in parts), Verified())


def _verify_part(
    folders: tuple[Path, ...], generator: str, n: int, seed: int, part: int, rendered: bool
) -> Verified:
    space, checker = _loaded(folders)
    draw = partial(draw_world, space.library) if rendered else None
    return verify(checker, made(space, generator, n, seed, part), draw)


@cache
def _loaded(folders: tuple[Path, ...]) -> tuple[TaskSpace, Checker]:
    library = open_library(folders)
    return TaskSpace(library), Checker(library)
