"""What a seed decides of a question: its phrasing, its wrong options and their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import orjson

from tg_assets.ids import digest, unit_interval
from tg_assets.task_space.instance import Asked, NoInstance, Option
from tg_assets.task_space.scene_graphs.graph_instance import (
    GraphClaim,
    GraphInstance,
    VideoClaim,
)
from tg_assets.task_space.scene_graphs.words import spoken

OPTIONS = 4

Anything = TypeVar("Anything")


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws that depend on a plan, a seed and what is drawn, never on what was drawn before.

    Attributes:
        key: Names plan and seed.
    """

    key: str

    def one(self, what: str, of: Sequence[Anything]) -> Anything:
        """Return one of some things."""
        return of[int(unit_interval(self.key, what) * len(of))]

    def shuffled(self, what: str, words: Sequence[str]) -> list[str]:
        """Return words in another order."""
        shuffled = list(words)
        Random(int(digest(self.key, what), 16)).shuffle(shuffled)
        return shuffled


@dataclass(frozen=True, slots=True)
class Wrong:
    """What the options of a question are drawn from.

    Attributes:
        right: The right answer.
        others: Wrong ones, in groups: those of earlier groups are taken first.
        alike: Whether two answers may be said of one thing: they never stand side by side.
        may_be_right: Whether one of `others` is no wrong answer after all: asked only of those
            that are drawn.
        fewest: With fewer options than these, the right one included, there is no question.
    """

    right: str
    others: Sequence[Sequence[str]]
    alike: Callable[[str, str], bool]
    may_be_right: Callable[[str], bool] = lambda _: False
    fewest: int = OPTIONS


def instance(
    plan: Mapping[str, Any],
    graph_id: str,
    seed: int,
    claim: GraphClaim | VideoClaim,
    text: Callable[[Dice], str],
    wrong: Wrong,
    task_type: str,
) -> GraphInstance | NoInstance:
    """Return the instance of a plan, or why there is none.

    Args:
        plan: The plan's row.
        graph_id: Of the picture or video.
        seed: The same plan and seed make the same instance.
        claim: What the question means.
        text: Makes the question's text.
        wrong: What the options are drawn from.
        task_type: Its task type in the tree.
    """
    key = orjson.dumps(plan, option=orjson.OPT_SORT_KEYS)
    dice = Dice(digest("scene graph question", key, seed))
    options = _options(wrong, dice)
    if len(options) < wrong.fewest:
        return NoInstance(plan, "too few wrong answers")
    shown = dice.shuffled("order", options)
    asked = Asked(
        None,
        text(dice),
        tuple(Option(spoken(option), option) for option in shown),
        shown.index(wrong.right),
    )
    return GraphInstance(plan, seed, graph_id, claim, asked, task_type)


def _options(wrong: Wrong, dice: Dice) -> list[str]:
    chosen = [wrong.right]
    for word in (word for group in wrong.others for word in dice.shuffled("others", group)):
        if len(chosen) == OPTIONS:
            break
        beside = any(word == one or wrong.alike(one, word) for one in chosen)
        if not beside and not wrong.may_be_right(word):
            chosen.append(word)
    return chosen
