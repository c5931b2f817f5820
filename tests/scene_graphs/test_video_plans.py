"""Plans about videos are exactly those that looking at every frame finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from small_videos import videos

from tg_assets.task_space.scene_graphs.video_graphs import Keyframe, VideoGraph
from tg_assets.task_space.scene_graphs.video_plans import (
    VideoPlan,
    video_lines,
    video_plans,
)


def asked_frames(graph: VideoGraph, when: str, reference: str) -> list[int]:
    """Return the frames that a question is about, one by one."""
    doing = [reference in frame.actions for frame in graph.keyframes]
    return [
        place
        for place, here in enumerate(doing)
        if {
            "while": here,
            "before": not here and any(doing[place + 1 :]),
            "after": not here and any(doing[:place]),
        }[when]
    ]


def follows(graph: VideoGraph, when: str, place: int) -> Keyframe | None:
    """Return the frame in which something must have ended, or not have begun."""
    return {
        "while": None,
        "before": graph.keyframes[place + 1] if place + 1 < len(graph.keyframes) else None,
        "after": graph.keyframes[place - 1] if place else None,
    }[when]


def tried(graph: VideoGraph) -> Iterator[tuple[str, str, list[int]]]:
    actions = {action for frame in graph.keyframes for action in frame.actions}
    for when in ("before", "after", "while"):
        for reference in actions:
            yield when, reference, asked_frames(graph, when, reference)


@settings(deadline=None)
@given(videos())
def test_an_action_is_asked_for_where_no_other_is_an_answer(graph: VideoGraph) -> None:
    expected = set()
    for when, reference, places in tried(graph):
        answers = {a for p in places for a in graph.keyframes[p].actions} - {reference}
        for place in places:
            beyond = follows(graph, when, place)
            for action in graph.keyframes[place].actions:
                changed = beyond is None or action not in beyond.actions
                if answers == {action} and changed:
                    expected.add((when, reference, action))
    plans = list(video_plans(graph, "video-action"))
    assert {(p.when, p.reference, p.action) for p in plans} == expected
    assert len(plans) == len(expected)


@pytest.mark.parametrize("asked", ["object", "relation"])
@settings(deadline=None)
@given(videos())
def test_an_object_or_relation_is_asked_for_where_no_other_is_an_answer(
    asked: str, graph: VideoGraph
) -> None:
    expected = set()
    for when, reference, places in tried(graph):
        for place in places:
            beyond = follows(graph, when, place)
            for kind in ("spatial", "contact"):
                for relation, thing in graph.keyframes[place].relations[kind].items():
                    shown = [list(graph.keyframes[p].relations[kind].items()) for p in places]
                    objects = {o for frame in shown for r, o in frame if r == relation}
                    relations = {r for frame in shown for r, o in frame if o == thing}
                    alone = len(objects if asked == "object" else relations) == 1
                    changed = beyond is None or relation not in beyond.relations[kind]
                    if alone and changed:
                        expected.add((when, reference, kind, relation, thing))
    plans = list(video_plans(graph, f"video-{asked}"))
    found = {(p.when, p.reference, p.relation_type, p.relation, p.object) for p in plans}
    assert found == expected
    assert len(plans) == len(expected)
    assert [VideoPlan.from_row(p.row()) for p in plans] == plans
    assert video_lines(plans).count(b"\n") == len(plans)
