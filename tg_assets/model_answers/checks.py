"""The suites of `evaluation_tasks` and `model_answers`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from tg_assets.model_answers.answering import permuted
from tg_assets.suites import Measure, Subject, Suite, between, first_reason, matching, one_of
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.instancing import instantiate
from tg_assets.task_space.soundness.checking import Checker

ASKED = ("generator", "plan_index", "seed", "permutation", "options", "right")


def _tasks(subject: Subject) -> Sequence[Measure]:
    rows, found = subject.frame, list(_refuted(subject))
    outside = rows.filter(~pl.col("right").is_between(0, pl.col("options").list.len() - 1))
    pictures = rows.filter((pl.col("kind") == "video") != (pl.col("frames").list.len() > 0))
    return [
        Measure(
            "tasks that the checker refutes",
            len(found),
            high=0,
            advice=f"The first: {found[0]}" if found else "",
        ),
        Measure("tasks whose right option is none of theirs", outside.height, high=0),
        Measure("videos without frames, or pictures with them", pictures.height, high=0),
    ]


def _refuted(subject: Subject) -> Iterator[str]:
    """Yield a line for each task that is not what its plan makes, or not sound."""
    if subject.frame.is_empty():
        return
    opened = subject.galaxy.library
    checker = Checker(opened.library)
    columns = ("generator", "plan_index", "seed", "question", "options", "right")
    for generator, index, seed, question, options, right in subject.frame.select(
        columns
    ).iter_rows():
        plan = opened.space.generator(generator).plans(np.array([index])).row(0, named=True)
        made = instantiate(opened.library, plan, seed)
        task = f"{generator} {index}"
        if not isinstance(made, Instance):
            yield f"{task}: {made.reason}"
            continue
        texts = [option.text for option in made.asked.options]
        if (made.asked.question, texts, made.asked.right) != (question, options, right):
            yield f"{task}: {question} is not what its plan asks"
        yield from (f"{task}: {fault.kind}: {fault.message}" for fault in checker.faults(made))


def _answers(subject: Subject) -> Sequence[Measure]:
    frame = subject.frame
    failed = pl.col("how").is_null()
    asked = permuted(
        subject.tables.read("evaluation_tasks"), subject.settings.evaluation.permutations
    )
    schema = {name: kind for name, kind in frame.schema.items() if name in ASKED}
    wanted = pl.DataFrame(
        [{name: task[name] for name in ASKED} for task in asked], schema=schema, strict=False
    )
    missing = wanted.join(frame.select(ASKED), on=ASKED, how="anti")
    return [
        Measure(
            "tasks that were not asked",
            missing.height,
            high=0,
            advice="The answers are older than the tasks: materialize them again.",
        ),
        Measure(
            "share of tasks without a reply",
            frame["how"].null_count() / frame.height if frame.height else None,
            high=subject.settings.checks.max_failed_requests,
            advice=first_reason(frame, failed)
            + "The column reason has them all; the next run asks again.",
        ),
        Measure(
            "answers that contradict themselves",
            frame.filter(pl.col("correct") != (pl.col("said") == pl.col("right"))).height,
            high=0,
        ),
    ]


KINDS = one_of("kind", ["2d", "3d", "video"])
EVALUATION_TASKS = Suite("evaluation_tasks", [matching("question", r"\S"), KINDS], _tasks)
MODEL_ANSWERS = Suite(
    "model_answers",
    [
        matching("question", r"\S"),
        KINDS,
        between("permutation", 0, 3),
        one_of("how", ["exact", "letter", "text", "several", "none"]),
    ],
    _answers,
)
