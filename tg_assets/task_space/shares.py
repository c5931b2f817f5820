"""How many plans of each generator have an instance, and why the others have none."""

from __future__ import annotations

from collections import Counter

import polars as pl

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.instancing import instances
from tg_assets.task_space.selection import Where
from tg_assets.task_space.space import TaskSpace


def shares(space: TaskSpace, n: int, seed: int) -> pl.DataFrame:
    """Return what becomes of random plans.

    Args:
        space: Whose plans are drawn.
        n: How many of each generator; all of them where it has fewer.
        seed: Of the plans and of the instances.

    Returns:
        ``generator``, ``reason`` (null for instances), ``plans`` (how many became that) and
        ``share`` (of the generator's, from 0 to 1), in the order of generators and of shares.
    """
    rows = []
    for generator in space.generators:
        plans = space.sample(n, seed, Where(generator=generator)).iter_rows(named=True)
        outcomes = Counter(
            one.reason if isinstance(one, NoInstance) else None
            for one in instances(space.library, plans, seed)
        )
        rows += [
            (generator, reason, plans, plans / outcomes.total())
            for reason, plans in outcomes.most_common()
        ]
    columns = {"generator": pl.String, "reason": pl.String, "plans": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row")
