"""Every stage that asks a model, so that what it was answered can be parsed again by its name."""

from __future__ import annotations

from collections.abc import Iterable

from resources.chat.stages import Stage


def asked_stages() -> tuple[Stage, ...]:
    """Return the stages, one a prompt: those of one name differ in their prompt's version."""
    from tg_assets.cot_answers import prompts as steps
    from tg_assets.filtered_pairs import prompts as filtering
    from tg_assets.model_answers import prompts as known_tasks
    from tg_assets.model_performance.translation import prompts as translation
    from tg_assets.raw_qa import prompts as questions
    from tg_assets.referee_scores.prompts import stage as vote_stage
    from tg_assets.task_tree.prompts import PROMPTS
    from tg_assets.task_tree.questions import growth_stage

    return (
        *(growth_stage(prompt) for prompt in PROMPTS),
        filtering.STAGE,
        questions.STAGE,
        *(vote_stage(sees) for sees in ("answer", "question")),
        steps.STAGE,
        translation.STAGE,
        known_tasks.STAGE,
    )


def stages_called(name: str | None) -> tuple[Stage, ...]:
    """Return the stages of a name, all of them for null.

    Raises:
        UnknownStage: No stage is called so.
    """
    stages = asked_stages()
    chosen = tuple(stage for stage in stages if name in (None, stage.name))
    if not chosen:
        raise UnknownStage(name, (stage.name for stage in stages))
    return chosen


class UnknownStage(ValueError):  # noqa: N818 - it is said to a person
    """A name that no stage has."""

    def __init__(self, name: str | None, known: Iterable[str]) -> None:
        super().__init__(f"no stage is called {name!r}; there are {', '.join(sorted(set(known)))}")
