"""From scored questions to the balanced dataset: keep, merge, and cap each task type.

Which samples a full task type keeps is decided by a hash of the sample alone, so that a sample's
rank never depends on what else is there: new data replaces as few old samples as possible.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import polars as pl

from tg_assets import ids
from tg_assets.tables import BALANCED_DATASET, IMAGE_POOL, SCORED_QA, TASK_TREE, VOTES

DROPPED_SCHEMA = pl.Schema({"stage": pl.String, "reason": pl.String, "count": pl.Int64})
"""What was left behind and why: the columns of ``Balanced.dropped``."""

STAGE = "balanced_dataset"
KNOWN_MODEL = "known answer"
"""What stands in a sample's column ``model`` when no model was asked."""
KNOWN_SOURCE = " (known answers)"
"""What such a sample's source ends with."""


class BalanceError(ValueError):
    """The inputs do not fit together; the message names table, row and what to do."""


@dataclass(frozen=True)
class Balanced:
    """The balanced dataset and what did not make it.

    Attributes:
        samples: ``BALANCED_DATASET``, in the order of its key.
        dropped: ``stage``, ``reason``, ``count``; one row per reason, in the order of the steps,
            also where the count is zero. The counts and the samples add up to the scored questions
            and those with known answers.
    """

    samples: pl.DataFrame
    dropped: pl.DataFrame


def balance(
    scored: pl.DataFrame,
    pool: pl.DataFrame,
    tree: pl.DataFrame,
    *,
    min_score: int = 2,
    max_per_type: int = 55,
    withdrawn_images: AbstractSet[str] = frozenset(),
    withdrawn_tasks: AbstractSet[str] = frozenset(),
    known: pl.DataFrame | None = None,
) -> Balanced:
    """Choose the samples of the dataset.

    Args:
        scored: ``SCORED_QA`` of every open shard with the column ``image_shard``; a question whose
            image lies in several shards comes once per shard, and the row of the first shard key
            (in string order) stands for all of them.
        pool: ``IMAGE_POOL`` of the same shards, one row per image.
        tree: ``TASK_TREE`` over all batches.
        min_score: Votes a question needs.
        max_per_type: Samples a task type may have.
        withdrawn_images: Image ids that may no longer be used.
        withdrawn_tasks: Task ids that may no longer be used.
        known: ``GROUND_TRUTH_QA`` of every open shard with the column ``image_shard``, to enter as
            a source of its own: without votes and score, whether or not the tree has its types.

    Returns:
        The samples, and how many questions each step left behind.

    Raises:
        BalanceError: A column is missing, a limit makes no sense, or the pool or the tree names
            something twice.
    """
    _check(scored, pool, tree, max_per_type)
    steps: list[tuple[str, int]] = []

    def narrow(frame: pl.DataFrame, reason: str, keep: pl.Expr) -> pl.DataFrame:
        kept = frame.filter(keep)
        steps.append((reason, frame.height - kept.height))
        return kept

    given = [scored] if known is None else [scored, as_scored(known)]
    rows = _merge_twins(pl.concat(given))
    before = sum(frame.height for frame in given)
    steps.append(("same question in an earlier shard", before - rows.height))
    rows = narrow(rows, "image withdrawn", ~pl.col("image_id").is_in(list(withdrawn_images)))
    rows = narrow(rows, "task type withdrawn", ~pl.col("task_id").is_in(list(withdrawn_tasks)))
    enough = (pl.col("score") >= min_score) | is_known()
    rows = narrow(rows, f"score below {min_score}", enough)
    paths = tree.select("task_id", "path")
    if known is not None:
        own = known.select("task_id", "path").unique("task_id")
        paths = pl.concat([paths, own.join(paths, on="task_id", how="anti")])
    rows = rows.join(paths, on="task_id", how="left")
    rows = narrow(rows, "task type not in the tree", pl.col("path").is_not_null())
    image = pool.select("image_id", "uri", "source", "license")
    rows = rows.join(image, on="image_id", how="left").with_columns(
        source=pl.when(is_known())
        .then(pl.concat_str("source", pl.lit(KNOWN_SOURCE)))
        .otherwise("source")
    )
    rows = narrow(rows, "image not in the pool", pl.col("uri").is_not_null())
    rows = rows.with_columns(_sample_ids(rows["qa_id"]))
    distinct = one_per_question(rows)
    steps.append(("same question about the same image", rows.height - distinct.height))
    rows = distinct
    samples = cap_per_type(rows, max_per_type)
    steps.append((f"more than {max_per_type} of the task type", rows.height - samples.height))
    dropped = pl.DataFrame(
        [(STAGE, reason, count) for reason, count in steps], schema=DROPPED_SCHEMA, orient="row"
    )
    return Balanced(BALANCED_DATASET.enforce(samples), dropped)


def as_scored(known: pl.DataFrame) -> pl.DataFrame:
    """Return questions with known answers as scored ones that nobody voted on."""
    return known.select(
        "qa_id",
        "image_id",
        "task_id",
        "question",
        "answer",
        model=pl.lit(KNOWN_MODEL),
        prompt_version=pl.col("generator"),
        votes=pl.lit([], VOTES),
        score=pl.lit(None, pl.Int32),
        image_shard="image_shard",
    )


def is_known() -> pl.Expr:
    """Whether a sample's answer is known rather than asked."""
    return pl.col("model") == KNOWN_MODEL


def one_per_question(samples: pl.DataFrame) -> pl.DataFrame:
    """Keep one sample of those that ask the same about the same image, by stable priority.

    Several task types of an image may bring the same question; their answers may even differ.

    Args:
        samples: Any frame with ``image_id``, ``question`` and ``sample_id``.

    Returns:
        The rows kept, in no particular order.
    """
    repeated = pl.len().over("image_id", "question") > 1
    again = samples.filter(repeated)
    first = (
        again.select("image_id", "question", "sample_id")
        .with_columns(priority=priorities(again["sample_id"]))
        .sort("priority", "sample_id")
        .unique(["image_id", "question"], keep="first", maintain_order=True)
    )
    return pl.concat([samples.filter(~repeated), again.join(first, on="sample_id", how="semi")])


def cap_per_type(samples: pl.DataFrame, max_per_type: int) -> pl.DataFrame:
    """Keep at most ``max_per_type`` samples of each task type, by stable priority.

    Args:
        samples: Any frame with ``task_id`` and ``sample_id``.
        max_per_type: Samples a task type may have.

    Returns:
        The rows kept, in no particular order.
    """
    size = pl.len().over("task_id")
    within = samples.filter(size <= max_per_type)
    # Only full task types need their priorities: hashing is the slowest step of balancing.
    full = samples.filter(size > max_per_type)
    chosen = (
        full.select("task_id", "sample_id")
        .with_columns(priority=priorities(full["sample_id"]))
        .sort("task_id", "priority", "sample_id")
        .group_by("task_id", maintain_order=True)
        .head(max_per_type)
        .select("sample_id")
    )
    return pl.concat([within, full.join(chosen, on="sample_id", how="semi")])


def priorities(sample_ids: pl.Series) -> pl.Series:
    """Return the stable priority of each sample; the lowest ones stay when a type is full."""
    return _series(
        "priority", (ids.digest("priority", sample_id) for sample_id in sample_ids.to_list())
    )


def _sample_ids(qa_ids: pl.Series) -> pl.Series:
    return _series("sample_id", (ids.sample_id(qa) for qa in qa_ids.to_list()))


def _series(name: str, values: Iterable[str]) -> pl.Series:
    return pl.Series(name, list(values), dtype=pl.String)


def _merge_twins(scored: pl.DataFrame) -> pl.DataFrame:
    """Keep one row per question: that of the first shard, votes and all."""
    if not scored["qa_id"].is_duplicated().any():
        return scored
    # Only the twins are sorted: they are few, and the table is wide.
    twins = scored.filter(pl.col("qa_id").is_duplicated())
    first = twins.sort("image_shard", maintain_order=True).unique("qa_id", keep="first")
    return pl.concat([scored.filter(pl.col("qa_id").is_unique()), first])


def _check(scored: pl.DataFrame, pool: pl.DataFrame, tree: pl.DataFrame, max_per_type: int) -> None:
    if max_per_type < 1:
        raise BalanceError(
            f"max_per_type is {max_per_type}; a task type needs room for at least one sample"
        )
    required = (
        ("scored", scored, [*SCORED_QA.columns, "image_shard"]),
        ("pool", pool, ["image_id", "uri", "source", "license"]),
        ("tree", tree, ["task_id", "path"]),
    )
    for name, frame, columns in required:
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise BalanceError(f"{name}: columns {missing} are missing; it has {frame.columns}")
    for table, frame in ((IMAGE_POOL, pool), (TASK_TREE, tree)):
        key = table.key[0]
        if frame.height and frame[key].is_duplicated().any():
            twin = frame.filter(pl.col(key).is_duplicated())[key][0]
            raise BalanceError(
                f"{table.name}: {key} {twin} stands there twice, which would double its samples; "
                f"keep one row per {key} before balancing"
            )
