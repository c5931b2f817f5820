"""The asset `task_space`: how many plans each generator has; plans themselves are never stored."""

from __future__ import annotations

import polars as pl

from tg_assets.artifact import Made, Work, artifact
from tg_assets.tables import TASK_SPACE


@artifact("polars")
def task_space(work: Work) -> Made:
    """How many plans each generator has over the library, and the numbers they go by."""
    space = work.galaxy.library.space
    rows = [(name, count) for name, count in sorted(space.counts.items())]
    frame = pl.DataFrame(rows, schema=["generator", "plans"], orient="row").with_columns(
        first=pl.col("plans").cum_sum() - pl.col("plans")
    )
    library = space.library
    return Made(
        frame.select(pl.col(name).cast(kind) for name, kind in TASK_SPACE.columns.items()),
        metadata={
            "plans": space.total,
            "categories": len(library.taxonomy.concepts),
            "objects": len(library.assets),
            "library": str(library.folder),
        },
        facts={"plans": space.total},
    )
