"""Questions with known answers over the scenes, by task type."""

from collections.abc import Callable
from functools import lru_cache

from tg_assets.scenes.graph import Scene
from tg_assets.scenes.questions.asking import Asker, Question
from tg_assets.scenes.questions.charts import ask_chart
from tg_assets.scenes.questions.documents import ask_document
from tg_assets.scenes.questions.worlds import ask_world
from tg_assets.scenes.vocabulary import SEPARATOR, served_paths

__all__ = ["Question", "asked", "known_family", "questions", "serves"]

_FAMILIES: dict[str, Callable[[Asker], None]] = {
    "charts": ask_chart,
    "documents": ask_document,
    "models": ask_world,
    "sprites": ask_world,
}
_SERVED = frozenset(served_paths())


def serves(task_path: str) -> bool:
    """Whether any generator serves this task type."""
    return task_path in _SERVED


def known_family(scene: Scene) -> bool:
    """Whether there are templates for the scene's family."""
    return scene.family in _FAMILIES


@lru_cache(maxsize=512)
def by_path(scene: Scene) -> dict[str, tuple[Question, ...]]:
    """All questions of a scene under every path, of each level, that has any."""
    asker = Asker(scene)
    if scene.family in _FAMILIES:
        _FAMILIES[scene.family](asker)
    gathered: dict[str, dict[Question, None]] = {}
    for leaf in sorted(asker.found):
        levels = leaf.split(SEPARATOR)
        for depth in range(1, len(levels) + 1):
            kept = gathered.setdefault(SEPARATOR.join(levels[:depth]), {})
            kept.update(dict.fromkeys(asker.found[leaf]))
    return {path: tuple(kept) for path, kept in gathered.items()}


def questions(scene: Scene, task_path: str) -> tuple[Question, ...]:
    """All questions with known answers that the scene supports under a task type.

    Empty when the task type does not apply. A path of level 1 or 2 has the questions of every path
    beneath it.
    """
    return by_path(scene).get(task_path, ())


def asked(scene: Scene, question: str) -> Question | None:
    """Return the question of a scene that has these words, null when it supports none."""
    everything = by_path(scene)
    for path in sorted(everything):
        for known in everything[path]:
            if known.question == question:
                return known
    return None
