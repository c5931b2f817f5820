"""A task as a model meets it: a picture or video, a question, options, and the right one.

What a question means stands beside its words as a `Claim`, so that a checker can tell from the
picture's truth alone whether exactly one option is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tg_assets.task_space.library import Attribute
from tg_assets.task_space.world import Motion, World

About = Literal["category", "cell", "position", "attribute", "count"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a question about a world asks, without words.

    The thing asked about is the only one that everything here fits: category, attribute and motion
    first; then ``size`` among those things, or ``distance`` among those that are not the
    reference; ``cell`` or ``position`` last. With ``about="count"`` it is all of them.

    Attributes:
        about: What is asked of the thing. A position is the thing's as seen from the reference
            ("the apple is to the left of the ball"), or with ``inverted`` the reference's as seen
            from the thing.
        category: What it is.
        attribute: A value that it has.
        motion: How it moves.
        size: ``largest`` or ``smallest``.
        distance: ``closest`` to or ``farthest`` from the reference.
        cell: Where it is.
        reference: The category of the one other thing that it is seen from.
        position: How the thing lies from the reference, of the eight relative positions.
        inverted: Ask where the reference lies from the thing.
        attribute_type: With ``about="attribute"``, the type asked for.
    """

    about: About
    category: str | None = None
    attribute: Attribute | None = None
    motion: Motion | None = None
    size: str | None = None
    distance: str | None = None
    cell: str | None = None
    reference: str | None = None
    position: str | None = None
    inverted: bool = False
    attribute_type: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A possible answer.

    Attributes:
        text: As the model reads it.
        means: The category's id, the cell, the position, the attribute value or the number.
    """

    text: str
    means: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its options.

    Attributes:
        claim: What it means; null for questions about scene graphs, which have claims of their own.
        question: Complete without the options: the open form.
        options: All different, in the order that is shown.
        right: The place of the right one.
    """

    claim: Claim | None
    question: str
    options: tuple[Option, ...]
    right: int

    @property
    def answer(self) -> str:
        """The text of the right option: the answer in the open form."""
        return self.options[self.right].text

    @property
    def multiple_choice(self) -> str:
        """The question with its options under letters."""
        lettered = (f"({chr(ord('A') + n)}) {option.text}" for n, option in enumerate(self.options))
        return "\n".join([self.question, *lettered])


@dataclass(frozen=True, slots=True)
class Instance:
    """A plan drawn from a seed.

    Attributes:
        plan: The plan's row, by column of `space.PLAN`.
        seed: The same plan and seed make the same instance.
        world: What the picture or video shows.
        asked: The question.
        task_type: Its task type in the tree: labels joined by ``~``.
    """

    plan: Mapping[str, Any]
    seed: int
    world: World
    asked: Asked
    task_type: str


@dataclass(frozen=True, slots=True)
class NoInstance:
    """A plan that no sound instance exists of, or none from this library.

    Attributes:
        plan: The plan's row.
        reason: Why, in few fixed words, so that reasons can be counted.
    """

    plan: Mapping[str, Any]
    reason: str
