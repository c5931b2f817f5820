"""The asset `task_tree`."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.artifact import UNANSWERED, Made, Work, artifact
from tg_assets.pools import chat_pool
from tg_assets.showing import plot
from tg_assets.task_tree.growth import GrowthAnswer, grow
from tg_assets.task_tree.prompts import GrowthQuestion
from tg_assets.task_tree.questions import asked_about, growth_stage
from tg_assets.task_tree.task_types import TaskType, task_types_of


@artifact("tree", pool=lambda settings: chat_pool(settings, settings.task_tree.model))
def task_tree(work: Work) -> Made:
    """The batch's task types: its seeds, and what a model adds to them level by level."""
    (batch,) = work.keys
    settings = work.settings.task_tree
    earlier = _earlier(work, batch)
    seeds = work.tables.read("seed_paths", batch)["path"].to_list()
    grown = grow(
        existing=earlier,
        new_seeds=seeds,
        targets=settings.targets,
        max_rounds=settings.max_rounds,
        per_request=settings.per_request,
        ask=lambda questions: _asked(work, questions),
        also_under=() if seeds else [task_type.path for task_type in earlier],
    )
    from tg_assets.balanced_dataset.facts import count_levels
    from tg_assets.balanced_dataset.plots import plot_levels  # matplotlib

    levels = count_levels(grown.task_types)
    reasons = grown.rejected.group_by("reason").len().sort("reason")
    return Made(
        grown.task_types,
        metadata={f"level {level} (task types)": count for level, count in levels}
        | {"levels": plot(plot_levels(levels))}
        | {f"{reason} (rejected)": count for reason, count in reasons.iter_rows()},
        facts={UNANSWERED: sum(tally.asked_again for tally in work.tallies)},
        beside={"rejected_task_types": grown.rejected},
        preview=grown.task_types.select("path", "level", "origin", "model"),
    )


def _earlier(work: Work, batch: str) -> list[TaskType]:
    """Return the task types of earlier batches, from their files.

    Dagster refuses a dynamic partition that depends on its own earlier ones.
    """
    return [
        task_type
        for earlier in work.registered.batches
        if earlier < batch
        for task_type in task_types_of(work.tables.read("task_tree", earlier))
    ]


def _asked(work: Work, questions: Sequence[GrowthQuestion]) -> list[GrowthAnswer]:
    """Ask one round through the ledger; a question's prompt depends on what exists."""
    model = work.settings.task_tree.model
    results: dict[int, GrowthAnswer] = {}
    for name in sorted({question.prompt for question in questions}):
        chosen = [(n, q) for n, q in enumerate(questions) if q.prompt == name]
        stage = growth_stage(name)
        items = [asked_about(question) for _, question in chosen]
        for (n, question), answer in zip(chosen, work.ask(stage, items, model), strict=True):
            labels = None if answer.value is None else tuple(answer.value)
            results[n] = GrowthAnswer(labels, model, question.prompt_version, answer.reason)
    return [results[n] for n in range(len(questions))]
