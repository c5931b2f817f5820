"""Questions about annotated videos: a plan and a seed make one, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.drawing import Wrong, instance
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance, VideoClaim
from tg_assets.task_space.scene_graphs.video_graphs import (
    RELATION_TYPES,
    VideoGraph,
    VideoNames,
)
from tg_assets.task_space.scene_graphs.video_plans import VideoPlan
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary
from tg_assets.task_space.scene_graphs.words import article, is_plural, said_alike, spoken

_PHRASINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "object": (
            "What is the person {relation} {when} {reference}?",
            "Which object is the person {relation} {when} {reference}?",
        ),
        "spatial": (
            "Where is the person in relation to {object} {when} {reference}?",
            "What is the person's position relative to {object} {when} {reference}?",
        ),
        "contact": (
            "What is the person doing with {object} {when} {reference}?",
            "How is the person in contact with {object} {when} {reference}?",
        ),
        "action": (
            "What does the person do {when} {reference}?",
            "Which of the person's actions can be seen {when} {reference}?",
        ),
    }
)
_TASK_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "object": "video understanding~temporal object recognition",
        "relation": "video understanding~temporal relation recognition",
        "action": "video understanding~temporal action recognition",
    }
)
_SAYS_NOTHING = "the relation says nothing that can be seen"
_GIVEN_AWAY = "the question names the answer"


def ask_about_video(
    plan: VideoPlan, graph: VideoGraph, seed: int, names: VideoNames, words: Vocabulary
) -> GraphInstance | NoInstance:
    """Return the question of a plan.

    Args:
        plan: One of the graph's.
        graph: The video's.
        seed: The same plan and seed make the same instance.
        names: Wrong answers are drawn from these.
        words: What excludes what.
    """
    about = plan.generator.removeprefix("video-")
    wrong = _WRONG[about](plan, graph, names, words)
    if isinstance(wrong, str):
        return NoInstance(plan.row(), wrong)
    claim = _claim(plan)
    phrasings = _PHRASINGS[str(plan.relation_type) if about == "relation" else about]
    parts = {
        "relation": spoken(plan.relation or ""),
        "object": _one_of(plan.object or ""),
        "when": plan.when,
        "reference": _while_doing(plan.reference),
    }
    return instance(
        plan.row(),
        plan.video_id,
        seed,
        claim,
        lambda dice: dice.one("phrasing", phrasings).format(**parts),
        wrong,
        _TASK_TYPES[about],
    )


def _claim(plan: VideoPlan) -> VideoClaim:
    if plan.generator == "video-object":
        return VideoClaim(
            "object", plan.when, plan.reference, plan.relation_type, relation=plan.relation
        )
    if plan.generator == "video-relation":
        return VideoClaim(
            "relation", plan.when, plan.reference, plan.relation_type, object=plan.object
        )
    return VideoClaim("action", plan.when, plan.reference)


def _while_doing(action: str) -> str:
    """Return an action so that it can follow ``before``: opening a door."""
    said = spoken(action)
    first, _, rest = said.partition(" ")
    if first.lower().endswith("ing"):
        return f"{first.lower()} {rest}".rstrip()
    return f'what is called "{said}"'


def _one_of(name: str) -> str:
    said = spoken(name)
    if not said or is_plural(said):
        return said
    return f"the {said}" if "/" not in said else article(said)


def _wrong_objects(
    plan: VideoPlan, graph: VideoGraph, names: VideoNames, words: Vocabulary
) -> Wrong | str:
    """Return names of nothing that the person has any relation to, or does anything with."""
    right = str(plan.object)
    if spoken(str(plan.relation)) in words.says_nothing:
        return _SAYS_NOTHING
    if said_alike(right, plan.reference):
        return _GIVEN_AWAY
    shown = {
        *(
            thing
            for frame in graph.keyframes
            for kind in RELATION_TYPES
            for thing in frame.relations[kind].values()
        ),
        *_actions(graph),
    }
    absent = _unlike(names.objects, shown)
    return Wrong(right, (absent,), words.names.may_be_one)


def _wrong_relations(
    plan: VideoPlan, graph: VideoGraph, names: VideoNames, words: Vocabulary
) -> Wrong | str:
    """Return relations that the person never has to the object, those to no object first."""
    right, kind = str(plan.relation), plan.relation_type or "spatial"
    if spoken(right) in words.says_nothing:
        return _SAYS_NOTHING
    if said_alike(right, plan.reference):
        return _GIVEN_AWAY
    shown = [pair for frame in graph.keyframes for pair in frame.relations[kind].items()]
    to_object = words.may_hold({spoken(r) for r, thing in shown if thing == plan.object}, ())
    to_any = {relation for relation, _ in shown}
    pool = names.spatial if kind == "spatial" else names.contact
    wrong = [
        relation
        for relation in pool
        if spoken(relation) not in to_object and spoken(relation) not in words.says_nothing
    ]
    never = [relation for relation in wrong if relation not in to_any]
    sometimes = [relation for relation in wrong if relation in to_any]
    return Wrong(right, (never, sometimes), _same_relation(words))


def _wrong_actions(
    plan: VideoPlan, graph: VideoGraph, names: VideoNames, words: Vocabulary
) -> Wrong | str:
    """Return actions that share no word with any that the video shows."""
    return Wrong(str(plan.action), (_unlike(names.actions, _actions(graph)),), said_alike)


_WRONG: Mapping[str, Callable[[VideoPlan, VideoGraph, VideoNames, Vocabulary], Wrong | str]] = (
    MappingProxyType(
        {"object": _wrong_objects, "relation": _wrong_relations, "action": _wrong_actions}
    )
)


def _actions(graph: VideoGraph) -> set[str]:
    return {action for frame in graph.keyframes for action in frame.actions}


def _unlike(words: Iterable[str], shown: Iterable[str]) -> Sequence[str]:
    there = list(shown)
    return [word for word in words if not any(said_alike(word, other) for other in there)]


def _same_relation(words: Vocabulary) -> Callable[[str, str], bool]:
    return lambda one, other: spoken(other) in words.alike_relations.get(spoken(one), ())
