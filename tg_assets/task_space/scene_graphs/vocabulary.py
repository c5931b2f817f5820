"""What words about pictures mean: types of values and relations, and what excludes what.

A wrong answer has to follow from the right one, not from what nobody wrote down: of a red cup that
nobody called plastic, plastic may well be true. The words that exclude each other stand in
``vocabulary.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import orjson
import yaml

from tg_assets.task_space.library import require_folder
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.words import is_mass, is_plural, plural, said_alike, singular
from tg_assets.task_space.taxonomy import Taxonomy

VOCABULARY_FILE = Path(__file__).with_name("vocabulary.yaml")
ATTRIBUTES_FILE = "attribute_category.json"
RELATIONS_FILE = "relation_to_type.json"
CONCEPTS_FILE = "cateid_to_concept.json"
TAXONOMY_FILE = "taxonomy.json"

OTHER = "other"
"""The type of words that no type lists."""

Groups = Mapping[str, frozenset[str]]
"""For each word, the words that stand in one group with it; it may be in several."""


@dataclass(frozen=True)
class Names:
    """Names of things and which of them may be said of one thing.

    Attributes:
        concepts: The concept of each name.
        taxonomy: Of the concepts.
        people: Names of which several may be said of one person.
    """

    concepts: Mapping[str, str]
    taxonomy: Taxonomy
    people: frozenset[str]

    @cached_property
    def exact_singulars(self) -> tuple[str, ...]:
        """Names of one thing that stand above no other, sorted: abstract ones are no options."""
        return tuple(name for name in self._exact if not is_plural(name))

    @cached_property
    def exact_plurals(self) -> tuple[str, ...]:
        """The same for several things."""
        return tuple(sorted({plural(name) for name in self._exact if not is_mass(name)}))

    @cached_property
    def _exact(self) -> list[str]:
        below = self.taxonomy.descendants
        return sorted(name for name, concept in self.concepts.items() if not below(concept))

    @cached_property
    def _relevant(self) -> Mapping[str, frozenset[str]]:
        return {one: self.taxonomy.relevant(one) for one in self.taxonomy.concepts}

    def concept(self, name: str) -> str | None:
        """Return the concept of a name, also of the name of several; null when unknown."""
        return self.concepts.get(name) or self.concepts.get(singular(name))

    def headings(self, name: str) -> frozenset[str]:
        """Return the concepts right above a name, and its own where it is a heading itself."""
        concept = self.concept(name)
        if concept is None:
            return frozenset()
        if concept not in self._headings:
            tree = self.taxonomy
            above = {one for one in tree.ancestors(concept) if concept in tree.children(one)}
            self._headings[concept] = frozenset(
                above | ({concept} if tree.children(concept) else set())
            )
        return self._headings[concept]

    def over(self, name: str) -> frozenset[str]:
        """Return what else a thing of a name is called, at any height: a man is also a person."""
        concept = self.concept(name)
        if concept is None:
            return frozenset({name, singular(name)})
        if concept not in self._over:
            named = {concept, *self.taxonomy.ancestors(concept)}
            self._over[concept] = frozenset(n for n, of in self.concepts.items() if of in named)
        return self._over[concept]

    @cached_property
    def _over(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _headings(self) -> dict[str, frozenset[str]]:
        return {}

    def may_be_one(self, name: str, other: str) -> bool:
        """Whether both names may be said of one thing, as far as is known."""
        if said_alike(name, other) or {singular(name), singular(other)} <= self._persons:
            return True
        one, two = self.concept(name), self.concept(other)
        return one is not None and two is not None and two in self._relevant[one]

    @cached_property
    def _persons(self) -> frozenset[str]:
        return frozenset(map(singular, self.people))


@dataclass(frozen=True)
class Vocabulary:
    """Words about pictures.

    Attributes:
        attribute_types: The type of each known attribute value.
        relation_types: The type of each known relation.
        exclusive: Values of which a thing has at most one.
        alike_values: Values that may be said of the same thing.
        alike_relations: Relations that may be said of the same two things.
        inverse: Relations that hold the other way round.
        opposite: Relations of which at most one holds.
        touching: Relations that cannot hold between things that are apart in the picture.
        interactions: Relations that people write down whenever they hold.
        always_likely: Relations that any two things may have, as far as one can tell unseen.
        doing: Which things have an interaction, and to which.
        says_nothing: Relations that ask for nothing that can be seen.
        names: Of things.
    """

    attribute_types: Mapping[str, str]
    relation_types: Mapping[str, str]
    exclusive: Groups
    alike_values: Groups
    alike_relations: Groups
    inverse: Groups
    opposite: Groups
    touching: Sequence[str]
    interactions: Sequence[str]
    always_likely: frozenset[str]
    doing: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    says_nothing: frozenset[str]
    names: Names

    def type_of(self, value: str) -> str:
        """Return the type of an attribute value; ``other`` when nothing is known of it."""
        return self.attribute_types.get(value, OTHER)

    def relation_type_of(self, relation: str) -> str:
        """Return the type of a relation; ``other`` when nothing is known of it."""
        return self.relation_types.get(relation, OTHER)

    def may_be_true(self, values: Iterable[str]) -> frozenset[str]:
        """Return the values that may be said of a thing that has some."""
        return _with_groups(values, self.alike_values)

    def is_likely(self, relation: str, one: str, other: str) -> bool:
        """Whether a relation between things of these names cannot be ruled out unseen."""
        if relation in self.always_likely:
            return True
        subjects, objects = self.doing.get(relation, (frozenset(), frozenset()))
        return bool(subjects & self.names.over(one) and objects & self.names.over(other))

    def may_hold(self, there: Iterable[str], back: Iterable[str]) -> frozenset[str]:
        """Return the relations that may hold from one thing to another.

        Args:
            there: Relations that hold from the one to the other.
            back: Relations that hold from the other to the one.
        """
        turned = {inverse for one in back for inverse in self.inverse.get(one, ())}
        return _with_groups({*there, *turned}, self.alike_relations)


@cache
def own_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the project."""
    text = VOCABULARY_FILE.read_text(encoding="utf-8")
    raw = yaml.load(text, yaml.BaseLoader)  # strings alone: "on" would be true otherwise
    edges = [(above, name) for above, below in raw["names"].items() for name in below]
    every = {*raw["names"], *(name for _, name in edges)}
    return Vocabulary(
        attribute_types=_types(raw["attribute types"]),
        relation_types=_types(raw["relation types"]),
        exclusive=_groups(raw["exclusive"]),
        alike_values=_groups(raw["alike values"]),
        alike_relations=_groups(raw["alike relations"]),
        inverse=_groups(raw["inverse relations"]),
        opposite=_groups(raw["opposite relations"]),
        touching=tuple(raw["touching"]),
        interactions=tuple(raw["interactions"]),
        always_likely=frozenset(raw["always likely"]),
        doing={
            relation: (frozenset(who), frozenset(to))
            for relation, (who, to) in raw["doing"].items()
        },
        says_nothing=frozenset(raw["says nothing"]),
        names=Names({n: n for n in every}, Taxonomy(edges, every), frozenset(raw["people"])),
    )


def load_vocabulary(folder: Path) -> Vocabulary:
    """Return the types and names that Task-Me-Anything publishes, with the project's groups.

    Args:
        folder: Holds ``attribute_category.json``, ``relation_to_type.json``,
            ``cateid_to_concept.json`` and ``taxonomy.json``.

    Raises:
        LibraryError: The folder is none.
        SceneGraphError: A file is missing or is not what it should be.
        TaxonomyError: The taxonomy runs in a circle.
    """
    require_folder(folder)
    own = own_vocabulary()
    try:
        return replace(
            own,
            attribute_types=_types(_read(folder / ATTRIBUTES_FILE)),
            relation_types={**own.relation_types, **_read(folder / RELATIONS_FILE)},
            names=_names(
                _read(folder / CONCEPTS_FILE), _read(folder / TAXONOMY_FILE), own.names.people
            ),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, SceneGraphError):
            raise
        raise SceneGraphError(
            f"{folder} is not in Task-Me-Anything's format: {error}; see the docs of the files "
            f"{ATTRIBUTES_FILE}, {RELATIONS_FILE}, {CONCEPTS_FILE} and {TAXONOMY_FILE}"
        ) from None


def _names(
    concepts: Mapping[str, Any], taxonomy: Mapping[str, Any], people: frozenset[str]
) -> Names:
    named = {
        str(name): concept
        for concept, known in concepts.items()
        for name in known.get("scene_graph", ())
    }
    edges = [(parent, child) for parent, child in taxonomy["edges"]]
    tree = Taxonomy(edges, set(named.values()))
    person = named.get("person")
    persons = set() if person is None else {person, *tree.descendants(person)}
    return Names(named, tree, people | {name for name, one in named.items() if one in persons})


def _read(file: Path) -> dict[str, Any]:
    try:
        parsed = orjson.loads(file.read_bytes())
    except OSError as error:
        raise SceneGraphError(
            f"{file} cannot be read: {error.strerror}; the folder of a vocabulary holds "
            f"{ATTRIBUTES_FILE}, {RELATIONS_FILE}, {CONCEPTS_FILE} and {TAXONOMY_FILE}, as "
            "Task-Me-Anything publishes them"
        ) from None
    except orjson.JSONDecodeError as error:
        raise SceneGraphError(f"{file} is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise SceneGraphError(f"{file} is to hold a JSON object, not a {type(parsed).__name__}")
    return parsed


def _types(raw: Mapping[str, list[str]]) -> dict[str, str]:
    return {value: kind for kind, values in raw.items() for value in values}


def _groups(raw: Iterable[Sequence[str]]) -> Groups:
    found: dict[str, set[str]] = {}
    for group in raw:
        for word in group:
            found.setdefault(word, set()).update(set(group) - {word})
    return {word: frozenset(others) for word, others in found.items()}


def _with_groups(words: Iterable[str], groups: Groups) -> frozenset[str]:
    known = frozenset(words)
    return known.union(*(groups.get(word, ()) for word in known))
