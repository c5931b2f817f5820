"""What a file of scene graphs says of which things: wrong answers are drawn from that.

"The cup photographs the table" is wrong, and nobody has to look at the picture to know it. What
people say elsewhere of the same things, or of things of their kind, has to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, read_image_graphs
from tg_assets.task_space.scene_graphs.reading import Rejected
from tg_assets.task_space.scene_graphs.vocabulary import Names

EXACTLY, OF_A_KIND, NEVER = 0, 1, 2
"""Said of the same names, of names under the same heading, of neither."""


@dataclass(frozen=True)
class Usage:
    """What is said of names, and of the headings over them, somewhere in a file.

    Attributes:
        names: Has the headings.
        said: What was said of whom: a relation of two names, a value of one.
        beside: Names by direction, relation and the neighbour that they were seen beside.
    """

    names: Names
    said: Mapping[tuple[str, ...], set[str]] = field(default_factory=dict)
    beside: Mapping[tuple[str, str, str], set[str]] = field(default_factory=dict)

    def level(self, word: str, *of: str) -> int:
        """Return how closely a word is used of these names: `EXACTLY` and so on."""
        if word in self.said.get(of, ()):
            return EXACTLY
        kinds = product(*(self.names.headings(name) for name in of))
        return OF_A_KIND if any(word in self.said.get(one, ()) for one in kinds) else NEVER

    def by_level(self, words: Iterable[str], *of: str) -> list[list[str]]:
        """Return words in groups, those used exactly so first."""
        levels: list[list[str]] = [[], [], []]
        for word in words:
            levels[self.level(word, *of)].append(word)
        return levels

    def names_beside(self, direction: str, relation: str, name: str) -> set[str]:
        """Return names seen in a relation to a neighbour of this name, or of its kind."""
        kinds = (name, *self.names.headings(name))
        return set().union(*(self.beside.get((direction, relation, one), ()) for one in kinds))


def usage_in(graphs: Iterable[ImageGraph], names: Names) -> Usage:
    """Return what graphs say of which names."""
    said: dict[tuple[str, ...], set[str]] = {}
    beside: dict[tuple[str, str, str], set[str]] = {}

    def kinds(name: str) -> set[str]:
        return {name, *names.headings(name)}

    for graph in graphs:
        called = [thing.name for thing in graph.objects]
        for thing in graph.objects:
            for one in kinds(thing.name):
                said.setdefault((one,), set()).update(thing.attributes)
        for subject, relation, other in graph.relations:
            ends = kinds(called[subject]), kinds(called[other])
            for pair in product(*ends):
                said.setdefault(pair, set()).add(relation)
            for one in ends[1]:
                beside.setdefault(("out", relation, one), set()).add(called[subject])
            for one in ends[0]:
                beside.setdefault(("in", relation, one), set()).add(called[other])
    return Usage(names, said, beside)


def usage_of(file: Path, names: Names) -> Usage:
    """Return what the graphs of a file say; those that cannot be used say nothing.

    Raises:
        SceneGraphError: The file is missing or not a JSON object.
    """
    graphs = read_image_graphs(file)
    return usage_in((one for one in graphs if not isinstance(one, Rejected)), names)
