"""Evaluations in a file: a table of generator, index, model and correct."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.evaluations import KNOWN


def nobody(model: str, plans: pl.DataFrame) -> pl.DataFrame:
    """Say that there is no one to ask: an `evaluations.Evaluate` for what a file leaves open."""
    reason = pl.lit(f"{model} was not evaluated on it, and cannot be here")
    said = plans.with_columns(correct=pl.lit(None, pl.Float64), reason=reason)
    return said.select("correct", "reason")


def read_known(file: Path) -> pl.DataFrame:
    """Read evaluations from Parquet or CSV.

    Returns:
        The columns of `evaluations.KNOWN`; a plan that a model was evaluated on more than once has
        the mean. Rows with a null stay out: they failed.

    Raises:
        QueryError: The file is missing or is no such table; the message names it and what is wrong.
    """
    if not file.is_file():
        raise QueryError(f"{file} does not exist; it is to hold {', '.join(KNOWN)}")
    kind = file.suffix.lower()
    if kind not in (".parquet", ".csv"):
        raise QueryError(f"{file}: evaluations are read from .parquet or .csv")
    try:
        table = pl.read_parquet(file) if kind == ".parquet" else pl.read_csv(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise QueryError(f"{file} cannot be read: {error}") from None
    missing = [name for name in KNOWN if name not in table.columns]
    if missing:
        raise QueryError(
            f"{file} has no column {', '.join(missing)}; it has {', '.join(table.columns)}"
        )
    try:
        rows = table.select(pl.col(name).cast(kind) for name, kind in KNOWN.items())
    except pl.exceptions.PolarsError as error:
        raise QueryError(f"{file}: {error}") from None
    rows = rows.drop_nulls()
    wrong = rows.with_row_index("row").filter(~pl.col("correct").is_between(0, 1))
    if wrong.height:
        bad = wrong.row(0, named=True)
        raise QueryError(
            f"{file}: correct is from 0 to 1, not {bad['correct']} "
            f"({bad['model']}, plan {bad['index']} of {bad['generator']})"
        )
    merged: pl.DataFrame = rows.group_by("generator", "index", "model").agg(
        pl.col("correct").mean()
    )
    return merged.sort("model", "generator", "index")
