"""What the ledger can be asked: how questions ended, what failed and why, what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl
import sqlalchemy as sa

from resources.chat.ledger.ledger import COSTS, Ledger
from resources.chat.ledger.rows import keys_of
from resources.chat.ledger.schema import (
    ANSWERED,
    OUTCOME_CODES,
    answers,
    askings,
    responses,
)
from resources.chat.messages import Json, Outcome

# spelled as the index `unanswered` is, or SQLite does not see that it may use it
_UNANSWERED = sa.text(f"answers.outcome <> {ANSWERED}")
_FAILED = OUTCOME_CODES[Outcome.FAILED]


@dataclass(frozen=True, slots=True)
class Failure:
    """A question without an answer.

    Attributes:
        reason: Why there is none.
        item: What was asked about; null where an older version did not keep it.
        attempts: How often a reply was paid for.
    """

    key: str
    stage: str
    model: str
    outcome: Outcome
    reason: str | None
    image_id: str | None
    item: Json
    attempts: int


def outcomes(ledger: Ledger) -> pl.DataFrame:
    """Count answers by stage, model and outcome, ordered by them.

    Returns:
        Columns stage, model, outcome, answers.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    counted = (
        sa.select(answers.c.asking, answers.c.outcome, sa.func.count().label("count"))
        .group_by(answers.c.asking, answers.c.outcome)
        .subquery()
    )
    query = (
        sa.select(
            askings.c.stage,
            askings.c.model,
            counted.c.outcome,
            sa.cast(sa.func.sum(counted.c.count), sa.BigInteger),
        )
        .join_from(counted, askings, counted.c.asking == askings.c.id)
        .group_by(askings.c.stage, askings.c.model, counted.c.outcome)
    )
    schema = {"stage": pl.String, "model": pl.String, "outcome": pl.String, "answers": pl.Int64}
    return _frame(ledger, query, schema).sort("stage", "model", "outcome")


def reasons(
    ledger: Ledger, stage: str | None = None, model: str | None = None, limit: int = 20
) -> pl.DataFrame:
    """Count questions without an answer by why there is none, the most frequent first.

    Returns:
        Columns stage, model, outcome, reason, answers; at most `limit` rows.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    count = sa.func.count()
    named = (askings.c.stage, askings.c.model, answers.c.outcome, answers.c.reason)
    query = (
        _chosen(sa.select(*named, count), stage, model)
        .group_by(*named)
        .order_by(count.desc(), *named)
        .limit(limit)
    )
    schema = {
        "stage": pl.String,
        "model": pl.String,
        "outcome": pl.String,
        "reason": pl.String,
        "answers": pl.Int64,
    }
    return _frame(ledger, query, schema)


def failures(
    ledger: Ledger, stage: str | None = None, model: str | None = None, limit: int = 20
) -> list[Failure]:
    """Return questions without an answer, in the order of their keys.

    Args:
        ledger: The ledger.
        stage: Only of this stage.
        model: Only of this model.
        limit: At most so many.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    columns = (
        answers.c.key,
        askings.c.stage,
        askings.c.model,
        answers.c.outcome,
        answers.c.reason,
        answers.c.attempts,
        answers.c.asked,
        responses.c.image_id,
        responses.c.item_keys,
        responses.c["items"],
    )
    query = (
        _chosen(sa.select(*columns), stage, model)
        .outerjoin(responses, answers.c.response == responses.c.number)
        .order_by(answers.c.key)
        .limit(limit)
    )
    with ledger.reading() as connection:
        return [_failure(row) for row in connection.execute(query)]


def spending(ledger: Ledger) -> pl.DataFrame:
    """Return what was paid in all by stage and model, with what was asked in vain.

    Returns:
        The columns of `Ledger.costs`, and mean_latency_s (of paid responses, null without one)
        and failed (questions whose last request failed and was not paid for).

    Raises:
        LedgerError: The ledger cannot be read.
    """
    by = (askings.c.stage, askings.c.model)
    sums = [sa.func.sum(askings.c[name]) for name in (*list(COSTS)[2:], "latency_s")]
    paid = _frame(ledger, sa.select(*by, *sums).group_by(*by), {**COSTS, "latency_s": pl.Float64})
    failed = _frame(
        ledger,
        _chosen(sa.select(*by, sa.func.count()), None, None)
        .where(answers.c.outcome == sa.literal_column(str(_FAILED)))
        .group_by(*by),
        {"stage": pl.String, "model": pl.String, "failed": pl.Int64},
    )
    return (
        paid.join(failed, on=["stage", "model"], how="left")
        .filter((pl.col("requests") > 0) | pl.col("failed").is_not_null())
        .sort("stage", "model")
        .select(
            *list(COSTS)[:-1],
            pl.col("cost_usd").round(6),
            (pl.col("latency_s") / pl.col("requests")).fill_nan(None).alias("mean_latency_s"),
            pl.col("failed").fill_null(0),
        )
    )


def _chosen(query: sa.Select[Any], stage: str | None, model: str | None) -> sa.Select[Any]:
    query = query.join_from(answers, askings, answers.c.asking == askings.c.id).where(_UNANSWERED)
    if stage is not None:
        query = query.where(askings.c.stage == stage)
    if model is not None:
        query = query.where(askings.c.model == model)
    return query


def _frame(ledger: Ledger, query: sa.Select[Any], schema: dict[str, Any]) -> pl.DataFrame:
    with ledger.reading() as connection:
        found: Sequence[Any] = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(found, schema=schema, orient="row")


def _failure(row: Any) -> Failure:
    image_id, item = row.image_id, None
    if row.asked is not None:
        asked = orjson.loads(row.asked)
        image_id, item = asked["image_id"], asked["item"]
    elif row.items is not None:
        item = orjson.loads(row.items)[keys_of(row.item_keys).index(row.key)]
    return Failure(
        row.key, row.stage, row.model, row.outcome, row.reason, image_id, item, row.attempts
    )
