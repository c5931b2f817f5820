"""Concepts and how they are related: a directed acyclic graph, several parents allowed.

Task-Me-Anything builds its tasks over such a graph. What matters of it is relevance: a concept is
relevant to itself, its ancestors and its descendants; only concepts that are irrelevant to each
other may stand beside each other as target and reference, or as right and wrong option.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Set
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from tg_assets.task_space.errors import TaskSpaceError

logger = logging.getLogger(__name__)

Edge = tuple[str, str]


class TaxonomyError(TaskSpaceError):
    """A taxonomy that is none; the message names the concepts and what to do."""


class Taxonomy:
    """Concepts that have assets in themselves or below, and the edges between them.

    Args:
        edges: From parent to child. Self-loops are dropped with a warning, edges that a longer
            path implies are dropped.
        with_assets: Concepts that have assets of their own; those that no edge names stand alone.

    Attributes:
        concepts: All concepts that are left, sorted: every other one has no asset in itself or in
            any descendant.

    Raises:
        TaxonomyError: The edges run in a circle.
    """

    def __init__(self, edges: Iterable[Edge], with_assets: Set[str]) -> None:
        children = _children(edges)
        descendants = _descendants(children)
        kept = {
            concept
            for concept in children.keys() | with_assets
            if concept in with_assets or with_assets & descendants[concept]
        }
        self.concepts = tuple(sorted(kept))
        self._children = {
            concept: frozenset(_direct(children.get(concept, set()) & kept, descendants))
            for concept in self.concepts
        }
        self._descendants = {
            concept: frozenset(descendants.get(concept, set()) & kept) for concept in self.concepts
        }

    @cached_property
    def _ancestors(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {concept: set() for concept in self.concepts}
        for concept, below in self._descendants.items():
            for descendant in below:
                found[descendant].add(concept)
        return {concept: frozenset(above) for concept, above in found.items()}

    def children(self, concept: str) -> frozenset[str]:
        """Return the concepts directly below one."""
        return self._children[self._known(concept)]

    def descendants(self, concept: str) -> frozenset[str]:
        """Return all concepts below one, without itself."""
        return self._descendants[self._known(concept)]

    def ancestors(self, concept: str) -> frozenset[str]:
        """Return all concepts above one, without itself."""
        return self._ancestors[self._known(concept)]

    def relevant(self, concept: str) -> frozenset[str]:
        """Return a concept with its ancestors and descendants."""
        return self.ancestors(concept) | self.descendants(concept) | {concept}

    def irrelevant(self, concept: str) -> tuple[str, ...]:
        """Return every other concept, sorted."""
        relevant = self.relevant(concept)
        return tuple(other for other in self.concepts if other not in relevant)

    def _known(self, concept: str) -> str:
        if concept not in self._descendants:
            raise TaxonomyError(
                f"{concept!r} is no concept here: it is not in the taxonomy, or has no asset in "
                "itself or in any concept below"
            )
        return concept


def _children(edges: Iterable[Edge]) -> dict[str, set[str]]:
    children: dict[str, set[str]] = {}
    for parent, child in edges:
        if parent == child:
            logger.warning("taxonomy: %s is its own child; that edge is dropped", parent)
            children.setdefault(parent, set())
            continue
        children.setdefault(parent, set()).add(child)
        children.setdefault(child, set())
    return children


def _descendants(children: Mapping[str, Set[str]]) -> dict[str, set[str]]:
    try:
        order = list(TopologicalSorter(children).static_order())  # children come first
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise TaxonomyError(
            f"the taxonomy runs in a circle: {circle}; remove one of these edges"
        ) from None
    below: dict[str, set[str]] = {}
    for concept in order:
        direct = children[concept]
        below[concept] = set(direct).union(*(below[child] for child in direct))
    return below


def _direct(children: Set[str], descendants: Mapping[str, Set[str]]) -> set[str]:
    """Return the children that no other child is above: other edges are implied."""
    return {
        child
        for child in children
        if not any(child in descendants[other] for other in children if other != child)
    }
