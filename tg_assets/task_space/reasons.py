"""Why a plan has no instance, in fixed words that can be counted."""

from __future__ import annotations

from enum import StrEnum

from tg_assets.task_space.errors import TaskSpaceError


class Reason(StrEnum):
    """Why no sound picture or question exists of a plan, or none from this library."""

    NOT_DRAWN = "no such object can be drawn in this kind of picture"
    TARGET_IS_REFERENCE = "every object of the target may be one of the reference"
    REFERENCE_IS_TARGET = "every object of the reference may be one of the target"
    REFERENCE_MAY_FIT = "no object of the reference is known to lack the attribute value"
    TWO_VALUES = "every object with the asked value has another of the same type"
    ROUND = "turning shows on no object of the target"
    NOTHING_ELSE = "no other object may stand beside the target"
    ABSTRACT = "the category is too abstract to be an option: it would give the answer away"
    SAID = "the question would name the answer"
    TWICE = "the question would say a word twice"
    FEW_OPTIONS = "too few wrong options that are certainly wrong"
    NO_NAME = "the category's name is a list, not a noun"
    OTHER_WORLD = "the picture does not show what the plan says, or not beyond doubt"


class NoSoundInstance(Exception):  # noqa: N818 - an outcome, told apart from mistakes
    """Ends the making of an instance; it becomes a `NoInstance` and never leaves this package."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class PlanError(TaskSpaceError):
    """A row that is no plan of this library; the message names the column and what it may hold."""
