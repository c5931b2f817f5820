"""The tasks of an evaluation: plans drawn at random, so many a generator, with their instances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from tg_assets.ids import digest
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.instancing import instantiate
from tg_assets.task_space.libraries import OpenLibrary

TRIES = 50
"""Plans that are drawn at most for each task that is wanted."""
FEW = 100_000
"""Plans that are shuffled as a whole; of more, numbers are drawn one by one."""


def chosen_generators(library: OpenLibrary, named: Sequence[str]) -> list[str]:
    """Return the generators that are named, else all, without those that have no plan here.

    Raises:
        NoSuchPlan: There is no generator of a name.
    """
    space = library.space
    return [name for name in named or space.generators if space.generator(name).count]


def draw_tasks(
    library: OpenLibrary, generator: str, wanted: int, seed: int
) -> Iterator[Instance | NoInstance]:
    """Draw plans of a generator until so many have an instance.

    The tasks of a smaller number are among those of a larger one, and do not depend on which other
    generators are drawn from: what a model has answered stays answered.

    Args:
        library: Whose objects are shown.
        generator: Its name.
        wanted: How many instances.
        seed: Of the plans and of the instances.

    Yields:
        What became of each plan, in the order in which they are drawn: each as likely as any
        other, none twice. Fewer instances than wanted where the generator has no more, or where
        `TRIES` plans for each were not enough.
    """
    plans = library.space.generator(generator)
    made = 0
    for index in islice(_numbers(plans.count, generator, seed), wanted * TRIES):
        plan = plans.plans(np.array([index])).row(0, named=True)
        outcome = instantiate(library.library, plan, seed)
        yield outcome
        made += isinstance(outcome, Instance)
        if made == wanted:
            return


def _numbers(count: int, generator: str, seed: int) -> Iterator[int]:
    """Yield the numbers below `count` in random order."""
    dice = np.random.default_rng(int(digest("evaluation", generator, seed), 16))
    if count <= FEW:
        yield from (int(number) for number in dice.permutation(count))
        return
    seen: set[int] = set()
    while len(seen) < count:
        number = int(dice.integers(count))
        if number not in seen:
            seen.add(number)
            yield number
