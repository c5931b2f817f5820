"""The assets `balanced_dataset` and `published_dataset`."""

from __future__ import annotations

from typing import Any

import dagster as dg
import polars as pl

from resources import progress
from tg_assets.artifact import Made, Work, artifact
from tg_assets.balanced_dataset.balancing import Balanced, balance, is_known
from tg_assets.balanced_dataset.facts import DatasetFacts, count_levels
from tg_assets.balanced_dataset.gathering import gather
from tg_assets.balanced_dataset.places import written_to
from tg_assets.image_pool.licences import as_of_now, changed
from tg_assets.showing import plot, thumbnails
from tg_assets.tables import GROUND_TRUTH_QA, IMAGE_POOL, SCORED_QA, TASK_TREE

EXAMPLES = 12


@artifact("polars")
def balanced_dataset(work: Work) -> Made:
    """The published samples: enough votes, at most so many per task type, by stable priority."""
    from tg_assets.balanced_dataset import plots  # matplotlib

    tree = _tree(work)
    made = _balanced(work, tree)
    samples = made.samples
    per_type = samples.group_by("task_id").len()["len"].to_list()
    return Made(
        samples,
        metadata={
            "questions dropped": int(made.dropped["count"].sum()),
            "task types": samples["task_id"].n_unique(),
            "images": samples["image_id"].n_unique(),
            "different questions": samples["question"].n_unique(),
            "samples per type (most)": max(per_type, default=0),
            "samples per type": plot(plots.plot_samples_per_type(samples)),
            "samples with known answers": samples.filter(is_known()).height,
            "scores": plot(plots.plot_scores(samples["score"].drop_nulls())),
            "votes": plot(plots.plot_votes(samples)),
            "levels of the tree": plot(plots.plot_levels(count_levels(tree))),
            "examples": _examples(samples),
        },
        facts={
            "left_out": [[item.asset, item.partition, item.reason] for item in work.inputs.excluded]
        },
        beside={"dropped_questions": made.dropped},
        preview=samples.select("path", "question", "answer", "score", "license", "source"),
    )


@artifact("files")
def published_dataset(work: Work) -> Made:
    """The dataset in the formats that trainers read, with its card and its report."""
    from tg_assets.balanced_dataset.publishing import publish  # matplotlib

    samples = _with_cot(work, work.read("balanced_dataset"))
    tree = pl.concat(
        [TASK_TREE.empty(), *(work.tables.read("task_tree", b) for b in _batches(work))]
    )
    facts: DatasetFacts = gather(work, samples, tree)
    with written_to(work.galaxy) as place:
        published, left_out = publish(
            samples,
            tree,
            facts,
            place.folder,
            work.settings.dataset,
            lambda done, total: progress.report("published_dataset", done, total),
        )
    published = published.with_columns(path=place.moved(pl.col("path")))
    return Made(
        published,
        metadata={
            f"{name} ({rows} rows)": dg.MetadataValue.path(path)
            for name, path, rows in published.select("format", "path", "rows").iter_rows()
        }
        | {"licence": facts.resulting_licence, "cost of the dataset (USD)": facts.dollars},
        beside={"images_left_out": left_out},
    )


def _with_cot(work: Work, samples: pl.DataFrame) -> pl.DataFrame:
    """Add the step-by-step answers where the settings ask for them."""
    if work.settings.cot is None:
        return samples
    reasoned = work.read("cot_answers").select("sample_id", "cot_answer")
    return samples.join(reasoned, on="sample_id", how="left")


def _batches(work: Work) -> list[str]:
    return [batch for batch in work.registered.batches if work.tables.stamp("task_tree", batch)]


def _tree(work: Work) -> pl.DataFrame:
    return pl.concat([TASK_TREE.empty(), *(frame for _, frame in work.read_each("task_tree"))])


def _balanced(work: Work, tree: pl.DataFrame) -> Balanced:
    withdrawn = work.read("withdrawals")
    scored = [
        frame.with_columns(image_shard=pl.lit(shard))
        for shard, frame in work.read_each("scored_qa")
    ]
    empty = SCORED_QA.empty().with_columns(image_shard=pl.lit(None, pl.String))
    pool = pl.concat([IMAGE_POOL.empty(), *(frame for _, frame in work.read_each("image_pool"))])
    pool = pool.unique("image_id", keep="first", maintain_order=True)
    return balance(
        pl.concat([empty, *scored]),
        as_of_now(pool, changed(work.tables)),
        tree,
        min_score=work.settings.dataset.min_score,
        max_per_type=work.settings.dataset.max_per_type,
        withdrawn_images=set(withdrawn.filter(pl.col("kind") == "image")["id"]),
        withdrawn_tasks=set(withdrawn.filter(pl.col("kind") == "task_type")["id"]),
        known=_known(work) if work.settings.dataset.ground_truth else None,
    )


def _known(work: Work) -> pl.DataFrame:
    """Return the questions with known answers of all open shards."""
    frames = [
        frame.with_columns(image_shard=pl.lit(shard))
        for shard, frame in work.read_each("ground_truth_qa")
    ]
    empty = GROUND_TRUTH_QA.empty().with_columns(image_shard=pl.lit(None, pl.String))
    return pl.concat([empty, *frames])


def _examples(samples: pl.DataFrame) -> dg.MetadataValue[Any]:
    from tg_assets.balanced_dataset.report import example_samples

    columns = ("uri", "image_id", "path", "question", "answer")
    return thumbnails(example_samples(samples, EXAMPLES).select(columns).iter_rows())
