"""The assets `evaluation_tasks` and `model_answers`."""

from __future__ import annotations

import polars as pl

from resources import progress
from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.model_answers.answering import answer_rows, permuted, questions
from tg_assets.model_answers.drawing import chosen_generators, draw_tasks
from tg_assets.model_answers.prompts import STAGE
from tg_assets.model_answers.tasks import task_row
from tg_assets.model_answers.told import answered_examples, task_examples, without_answer
from tg_assets.pools import evaluated_pool
from tg_assets.tables import EVALUATION_TASKS, TASKS_WITHOUT_INSTANCE
from tg_assets.task_space.instance import NoInstance

OFF = {"off": "name models under evaluation.models to have them evaluated"}


class NotEvaluated(ValueError):  # noqa: N818 - a state, not a fault
    """A partition of a model that the settings no longer evaluate."""


@artifact("images")
def evaluation_tasks(work: Work) -> Made:
    """Tasks with known answers that models are asked, with their pictures and frames."""
    wanted = work.settings.evaluation
    if not wanted.is_on:
        beside = {"tasks_without_instance": TASKS_WITHOUT_INSTANCE.empty()}
        return Made(EVALUATION_TASKS.empty(), metadata=OFF, beside=beside)
    library, draw = work.galaxy.library, work.galaxy.renderer.render
    folder = work.tables.root / "images" / "evaluation"
    generators = chosen_generators(library, wanted.generators)
    total = len(generators) * wanted.per_generator
    rows, without = [], []
    for generator in generators:
        for outcome in draw_tasks(library, generator, wanted.per_generator, wanted.seed):
            if isinstance(outcome, NoInstance):
                without.append((generator, outcome.plan["index"], outcome.reason))
                continue
            rows.append(task_row(outcome, library, draw, folder))
            progress.report("evaluation_tasks", len(rows), total)
    frame = EVALUATION_TASKS.enforce(pl.DataFrame(rows, schema=dict(EVALUATION_TASKS.columns)))
    counts = frame.group_by("generator").len().sort("generator")
    fewer = counts.filter(pl.col("len") < wanted.per_generator)["generator"].to_list()
    lost = pl.DataFrame(without, schema=dict(TASKS_WITHOUT_INSTANCE.columns), orient="row")
    reasons = lost.group_by("reason").len().sort("len", "reason", descending=[True, False])
    return Made(
        frame,
        metadata={
            **{f"{generator} (tasks)": count for generator, count in counts.iter_rows()},
            "generators with fewer tasks than wanted": ", ".join(fewer) or "none",
            "drawn without an instance": dict(reasons.iter_rows()),
            "examples": task_examples(frame),
        },
        beside={"tasks_without_instance": lost},
        preview=frame.select("generator", "path", "question", "options", "right"),
    )


@artifact("chat", pool=evaluated_pool)
def model_answers(work: Work) -> Made:
    """What a model said about each task, with its options in each order, and whether it is so."""
    (model,) = work.keys
    wanted = work.settings.evaluation
    if model not in wanted.models:
        raise NotEvaluated(
            f"model_answers[{model}]: the settings do not evaluate {model!r}; name it under "
            "evaluation.models, or let `tg run` or the sensor take its partition away"
        )
    tasks = work.read("evaluation_tasks")
    asked = permuted(tasks, wanted.permutations)
    answers = work.ask(STAGE, questions(asked), model)
    frame = answer_rows(asked, answers, model)
    correct = frame["correct"]
    hows = frame.filter(pl.col("how").is_not_null()).group_by("how").len().sort("how")
    return Made(
        frame,
        metadata={
            "right": int(correct.sum()),
            "wrong": int((~correct).sum()),
            "no option named": int(frame.select(without_answer()).to_series().sum()),
            "no reply": frame["how"].null_count(),
            **{f"named by {how}": count for how, count in hows.iter_rows()},
            "examples": answered_examples(frame, tasks),
        },
        facts={UNANSWERED: unanswered(answers)},
        preview=frame.select("generator", "question", "options", "right", "said", "reply"),
    )
