"""Subgraphs in English: ``the red cup that is on the wooden table``."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.subgraphs import Neighbour, Subgraph
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary
from tg_assets.task_space.scene_graphs.words import (
    is_plural,
    listed,
    predicate,
    some,
    spoken,
)

NAMELESS = "object"

_ORDER = (
    "size",
    "length",
    "height",
    "state",
    "mood",
    "shape",
    "texture",
    "other",
    "color",
    "material",
)
"""How values stand before a name."""
_BEHIND = frozenset({"activity", "orientation"})
"""Values that follow a name: ``that is sitting``."""


def referring_phrase(
    subgraph: Subgraph, graph: ImageGraph, words: Vocabulary, name: str = NAMELESS
) -> str:
    """Return what picks an object out, with ``the``.

    Args:
        subgraph: Fits the object alone.
        graph: Of the picture: a neighbour that others are like is ``a table``, not ``the table``.
        words: Tell which values follow the name.
        name: Of the object; left out, it is an object.
    """
    many = is_plural(name)
    front, behind = _split(subgraph.attributes, words)
    clauses = [f"{'are' if many else 'is'} {listed(behind)}"] if behind else []
    if subgraph.neighbour is not None:
        clauses.append(_relative_clause(subgraph.neighbour, graph, words, many))
    named = _with_values(front, name)
    return (
        " that ".join([f"the {named}", " and that ".join(clauses)]) if clauses else f"the {named}"
    )


def _relative_clause(neighbour: Neighbour, graph: ImageGraph, words: Vocabulary, many: bool) -> str:
    beside = neighbour_phrase(neighbour, graph, words)
    if neighbour.direction == "out":
        return f"{predicate(neighbour.relation, many)} {beside}"
    return f"{beside} {predicate(neighbour.relation, is_plural(neighbour.name))}"


def neighbour_phrase(neighbour: Neighbour, graph: ImageGraph, words: Vocabulary) -> str:
    """Return a neighbour with its values: ``the`` where no other object is like it."""
    front, behind = _split(neighbour.attributes, words)
    phrase = _with_values([*behind, *front], neighbour.name)
    alike = sum(
        thing.name == neighbour.name and set(neighbour.attributes) <= set(thing.attributes)
        for thing in graph.objects
    )
    return f"the {phrase}" if alike == 1 else some(phrase, spoken(neighbour.name))


def _split(values: Sequence[str], words: Vocabulary) -> tuple[list[str], list[str]]:
    """Return the values that stand before a name, in English order, and those behind it."""
    front = [value for value in values if words.type_of(value) not in _BEHIND]
    behind = [value for value in values if words.type_of(value) in _BEHIND]
    return sorted(front, key=lambda value: _rank(words.type_of(value))), behind


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _with_values(values: Sequence[str], name: str) -> str:
    return " ".join(map(spoken, [*values, name]))
