"""Plans of the three generators over videos: what object, which relation, which action.

Each is asked before, after or while a reference action goes on. Frames before an action are those
without it that some later frame with it follows; frames after it are those without it that follow
some earlier frame with it. As Task-Me-Anything (arXiv 2406.11775) has it, what is asked about must
have ended before, or begun after, in such a frame. Beyond that it must be the only answer that any
of these frames gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Literal

import orjson

from tg_assets.task_space.scene_graphs.graph_instance import When
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.video_graphs import (
    RELATION_TYPES,
    RelationType,
    VideoGraph,
)

VideoGenerator = Literal["video-object", "video-relation", "video-action"]
WHENS: tuple[When, ...] = ("before", "after", "while")


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """Everything that defines a task about an annotated video.

    Attributes:
        generator: What is asked.
        video_id: The video's id.
        when: How the frames asked about lie to those of the reference action.
        reference: The reference action.
        relation_type: Of the relation; null when an action is asked.
        relation: Between the person and the object: the right answer of ``video-relation``.
        object: The right answer of ``video-object``.
        action: The right answer of ``video-action``; null for the others.
    """

    generator: VideoGenerator
    video_id: str
    when: When
    reference: str
    relation_type: RelationType | None = None
    relation: str | None = None
    object: str | None = None
    action: str | None = None

    def row(self) -> dict[str, Any]:
        """Return what the plan names, ready for JSON."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {column: value for column, value in named.items() if value is not None}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> VideoPlan:
        """Return the plan that `row` described.

        Raises:
            SceneGraphError: It is no plan.
        """
        try:
            return cls(**row)
        except TypeError as error:
            raise SceneGraphError(f"not a plan about a video: {error}") from error


def video_plans(graph: VideoGraph, generator: VideoGenerator) -> Iterator[VideoPlan]:
    """Yield all plans of a generator about a video, in an order that the file decides."""
    shown = _shown(graph)
    for when, reference in product(WHENS, shown.actions):
        frames = _frames(when, shown.actions[reference], len(graph.keyframes))
        if generator == "video-action":
            for action in _actions(shown, when, reference, frames):
                yield VideoPlan(generator, graph.id, when, reference, action=action)
            continue
        for kind, relation, thing in _facts(shown, generator, when, frames):
            yield VideoPlan(generator, graph.id, when, reference, kind, relation, thing)


def video_lines(plans: Iterable[VideoPlan]) -> bytes:
    """Return plans as one JSON object a line, each what `VideoPlan.row` holds."""
    return b"".join([orjson.dumps(plan.row()) + b"\n" for plan in plans])


Fact = tuple[RelationType, str, str]
"""The person's relation to an object: its type, its name, the object."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """In which frames, as bits, a video shows each action, fact, and relation to anything."""

    actions: Mapping[str, int]
    facts: Mapping[Fact, int]
    relations: Mapping[tuple[RelationType, str], int]


def _shown(graph: VideoGraph) -> _Shown:
    actions: dict[str, int] = {}
    facts: dict[Fact, int] = {}
    relations: dict[tuple[RelationType, str], int] = {}
    for place, frame in enumerate(graph.keyframes):
        bit = 1 << place
        for action in frame.actions:
            actions[action] = actions.get(action, 0) | bit
        for kind in RELATION_TYPES:
            for relation, thing in frame.relations[kind].items():
                fact = kind, relation, thing
                facts[fact] = facts.get(fact, 0) | bit
                relations[fact[:2]] = relations.get(fact[:2], 0) | bit
    return _Shown(actions, facts, relations)


def _frames(when: When, reference: int, n: int) -> int:
    """Return the frames before, after or while an action."""
    if when == "while":
        return reference
    if when == "before":
        return ((1 << reference.bit_length() - 1) - 1) & ~reference
    first = reference & -reference
    return ((1 << n) - 1) & ~(2 * first - 1) & ~reference


def _is_asked(when: When, frames: int, shown: int, going_on: int) -> bool:
    """Whether something shown in these frames ends there, begins there, or is shown at all.

    Args:
        when: Before asks for an end, after for a beginning.
        frames: Those asked about.
        shown: Those that show it.
        going_on: Those in which it counts as not ended, or begun already.
    """
    if when == "before":
        return bool(frames & shown & ~(going_on >> 1))
    if when == "after":
        return bool(frames & shown & ~(going_on << 1))
    return bool(frames & shown)


def _actions(shown: _Shown, when: When, reference: str, frames: int) -> Iterator[str]:
    there = [
        action for action, mask in shown.actions.items() if action != reference and mask & frames
    ]
    if len(there) == 1:  # nothing else answers the question
        mask = shown.actions[there[0]]
        if _is_asked(when, frames, mask, mask):
            yield there[0]


def _facts(shown: _Shown, generator: VideoGenerator, when: When, frames: int) -> Iterator[Fact]:
    there = [fact for fact, mask in shown.facts.items() if mask & frames]
    answers = Counter(_question(fact, generator) for fact in there)
    for fact in there:
        going_on = shown.relations[fact[:2]]
        if answers[_question(fact, generator)] == 1 and _is_asked(
            when, frames, shown.facts[fact], going_on
        ):
            yield fact


def _question(fact: Fact, generator: VideoGenerator) -> tuple[str, str]:
    """Return what a question about a fact gives: facts that share it are answers to it."""
    kind, relation, thing = fact
    return kind, relation if generator == "video-object" else thing
