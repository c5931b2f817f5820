"""How the tree grows by one batch: level by level, round by round, without a model client.

Whom to ask is the caller's: ``grow`` hands over all questions of a round at once and takes the
answers in the order of the questions, so that it does not matter in which order they were
obtained. Nothing that a model said is lost: what is not taken is a row with its reason.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tg_assets.tables import REJECTED_TASK_TYPES
from tg_assets.task_tree.labels import (
    MAX_LABEL_CHARS,
    encodable,
    join_path,
    level_of,
    normalise_path,
    parent_of,
    split_path,
)
from tg_assets.task_tree.prompts import GrowthQuestion
from tg_assets.task_tree.rewording import Siblings, canonical
from tg_assets.task_tree.task_types import EXPANDED, SEED, TaskType, task_types_table

_STORED_LABEL_CHARS = 500
"""What is kept of a rejected label: enough to see what the model wrote."""


@dataclass(frozen=True)
class GrowthAnswer:
    """What came back for one question.

    Attributes:
        labels: The raw labels in the order of the reply; None if there are none to be had.
        model: The model that was asked.
        prompt_version: The version of the prompt.
        reason: Why there are no labels; None where there are.
    """

    labels: tuple[str, ...] | None
    model: str
    prompt_version: str
    reason: str | None = None


Ask = Callable[[Sequence[GrowthQuestion]], Sequence[GrowthAnswer]]
"""Answers the questions of one round, in their order."""


@dataclass(frozen=True)
class Growth:
    """One batch of the tree.

    Attributes:
        task_types: What the batch adds, as the table ``task_tree``.
        rejected: What was not taken and why, as the table ``rejected_task_types``.
    """

    task_types: pl.DataFrame
    rejected: pl.DataFrame


def grow(
    existing: Sequence[TaskType],
    new_seeds: Sequence[str],
    targets: Mapping[int, int],
    max_rounds: int,
    per_request: int,
    ask: Ask,
    *,
    also_under: Collection[str] = (),
) -> Growth:
    """Grow the tree by one batch: the new seeds, and what a model adds to them.

    A level is grown until it has as many task types as its target says, in all batches together.
    Level 1 is asked about as a whole, deeper levels once per parent and round, for the parents
    that this batch brought. A level ends early when a round yields nothing or the rounds are
    used up. A parent for which a round yielded nothing is not asked about again, unless its
    request failed.

    Args:
        existing: The task types of all earlier batches; empty for the first.
        new_seeds: Normalised paths that the batch begins with; ancestors are added.
        targets: How many task types a level shall have; levels without a target do not grow.
        max_rounds: How often a parent is asked about at most.
        per_request: How many labels one question asks for at most; fewer where fewer are missing.
        ask: Answers the questions of a round.
        also_under: Paths of earlier batches that are asked about as well.

    Returns:
        The batch; parents of earlier batches are not repeated in it.

    Raises:
        ValueError: A path is not normalised, is unknown, or ``ask`` gave another number of answers
            than it had questions.
    """
    tree = _Tree(existing)
    for path in sorted(new_seeds, key=split_path):
        tree.add_seed(path)
    if unknown := sorted(set(also_under) - tree.paths):
        raise ValueError(f"also_under: no such task type in the tree: {', '.join(unknown[:5])}")
    for level in sorted(targets):
        parents = tree.parents(level, also_under)
        _Level(tree, level, targets[level], per_request, ask).grow(parents, max_rounds)
    return Growth(task_types_table(tree.added.values()), _rejected_table(tree.rejected))


@dataclass(frozen=True)
class _Rejected:
    parent: str
    label: str
    round: int
    reason: str
    detail: str | None = None


@dataclass
class _Tree:
    """The tree while a batch is being added to it."""

    existing: Iterable[TaskType]
    added: dict[str, TaskType] = field(default_factory=dict)
    rejected: list[_Rejected] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = {task_type.path for task_type in self.existing}
        self._children: dict[str, Siblings] = {}
        self._labels: dict[str, list[str]] = {}
        self._sizes: dict[int, int] = {}
        for path in sorted(self.paths):
            self._note(path)

    def _note(self, path: str) -> None:
        self._labels.setdefault(parent_of(path), []).append(split_path(path)[-1])
        self._sizes[level_of(path)] = self.size(level_of(path)) + 1

    def size(self, level: int) -> int:
        """How many task types a level has, in all batches."""
        return self._sizes.get(level, 0)

    def children(self, parent: str) -> Siblings:
        """The names under a parent, indexed when it is first asked about."""
        if parent not in self._children:
            self._children[parent] = Siblings(sorted(self._labels.get(parent, ())))
        return self._children[parent]

    def labels(self, parent: str) -> tuple[str, ...]:
        """The names under a parent, sorted."""
        return tuple(sorted(self._labels.get(parent, ())))

    def parents(self, level: int, also_under: Collection[str]) -> list[str]:
        """The parents to ask about for a level, in the order of the tree."""
        if level == 1:
            return [""]
        wanted = {*self.added, *also_under}
        return sorted((path for path in wanted if level_of(path) == level - 1), key=split_path)

    def add(self, task_type: TaskType) -> None:
        """Add a task type whose parent is there."""
        path = task_type.path
        self.paths.add(path)
        self.added[path] = task_type
        self._note(path)
        if task_type.parent in self._children:
            self._children[task_type.parent].add(split_path(path)[-1])

    def add_seed(self, path: str) -> None:
        """Add a seed and those of its ancestors that are missing."""
        labels = normalise_path(path)
        if join_path(labels) != path or not labels:
            raise ValueError(f"new_seeds: {path!r} is not a normalised path; use normalise_path")
        for length in range(1, len(labels) + 1):
            if (ancestor := join_path(labels[:length])) not in self.paths:
                self.add(TaskType(ancestor, SEED))


@dataclass
class _Level:
    """The growth of one level."""

    tree: _Tree
    level: int
    target: int
    per_request: int
    ask: Ask

    def grow(self, parents: Sequence[str], max_rounds: int) -> None:
        """Ask round after round until the level is full or nothing more comes."""
        for number in range(1, max_rounds + 1):
            if not parents or self._missing() <= 0:
                return
            limit = self._limit(len(parents))
            questions = [self._question(parent, number, limit) for parent in parents]
            answers = self.ask(questions)
            if len(answers) != len(questions):
                raise ValueError(
                    f"ask: {len(answers)} answers to {len(questions)} questions of level "
                    f"{self.level}, round {number}; it must give one for each, in their order"
                )
            fruitful = self._take(questions, answers)
            if not fruitful:
                return
            parents = [
                question.parent
                for question, answer in zip(questions, answers, strict=True)
                if question.parent in fruitful or answer.labels is None
            ]

    def _missing(self) -> int:
        return self.target - self.tree.size(self.level)

    def _limit(self, n_parents: int) -> int:
        """How many labels to ask for: no more than needed, for every one of them is paid.

        Twice a parent's share of what is missing, because some will be rejected.
        """
        share = -(-2 * self._missing() // n_parents)
        return max(1, min(self.per_request, self._missing(), share))

    def _question(self, parent: str, number: int, limit: int) -> GrowthQuestion:
        return GrowthQuestion(parent, self.tree.labels(parent), number, self.level, limit)

    def _take(
        self, questions: Sequence[GrowthQuestion], answers: Sequence[GrowthAnswer]
    ) -> set[str]:
        """Take labels in turn, one per parent, so that no parent fills the level alone.

        Returns:
            The parents that got a new child.
        """
        turns = deque[tuple[GrowthQuestion, GrowthAnswer, Iterator[str]]]()
        for question, answer in zip(questions, answers, strict=True):
            if answer.labels is None:
                self._reject(question, "", "request_failed", answer.reason or "no reason given")
            else:
                turns.append((question, answer, iter(answer.labels)))
        fruitful = set()
        while turns:
            question, answer, labels = turns.popleft()
            for label in labels:
                if self._accept(question, answer, label):
                    fruitful.add(question.parent)
                    turns.append((question, answer, labels))
                    break
        return fruitful

    def _accept(self, question: GrowthQuestion, answer: GrowthAnswer, raw: str) -> bool:
        label, reason, detail = self._judge(question.parent, raw)
        if reason is None and self._missing() <= 0:
            reason, detail = "over_target", f"level {self.level} has its {self.target} task types"
        if reason is not None:
            self._reject(question, raw, reason, detail)
            return False
        path = join_path((*split_path(question.parent), label))
        self.tree.add(TaskType(path, EXPANDED, answer.prompt_version, answer.model))
        return True

    def _judge(self, parent: str, raw: str) -> tuple[str, str | None, str | None]:
        """Return the normalised label, and why it cannot be taken, None twice if it can."""
        above, given = split_path(parent), normalise_path(raw)
        if not given:
            return "", "empty", None
        if above and given == above:
            return "", "same_as_parent", None
        label = _next_level(above, given)
        if label is None:
            return "", "parent", f"{join_path(given)[:_STORED_LABEL_CHARS]} is not under {parent}"
        if len(label) > MAX_LABEL_CHARS:
            return "", "too_long", f"{len(label)} characters, {MAX_LABEL_CHARS} are allowed"
        if above and canonical(above[-1]) == canonical(label):
            return "", "same_as_parent", None
        siblings = self.tree.children(parent)
        if label in siblings:
            return "", "duplicate", join_path((*above, label))
        if (twin := siblings.twin(label)) is not None:
            return "", "reworded", join_path((*above, twin))
        return label, None, None

    def _reject(self, question: GrowthQuestion, raw: str, reason: str, detail: str | None) -> None:
        label = encodable(raw)[:_STORED_LABEL_CHARS]
        if detail is not None:
            detail = encodable(detail)
        self.tree.rejected.append(_Rejected(question.parent, label, question.round, reason, detail))


def _next_level(above: tuple[str, ...], given: tuple[str, ...]) -> str | None:
    """Return the label below the parent that a reply means, None if it means another parent.

    A reply may give the label alone, the whole path, or the path from one of the nearer ancestors
    on; of what goes deeper only the next level is taken.
    """
    for start in range(len(above)):
        tail = above[start:]
        if len(given) > len(tail) and given[: len(tail)] == tail:
            return given[len(tail)]
    return given[0] if len(given) == 1 or not above else None


def _rejected_table(rejected: Iterable[_Rejected]) -> pl.DataFrame:
    """Return the rejected labels as a table; what one reply repeats is one row."""
    rows = {
        (row.parent, row.label, row.round, row.reason): (
            row.parent,
            row.label,
            row.round,
            row.reason,
            row.detail,
        )
        for row in reversed(list(rejected))
    }
    schema = dict(REJECTED_TASK_TYPES.columns)
    return REJECTED_TASK_TYPES.enforce(
        pl.DataFrame(list(rows.values()), schema=schema, orient="row")
    )
