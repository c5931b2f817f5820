"""The task types that a person wrote: a YAML file of any depth, read with clear errors."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

import yaml

from tg_assets.task_tree.labels import (
    MAX_LABEL_CHARS,
    join_path,
    normalise_path,
    split_path,
)
from tg_assets.task_tree.rewording import Siblings

SEEDS_FILE = Path(__file__).with_name("seeds.yaml")
"""The seeds that come with the project."""

_MAX_ENTRIES = 1_000_000
"""More entries than any person writes: aliases that refer to aliases end here."""

_STRING = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"

Labels = tuple[str, ...]


class SeedsError(ValueError):
    """A seeds file that cannot be used; the message names file, line, place and what to do."""


@dataclass(frozen=True)
class Seeds:
    """The seeds of a file.

    Attributes:
        paths: Every task type of the file, each after its parent. The ancestors of a path are
            task types themselves, also where the file does not name them alone.
        look_alikes: Pairs of paths with one parent that say the same in other words. They are
            used as they stand, for a person wrote them, but are worth a look.
    """

    paths: tuple[Labels, ...]
    look_alikes: tuple[tuple[str, str], ...] = ()


def load_seeds(path: str | Path) -> Seeds:
    """Read a seeds file.

    Args:
        path: A YAML file: nested mappings and lists of any depth, whose names may hold ``~``.

    Returns:
        Its task types, normalised. Names that are equal after normalisation are one.

    Raises:
        SeedsError: The file cannot be read, is no YAML, is empty, or holds something that is no
            name.
    """
    file = Path(path)
    root = _compose(file)
    paths: set[Labels] = set()
    for labels in _Walk(file).paths(root):
        paths.update(labels[:length] for length in range(1, len(labels) + 1))
    if not paths:
        raise SeedsError(f"{file}: holds no task type; write at least one name")
    ordered = tuple(sorted(paths))
    return Seeds(ordered, tuple(_look_alikes(ordered)))


def new_paths(seeds: Seeds, existing: Set[str]) -> list[str]:
    """Return the paths of the seeds that the tree does not hold yet, parents before children."""
    paths = (join_path(labels) for labels in seeds.paths)
    return sorted((path for path in paths if path not in existing), key=split_path)


def _compose(file: Path) -> yaml.Node:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise SeedsError(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SeedsError(f"{file}: is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except RecursionError as error:
        raise SeedsError(f"{file}: is nested too deeply to be read") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
        problem = error.problem or error.context
        raise SeedsError(
            f"{where}: is not valid YAML: {problem}; mind indents and quotes"
        ) from error
    except yaml.YAMLError as error:
        raise SeedsError(f"{file}: is not valid YAML: {error}") from error
    if root is None or root.tag == _NULL:
        raise SeedsError(f"{file}: is empty; write at least one name, such as '- ocr'")
    if isinstance(root, yaml.ScalarNode):
        raise SeedsError(
            f"{file}:{root.start_mark.line + 1}: is one text and no list of names; "
            "put '- ' before each name"
        )
    return root


class _Walk:
    """One pass over the nodes of a file, which keeps lines, as loading would not."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open: set[int] = set()
        self._entries = 0

    def paths(self, node: yaml.Node, parent: Labels = (), place: str = "$") -> Iterator[Labels]:
        """Yield the path of everything at and under a node."""
        if id(node) in self._open:
            raise self._error(node, place, "contains itself through an alias; write it out")
        self._open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield from self._mapping(node, parent, place)
        elif isinstance(node, yaml.SequenceNode):
            yield from self._sequence(node, parent, place)
        else:
            yield self._named(node, parent, place)
        self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, parent: Labels, place: str) -> Iterator[Labels]:
        for key, value in node.value:
            labels = self._named(key, parent, f"{place} (a key)")
            yield labels
            if value.tag != _NULL:
                yield from self.paths(value, labels, f"{place}.{key.value}")

    def _sequence(self, node: yaml.SequenceNode, parent: Labels, place: str) -> Iterator[Labels]:
        for position, entry in enumerate(node.value):
            inside = f"{place}[{position}]"
            if isinstance(entry, yaml.SequenceNode):
                raise self._error(
                    entry, inside, "is a list directly inside a list; give it a name: 'name: [...]'"
                )
            yield from self.paths(entry, parent, inside)

    def _named(self, node: yaml.Node, parent: Labels, place: str) -> Labels:
        self._entries += 1
        if self._entries > _MAX_ENTRIES:
            raise self._error(node, place, f"is beyond {_MAX_ENTRIES} entries; are aliases nested?")
        if node.tag == _NULL:
            raise self._error(
                node, place, "is empty (YAML reads a lone ~ as nothing, too); write or delete it"
            )
        if not isinstance(node, yaml.ScalarNode) or node.tag != _STRING:
            raise self._error(node, place, _no_name(node))
        labels = normalise_path(node.value)
        if not labels:
            raise self._error(
                node,
                place,
                f"{node.value!r} holds no letter and names nothing; rename or delete it",
            )
        for label in labels:
            if len(label) > MAX_LABEL_CHARS:
                raise self._error(
                    node,
                    place,
                    f"{label[:40]!r}... has {len(label)} characters; a name may have "
                    f"{MAX_LABEL_CHARS}: shorten it",
                )
        return parent + labels

    def _error(self, node: yaml.Node, place: str, problem: str) -> SeedsError:
        return SeedsError(f"{self._file}:{node.start_mark.line + 1}: {place}: {problem}")


def _no_name(node: yaml.Node) -> str:
    """Say what stands where a name should, and what to do about it."""
    if not isinstance(node, yaml.ScalarNode):
        return "is a list or mapping used as a name; names are single texts"
    kinds = {"int": "a number", "float": "a number", "bool": "yes or no", "timestamp": "a date"}
    kind = kinds.get(node.tag.rpartition(":")[2], f"tagged {node.tag}")
    return f"{node.value!r} is {kind} to YAML and no name; put it in quotes or reword it"


def _look_alikes(paths: tuple[Labels, ...]) -> Iterator[tuple[str, str]]:
    families: dict[Labels, Siblings] = {}
    for labels in paths:
        siblings = families.setdefault(labels[:-1], Siblings())
        if (twin := siblings.twin(labels[-1])) is not None:
            yield join_path(labels), join_path((*labels[:-1], twin))
        siblings.add(labels[-1])
