"""Questions about annotated pictures: a plan and a seed make one, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.boxes import ruled_out
from tg_assets.task_space.scene_graphs.drawing import Dice, Wrong, instance
from tg_assets.task_space.scene_graphs.graph_instance import GraphClaim, GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import GraphObject, ImageGraph
from tg_assets.task_space.scene_graphs.image_plans import ImagePlan
from tg_assets.task_space.scene_graphs.referring_phrases import NAMELESS, referring_phrase
from tg_assets.task_space.scene_graphs.subgraphs import Subgraph
from tg_assets.task_space.scene_graphs.usage import Usage
from tg_assets.task_space.scene_graphs.vocabulary import OTHER, Vocabulary
from tg_assets.task_space.scene_graphs.words import is_plural, said_alike, spoken

_OBJECT = (
    "What is {target}?",
    "What would you call {target}?",
    "Look at {target}. What is it?",
)
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "color": ("What color {is} {target}?", "Look at {target}. What color {is} {this}?"),
        "material": (
            "What is the material of {target}?",
            "Look at {target}. What {is} {this} made of?",
        ),
        "shape": ("What shape {is} {target}?", "Look at {target}. What shape {is} {this}?"),
        "texture": ("What is the pattern or texture of {target}?",),
        "activity": ("Look at {target}. What {is} {this} doing?",),
        "mood": ("Look at {target}. What mood {is} {this} in?",),
    }
)
_ANY_ATTRIBUTE = ("What is the {type} of {target}?", "Look at {target}. What is its {type}?")
_RELATION = (
    "What is the relation of {target} to {other}?",
    "Look first at {target}, then at {other}. How is the first related to the second?",
    "How is the first of these related to the second: {target}; {other}?",
)
_TASK_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "object": "object recognition~referred object identification",
        "color": "attribute recognition~color recognition",
        "shape": "attribute recognition~shape recognition",
        "size": "attribute recognition~size recognition",
        "material": "attribute recognition~material recognition",
        "texture": "attribute recognition~pattern recognition",
        "state": "attribute recognition~state recognition",
        "activity": "attribute recognition~activity recognition",
        "attribute": "attribute recognition~referred attribute recognition",
        "to the left of": "spatial understanding~relative position~left and right relations",
        "to the right of": "spatial understanding~relative position~left and right relations",
        "above": "spatial understanding~relative position~above and below relations",
        "below": "spatial understanding~relative position~above and below relations",
        "in front of": "spatial understanding~relative position~front and behind relations",
        "behind": "spatial understanding~relative position~front and behind relations",
        "spatial": "spatial understanding~relative position",
        "relation": "scene understanding~relationship detection",
    }
)


FEWEST_RELATIONS = 3
"""Options of a question about a relation: there are few that certainly do not hold."""


def ask_about_picture(
    plan: ImagePlan,
    graph: ImageGraph,
    seed: int,
    words: Vocabulary,
    named: bool = True,
    usage: Usage | None = None,
) -> GraphInstance | NoInstance:
    """Return the question of a plan.

    Args:
        plan: One of the graph's.
        graph: The picture's.
        seed: The same plan and seed make the same instance.
        words: What excludes what.
        named: Call the objects of questions about attributes and relations by their names ("the
            red cup"), though their subgraphs pick them out without; otherwise they are objects.
        usage: What is said elsewhere of such things: likely wrong answers come first.
    """
    wrong = _WRONG[plan.generator](plan, graph, words, usage or Usage(words.names))
    if isinstance(wrong, str):
        return NoInstance(plan.row(), wrong)
    claim = _claim(plan, named)
    text = _text(claim, graph, words, plan)
    return instance(plan.row(), plan.image_id, seed, claim, text, wrong, _task_type(plan, words))


def _claim(plan: ImagePlan, named: bool) -> GraphClaim:
    gives_name = named and plan.generator != "object"
    return GraphClaim(
        about=plan.generator,
        subgraph=plan.subgraph,
        name=plan.object if gives_name else None,
        attribute_type=plan.attribute_type,
        other_subgraph=plan.other_subgraph,
        other_name=plan.other if gives_name else None,
    )


def _text(
    claim: GraphClaim, graph: ImageGraph, words: Vocabulary, plan: ImagePlan
) -> Callable[[Dice], str]:
    """Return what makes the question's text."""
    phrasings: tuple[str, ...] = _OBJECT
    if claim.about == "attribute":
        phrasings = _ATTRIBUTES.get(str(claim.attribute_type), _ANY_ATTRIBUTE)
    elif claim.about == "relation":
        phrasings = _RELATION
    many = is_plural(claim.name or NAMELESS)
    parts = {
        "target": referring_phrase(claim.subgraph, graph, words, claim.name or NAMELESS),
        "is": "are" if many else "is",
        "this": f"{'these' if many else 'this'} {spoken(claim.name or NAMELESS)}",
        "type": claim.attribute_type,
    }
    if claim.other_subgraph is not None:
        other = claim.other_name or NAMELESS
        parts["other"] = referring_phrase(claim.other_subgraph, graph, words, other)
    return lambda dice: dice.one("phrasing", phrasings).format(**parts)


def _wrong_objects(
    plan: ImagePlan, graph: ImageGraph, words: Vocabulary, usage: Usage
) -> Wrong | str:
    """Return names of nothing in the picture, so that no unwritten attribute makes one right."""
    names = words.names
    if names.concept(plan.object) is None:
        return "the vocabulary does not know the name"
    shown = {thing.name for thing in graph.objects}
    absent = names.exact_plurals if is_plural(plan.object) else names.exact_singulars
    kinds, around = names.headings(plan.object), plan.subgraph.neighbour
    of_a_kind = [name for name in absent if kinds & names.headings(name)]
    seen = set() if around is None else usage.names_beside(around.direction, *around[0:3:2])
    groups = [[name for name in one if name in seen] for one in (of_a_kind, absent)]
    return Wrong(
        plan.object,
        (groups[0], of_a_kind, groups[1], absent),
        names.may_be_one,
        lambda name: any(names.may_be_one(name, other) for other in shown),
    )


def _wrong_values(
    plan: ImagePlan, graph: ImageGraph, words: Vocabulary, usage: Usage
) -> Wrong | str:
    value, kind = str(plan.attribute_value), str(plan.attribute_type)
    if kind == OTHER or value not in words.exclusive:
        return "nothing is known to exclude the value"
    if any(said_alike(value, word) for word in (plan.object, *_said(plan.subgraph))):
        return "the question names the answer"
    has = words.may_be_true(_object(graph, plan.object_id).attributes)
    others = [
        other
        for other in words.exclusive[value]
        if words.type_of(other) == kind and not _near(other, has)
    ]
    groups = usage.by_level(sorted(others), plan.object)
    return Wrong(value, groups, _alike(words.alike_values))


def _said(subgraph: Subgraph) -> tuple[str, ...]:
    """Return the words of a subgraph."""
    beside = subgraph.neighbour
    around = () if beside is None else (beside.relation, beside.name, *beside.attributes)
    return (*subgraph.attributes, *around)


def _wrong_relations(
    plan: ImagePlan, graph: ImageGraph, words: Vocabulary, usage: Usage
) -> Wrong | str:
    """Return relations that certainly do not hold, those first that are said of such things.

    Opposites, what the boxes rule out, and interactions that people write down whenever they hold.
    Nobody has to look at the picture to rule out what is never said of such things.
    """
    relation, other = str(plan.relation), str(plan.other)
    if relation not in words.relation_types:
        return "the vocabulary does not know the relation"
    ends = plan.object_id, str(plan.other_id)
    there, back = _between(graph, *ends), _between(graph, *reversed(ends))
    holding = words.may_hold(there, back)
    opposite = sorted(words.opposite.get(relation, frozenset()) - holding)
    impossible = ruled_out(_object(graph, ends[0]).box, _object(graph, ends[1]).box, words)
    unwritten = [one for one in words.interactions if not _near(one, holding)]
    certain = sorted({*opposite, *impossible, *unwritten} - holding)
    kind = words.relation_type_of(relation)
    said, of_a_kind, rest = usage.by_level(certain, plan.object, other)
    likely = [one for one in rest if words.is_likely(one, plan.object, other)]
    groups = [
        [one for one in group if (words.relation_type_of(one) == kind) is same]
        for same in (True, False)
        for group in (said, of_a_kind, likely)
    ]
    alike = _alike(words.alike_relations)
    return Wrong(relation, (opposite, *groups), alike, fewest=FEWEST_RELATIONS)


_WRONG: Mapping[str, Callable[[ImagePlan, ImageGraph, Vocabulary, Usage], Wrong | str]] = (
    MappingProxyType(
        {"object": _wrong_objects, "attribute": _wrong_values, "relation": _wrong_relations}
    )
)


def _near(word: str, others: Iterable[str]) -> bool:
    return any(word == other or said_alike(word, other) for other in others)


def _alike(groups: Mapping[str, frozenset[str]]) -> Callable[[str, str], bool]:
    return lambda one, other: other in groups.get(one, ()) or said_alike(one, other)


def _object(graph: ImageGraph, name: str) -> GraphObject:
    return next(thing for thing in graph.objects if thing.id == name)


def _between(graph: ImageGraph, one: str, other: str) -> set[str]:
    ids: Sequence[str] = [thing.id for thing in graph.objects]
    return {r for s, r, o in graph.relations if (ids[s], ids[o]) == (one, other)}


def _task_type(plan: ImagePlan, words: Vocabulary) -> str:
    if plan.generator == "object":
        return _TASK_TYPES["object"]
    if plan.generator == "attribute":
        return _TASK_TYPES.get(str(plan.attribute_type), _TASK_TYPES["attribute"])
    relation = str(plan.relation)
    general = "spatial" if words.relation_type_of(relation) == "spatial" else "relation"
    return _TASK_TYPES.get(relation, _TASK_TYPES[general])
