"""How the tree's growth is asked for: a question is its rendered text, answered alone."""

from __future__ import annotations

from collections.abc import Sequence

from resources.chat.stages import Question, Stage, UnusableReply
from tg_assets.task_tree import prompts
from tg_assets.task_tree.prompts import GrowthQuestion
from tg_assets.task_tree.replies import UnusableReply as UnusableLabels
from tg_assets.task_tree.replies import parse_labels


def asked_about(question: GrowthQuestion) -> Question:
    """Return what is asked for new task types under one parent."""
    return Question({"text": prompts.render(question)})


def growth_stage(prompt: str) -> Stage:
    """Return the stage of a growth prompt: ``extend`` or ``start``."""

    def parse(text: str, _: Sequence[Question]) -> list[list[str]]:
        try:
            return [parse_labels(text)]
        except UnusableLabels as error:
            raise UnusableReply(str(error)) from error

    return Stage(
        name="growth",
        prompt_version=prompts.PROMPT_VERSION[prompt],
        render=lambda questions: str(questions[0].item["text"]),
        parse=parse,
        schema_name="growth",
        schema=lambda _: prompts.GROWTH_SCHEMA,
        shared=False,
    )
