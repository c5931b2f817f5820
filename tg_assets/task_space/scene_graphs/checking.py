"""Whether exactly one option of a question is right, told from the scene graph alone.

Nothing here comes from what makes plans or questions: a mistake there is not repeated here. Every
object of a picture and every frame of a video is looked at, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tg_assets.task_space.instance import Asked
from tg_assets.task_space.scene_graphs.graph_instance import (
    GraphClaim,
    GraphInstance,
    VideoClaim,
)
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.subgraphs import Subgraph
from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary

Box = tuple[float, float, float, float]


def faults(
    instance: GraphInstance, graph: ImageGraph | VideoGraph, words: Vocabulary
) -> tuple[str, ...]:
    """Return what is wrong with an instance, in few fixed words; nothing when it is sound.

    Args:
        instance: About the graph.
        graph: The truth.
        words: Which words may be said of one thing.
    """
    if instance.graph_id != graph.id:
        return ("it is about another graph",)
    claim = instance.claim
    found = list(_of_options(instance.asked))
    if isinstance(claim, GraphClaim) and isinstance(graph, ImageGraph):
        found += _of_picture(claim, instance, graph, words)
    elif isinstance(claim, VideoClaim) and isinstance(graph, VideoGraph):
        found += _of_video(claim, instance, graph, words)
    else:
        found.append("the claim is not about such a graph")
    return tuple(dict.fromkeys(found))


def _of_options(asked: Asked) -> Iterator[str]:
    texts = [_plain(option.text) for option in asked.options]
    if len(set(texts)) < len(texts):
        yield "two options read alike"
    if len(texts) < 2:
        yield "there is nothing to choose from"
    if not 0 <= asked.right < len(texts):
        yield "no option is marked right"
    if any(_plain(option.means) != _plain(option.text) for option in asked.options):
        yield "an option reads as what it does not mean"


def _answers(asked: Asked, right: Iterable[str], maybe: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with the options, given all right answers and all that may be right."""
    known, possible = set(right), set(maybe)
    for place, option in enumerate(asked.options):
        if place == asked.right and option.means not in known:
            yield "the option marked right is wrong"
        elif place != asked.right and option.means in known:
            yield "another option is right too"
        elif place != asked.right and option.means in possible:
            yield "another option may be right"


def _of_picture(
    claim: GraphClaim, instance: GraphInstance, graph: ImageGraph, words: Vocabulary
) -> Iterator[str]:
    question = instance.asked.question
    if not (_is_said(question, _elements(claim)) and _are_begun(question, _relations(claim))):
        yield "the question leaves something out"
    if not _is_planned(claim, instance.plan):
        yield "the claim is not the plan's"
    target, problem = _only(claim.subgraph, graph)
    if problem:
        yield problem
        return
    thing = graph.objects[target]
    if claim.name not in (None, thing.name):
        yield "the object is called what it is not"
    if claim.about == "object":
        yield from _answers(
            instance.asked,
            [thing.name],
            [
                o.means
                for o in instance.asked.options
                if words.names.may_be_one(thing.name, o.means)
            ],
        )
    elif claim.about == "attribute":
        yield from _of_attribute(claim, instance.asked, thing.attributes, words)
    else:
        yield from _of_relation(claim, instance.asked, graph, words, target)


def _of_attribute(
    claim: GraphClaim, asked: Asked, has: tuple[str, ...], words: Vocabulary
) -> Iterator[str]:
    kind = str(claim.attribute_type)
    around = claim.subgraph.neighbour
    given = (*claim.subgraph.attributes, *(around.attributes if around else ()))
    if any(words.attribute_types.get(value, "other") == kind for value in given):
        yield "the question gives a value of the type it asks for"
    if 0 <= asked.right < len(asked.options) and _is_said(
        asked.question, [asked.options[asked.right].means]
    ):
        yield "the question names the answer"
    typed = [value for value in has if words.attribute_types.get(value, "other") == kind]
    alike = {other for value in has for other in words.alike_values.get(value, ())}
    yield from _answers(asked, typed, {*has, *alike})
    wrong = [option.means for place, option in enumerate(asked.options) if place != asked.right]
    if any(words.attribute_types.get(value, "other") != kind for value in wrong):
        yield "an option is of another type"


def _of_relation(
    claim: GraphClaim, asked: Asked, graph: ImageGraph, words: Vocabulary, subject: int
) -> Iterator[str]:
    if claim.other_subgraph is None:
        yield "the relation has one end"
        return
    other, problem = _only(claim.other_subgraph, graph)
    if problem:
        yield problem
        return
    if claim.other_name not in (None, graph.objects[other].name):
        yield "the object is called what it is not"
    ends = ((subject, claim.subgraph, other), (other, claim.other_subgraph, subject))
    if any(not _fits(subgraph, place, graph, ignoring) for place, subgraph, ignoring in ends):
        yield "an end is picked out by the other"
    there = {r for s, r, o in graph.relations if (s, o) == (subject, other)}
    back = {r for s, r, o in graph.relations if (s, o) == (other, subject)}
    follows = there | {turned for r in back for turned in words.inverse.get(r, ())}
    alike = {one for r in follows for one in words.alike_relations.get(r, ())}
    yield from _answers(asked, there, follows | alike)
    boxes = graph.objects[subject].box, graph.objects[other].box
    for place, option in enumerate(asked.options):
        if place != asked.right and not _excluded(option.means, follows, boxes, words):
            yield "nothing excludes another option"


def _excluded(relation: str, holding: set[str], boxes: tuple[Box, Box], words: Vocabulary) -> bool:
    """Whether a relation cannot hold, given others that do and where the two things are."""
    if relation in words.interactions:
        return True  # people write those down
    if any(relation in words.opposite.get(one, ()) for one in holding):
        return True
    (ax, ay, aw, ah), (bx, by, bw, bh) = boxes
    beside = ax + aw < bx or bx + bw < ax
    over = ay + ah < by or by + bh < ay
    if relation in words.touching and (beside or over):
        return True
    top, bottom, middle = ay, ay + ah, by + bh / 2
    lower = relation in ("below", "under", "beneath", "underneath")
    return {
        "to the left of": 2 * ax + aw >= 2 * bx + bw,
        "to the right of": 2 * ax + aw <= 2 * bx + bw,
        "above": top >= middle or (beside and bottom > middle),
        "in": aw > bw and ah > bh,
        "inside": aw > bw and ah > bh,
    }.get(relation, lower and (bottom <= middle or (beside and top < middle)))


def _only(subgraph: Subgraph, graph: ImageGraph) -> tuple[int, str]:
    """Return the one object that a subgraph fits, or -1 with what is wrong."""
    fitting = [place for place in range(len(graph.objects)) if _fits(subgraph, place, graph)]
    if not fitting:
        return -1, "nothing fits the question"
    return fitting[0], "" if len(fitting) == 1 else "several objects fit the question"


def _fits(subgraph: Subgraph, place: int, graph: ImageGraph, ignoring: int = -1) -> bool:
    """Whether a subgraph fits an object, leaving one neighbour out of account."""
    if not set(subgraph.attributes) <= set(graph.objects[place].attributes):
        return False
    wanted = subgraph.neighbour
    if wanted is None:
        return True
    for subject, relation, other in graph.relations:
        here, beside = (subject, other) if wanted.direction == "out" else (other, subject)
        if here != place or relation != wanted.relation or beside == ignoring:
            continue
        thing = graph.objects[beside]
        if thing.name == wanted.name and set(wanted.attributes) <= set(thing.attributes):
            return True
    return False


def _relations(claim: GraphClaim) -> list[str]:
    subgraphs = (claim.subgraph, claim.other_subgraph)
    return [s.neighbour.relation for s in subgraphs if s is not None and s.neighbour is not None]


def _elements(claim: GraphClaim) -> list[str]:
    """Return all words that a question has to say, relations aside."""
    said = [name for name in (claim.name, claim.other_name) if name is not None]
    for subgraph in (claim.subgraph, claim.other_subgraph):
        if subgraph is not None:
            said.extend(subgraph.attributes)
            if subgraph.neighbour is not None:
                said.extend((subgraph.neighbour.name, *subgraph.neighbour.attributes))
    return said


def _is_planned(claim: GraphClaim, plan: Mapping[str, Any]) -> bool:
    """Whether the plan's row asks for what the claim says, with as many elements."""
    same = claim.about == plan["generator"] and claim.attribute_type == plan.get("attribute_type")
    pairs = ((claim.subgraph, "subgraph"), (claim.other_subgraph, "other_subgraph"))
    return same and all(
        column not in plan if subgraph is None else _row(subgraph) == _listed(plan.get(column))
        for subgraph, column in pairs
    )


def _row(subgraph: Subgraph) -> Any:
    around = subgraph.neighbour
    beside = None if around is None else [*around[:3], list(around.attributes)]
    return [list(subgraph.attributes), beside]


def _listed(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return None
    around = row.get("neighbour")
    beside = None
    if around is not None:
        beside = [around[part] for part in ("relation", "direction", "name")]
        beside.append(list(around["attributes"]))
    return [list(row["attributes"]), beside]


def _of_video(
    claim: VideoClaim, instance: GraphInstance, graph: VideoGraph, words: Vocabulary
) -> Iterator[str]:
    asked = instance.asked
    said = [claim.when, claim.reference]
    said += [word for word in (claim.relation, claim.object) if word is not None]
    if not _is_said(asked.question, said):
        yield "the question leaves something out"
    frames = _frames(claim, graph)
    if not frames:
        yield "nothing fits the question"
        return
    right = {answer for place in frames for answer in _in_frame(claim, graph, place)}
    ever = {a for place in range(len(graph.keyframes)) for a in _in_frame(claim, graph, place)}
    if len(right) > 1:
        yield "several answers fit the question"
    if 0 <= asked.right < len(asked.options):
        answer = asked.options[asked.right].means
        if not any(_changes(claim, graph, place, answer) for place in frames):
            yield "what is asked neither ends before nor begins after"
    if claim.about == "object":
        ever |= {
            o
            for frame in graph.keyframes
            for kind in frame.relations.values()
            for o in kind.values()
        }
    if claim.about == "relation":
        ever |= {other for one in ever for other in words.alike_relations.get(_plain(one), ())}
    yield from _answers(asked, right, ever)


def _frames(claim: VideoClaim, graph: VideoGraph) -> list[int]:
    """Return the frames that a question is about."""
    doing = [claim.reference in frame.actions for frame in graph.keyframes]
    chosen = []
    for place, now in enumerate(doing):
        if claim.when == "while":
            wanted = now
        elif claim.when == "before":
            wanted = not now and any(doing[place + 1 :])
        else:
            wanted = not now and any(doing[:place])
        if wanted:
            chosen.append(place)
    return chosen


def _in_frame(claim: VideoClaim, graph: VideoGraph, place: int) -> set[str]:
    """Return the answers that one frame gives."""
    frame = graph.keyframes[place]
    if claim.about == "action":
        return set(frame.actions) - {claim.reference}
    related = frame.relations[claim.relation_type or "spatial"]
    if claim.about == "object":
        return {thing for relation, thing in related.items() if relation == claim.relation}
    return {relation for relation, thing in related.items() if thing == claim.object}


def _changes(claim: VideoClaim, graph: VideoGraph, place: int, answer: str) -> bool:
    """Whether an answer that a frame gives ends there, or begins there, as the question wants."""
    if answer not in _in_frame(claim, graph, place):
        return False
    if claim.when == "while":
        return True
    beyond = place + 1 if claim.when == "before" else place - 1
    frame = graph.keyframes[beyond]
    if claim.about == "action":
        return answer not in frame.actions
    relation = answer if claim.about == "relation" else claim.relation
    return relation not in frame.relations[claim.relation_type or "spatial"]


def _is_said(question: str, words: Iterable[str]) -> bool:
    text = f" {_plain(question)} "
    return all(f" {_plain(word)} " in text for word in words)


def _are_begun(question: str, relations: Iterable[str]) -> bool:
    """Whether a question says relations, however their verbs are inflected."""
    text = f" {_plain(question)}"
    return all(f" {word[:2]}" in text for one in relations for word in _plain(one).split())


def _plain(text: str) -> str:
    kept = (c if c.isalnum() or c in "/'-" else " " for c in text.lower())
    return " ".join("".join(kept).split())
