"""Judging answers against the scene's truth, and making up ungrounded ones."""

from functools import lru_cache

import numpy as np

from tg_assets.scenes.graph import Scene
from tg_assets.scenes.questions import Question, by_path, known_family, questions
from tg_assets.scenes.questions.asking import normalized
from tg_assets.scenes.render import FAMILIES, compose

# Scenes from which ungrounded questions are borrowed; their seeds lie far from any real image's.
_DONORS_PER_FAMILY = 12
_DONOR_SEED = 7_000_000_000
_SUBJECTS = ("person", "dog", "signature", "vehicle", "logo", "building")
_ACTS = ("in the foreground", "near the left edge", "in the background", "at the top")


def judge(scene: Scene, task_path: str, question: str, answer: str) -> bool | None:
    """Whether the scene supports this question under this task type with this answer.

    Answers are compared without case, extra space and punctuation.

    Returns:
        None only for a scene of a family without templates, of which nothing can be said.
    """
    if not known_family(scene):
        return None
    asked, said = normalized(question), normalized(answer)
    return any(
        normalized(q.question) == asked and normalized(q.answer) == said
        for q in questions(scene, task_path)
    )


@lru_cache(maxsize=1)
def _donors() -> tuple[Scene, ...]:
    return tuple(
        compose(family, _DONOR_SEED + number)
        for family in sorted(FAMILIES)
        for number in range(_DONORS_PER_FAMILY)
    )


@lru_cache(maxsize=1)
def _donors_by_path() -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for number, scene in enumerate(_donors()):
        for path in by_path(scene):
            found.setdefault(path, []).append(number)
    return {path: tuple(numbers) for path, numbers in found.items()}


def hallucinate(scene: Scene, task_path: str, rng: np.random.Generator) -> Question:
    """A plausible question with an answer that the scene does not ground; `judge` calls it False.

    It is one that another picture supports, where any does, and otherwise asks about things that
    none of the pictures shows.
    """
    numbers = _donors_by_path().get(task_path, ())
    for _ in range(8 if numbers else 0):
        donor = _donors()[numbers[int(rng.integers(len(numbers)))]]
        pool = questions(donor, task_path)
        asked = pool[int(rng.integers(len(pool)))]
        if not judge(scene, task_path, asked.question, asked.answer):
            return asked
    label = task_path.rsplit("~", maxsplit=1)[-1]
    subject = _SUBJECTS[int(rng.integers(len(_SUBJECTS)))]
    place = _ACTS[int(rng.integers(len(_ACTS)))]
    return Question(
        "ungrounded",
        f"For {label}: what does the {subject} {place} show?",
        f"It shows a {subject} that fits the {label}.",
        ("Nothing of the kind is in the picture.",),
    )
