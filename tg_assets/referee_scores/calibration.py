"""Referees against known answers: rendered images say what is true."""

from __future__ import annotations

import polars as pl

from tg_assets.scenes.judging import judge
from tg_assets.suites import Subject
from tg_assets.task_tree.paths import task_paths


def accuracy_on_known_answers(subject: Subject) -> float | None:
    """Return the share of a referee's votes that the scene graphs confirm.

    Questions about images without a scene graph, and those without a vote, do not count.

    Args:
        subject: A partition (shard, referee) of ``referee_scores``.

    Returns:
        The share, null when no vote can be compared.
    """
    shard, _ = subject.keys
    votes = subject.frame.filter(pl.col("vote").is_not_null())
    questions = subject.tables.read("raw_qa", shard).join(votes, on="qa_id")
    rows = questions.join(task_paths(subject.tables), on="task_id")
    right = compared = 0
    for row in rows.iter_rows(named=True):
        scene = subject.galaxy.scene(row["image_id"])
        if scene is None:
            continue
        truth = judge(scene, row["path"], row["question"], row["answer"])
        if truth is None:
            continue
        compared += 1
        right += int(truth) == row["vote"]
    return right / compared if compared else None
