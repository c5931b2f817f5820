"""How well models do: accuracy by what tasks are about, with intervals, and position bias.

What names no option, or has no reply, is neither right nor wrong: its share is told beside the
accuracy of the rest.
"""

from __future__ import annotations

from math import sqrt

import polars as pl

from tg_assets.tables import MODEL_PERFORMANCE, PLAN_COLUMNS, POSITION_BIAS

CONFIDENCE = 0.95
Z = 1.959963984540054
"""Of a normal distribution, for `CONFIDENCE`."""
TASK = ("generator", "plan_index", "seed")

_LETTER = pl.col("right").replace_strict(
    {place: chr(ord("A") + place) for place in range(26)}, return_dtype=pl.String
)
BY: dict[str, pl.Expr] = {
    "all": pl.lit("all"),
    "generator": pl.col("generator"),
    "kind": pl.col("kind"),
    "task type": pl.col("path"),
    **{column: pl.col(column).cast(pl.String) for column in PLAN_COLUMNS},
    "attribute_value": pl.concat_str("attribute_type", "attribute_value", separator="="),
    "right option": _LETTER,
    "permutation": pl.col("permutation").cast(pl.String),
}
"""What accuracy is told by; where a plan does not name it, the task does not count there."""


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the interval of a share that was seen in so many independent draws.

    Wilson's score interval (1927), which keeps to its level for few draws and shares near 0 or 1.

    Args:
        share: From 0 to 1.
        count: At least 1.
    """
    middle = share + Z * Z / (2 * count)
    half = Z * sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    whole = 1 + Z * Z / count
    # rounding must not leave a share of 0 or 1 outside its own interval
    return max(0.0, min(share, (middle - half) / whole)), min(
        1.0, max(share, (middle + half) / whole)
    )


def performance(answers: pl.DataFrame) -> pl.DataFrame:
    """Return ``MODEL_PERFORMANCE``: a row for each model and each value of what tasks are about.

    A task that was asked with its options in several orders counts once in the interval: answers
    to it depend on each other.

    Args:
        answers: ``MODEL_ANSWERS`` of all models.
    """
    parts = [MODEL_PERFORMANCE.empty()]
    for by, value in BY.items():
        rows = answers.with_columns(by=pl.lit(by), value=value).filter(
            pl.col("value").is_not_null()
        )
        if not rows.is_empty():
            parts.append(_counted(rows))
    return MODEL_PERFORMANCE.enforce(pl.concat(parts))


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    has_answer = pl.col("correct").is_not_null()
    counted = rows.group_by("model", "by", "value").agg(
        tasks=pl.struct(TASK).n_unique().cast(pl.Int64),
        asked=pl.len().cast(pl.Int64),
        answered=has_answer.sum().cast(pl.Int64),
        right=pl.col("correct").sum().cast(pl.Int64),
        independent=pl.struct(TASK).filter(has_answer).n_unique(),
    )
    counted = counted.with_columns(
        accuracy=pl.when(pl.col("answered") > 0).then(pl.col("right") / pl.col("answered")),
        unanswered=1 - pl.col("answered") / pl.col("asked"),
    )
    limits = [
        (None, None) if share is None else wilson(share, count)
        for share, count in counted.select("accuracy", "independent").iter_rows()
    ]
    return counted.with_columns(
        low=pl.Series([low for low, _ in limits], dtype=pl.Float64),
        high=pl.Series([high for _, high in limits], dtype=pl.Float64),
    ).select(*MODEL_PERFORMANCE.columns)


def position_bias(answers: pl.DataFrame) -> pl.DataFrame:
    """Return ``POSITION_BIAS``: how often a model names each place, and how often it is right.

    A model that does not care where an option stands names each place as often as the right option
    stands there, but for its mistakes; the excess is what it names beyond that.

    Args:
        answers: ``MODEL_ANSWERS`` of all models.
    """
    given = answers.filter(pl.col("said").is_not_null())
    if given.is_empty():
        return POSITION_BIAS.empty()
    places = range(int(given["options"].list.len().to_numpy().max()))
    rows = [
        {
            "model": model,
            "place": chr(ord("A") + place),
            "answered": mine.height,
            "named": int((mine["said"] == place).sum()) / mine.height,
            "right": int((mine["right"] == place).sum()) / mine.height,
        }
        for (model,), mine in given.group_by("model", maintain_order=True)
        for place in places
    ]
    frame = pl.DataFrame(rows).with_columns(excess=pl.col("named") - pl.col("right"))
    return POSITION_BIAS.enforce(frame)


def bias_of(places: pl.DataFrame) -> float:
    """Return a model's bias: the share of its answers that would have to name another place.

    Half the sum of the excesses' sizes (total variation distance): 0 is none, and a model that
    always says A has 0.75 where the right option is equally often in each of four places.

    Args:
        places: Rows of ``POSITION_BIAS`` of one model.
    """
    return float(places["excess"].abs().sum()) / 2


def steadiness(answers: pl.DataFrame) -> dict[str, float]:
    """Return, by model, on which share of tasks it names the same option in every order.

    Tasks that were asked once, or had no answer in some order, do not count; models without any
    other are absent.

    Args:
        answers: ``MODEL_ANSWERS`` of all models.
    """
    named = answers.with_columns(option=pl.col("options").list.get(pl.col("said")))
    tasks = named.group_by("model", *TASK).agg(
        orders=pl.len(), nulls=pl.col("option").null_count(), options=pl.col("option").n_unique()
    )
    whole = tasks.filter((pl.col("orders") > 1) & (pl.col("nulls") == 0))
    shares = whole.group_by("model").agg((pl.col("options") == 1).mean()).sort("model")
    return dict(shares.iter_rows())
