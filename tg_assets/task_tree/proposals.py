"""Proposals for the next task batch: the task types on which models fail most.

They are a file like the seeds, to be edited by a person: what is accepted goes into the file that
the setting ``task_tree.accepted`` names, and from there into a batch of its own. A type that the
tree lacks is proposed itself, with what the tree then grows under it; under one that the tree has,
what fails there most is proposed as a branch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from tg_assets.referee_calibration.rates import wilson
from tg_assets.task_tree.labels import join_path, normalise_path, split_path
from tg_assets.task_tree.seeds import Seeds, load_seeds

FEWEST_ANSWERS = 5
"""Fewer answers say nothing about a task type."""


class ProposalError(ValueError):
    """Proposals that cannot be made or accepted; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Weak:
    """A proposal and what it rests on.

    Attributes:
        path: The proposed task type.
        about: The task type that models fail at.
        right: Answers that were right there.
        answered: Answers there; of the branch alone, where a branch is proposed.
    """

    path: str
    about: str
    right: int
    answered: int

    @property
    def said(self) -> str:
        """The numbers for people."""
        low, high = wilson(self.right, self.answered)
        return f"{self.right} of {self.answered} right (95 %: {low:.0%} to {high:.0%})"


def weakest(answers: pl.DataFrame, tree: Set[str], most: int) -> list[Weak]:
    """Return proposals for the task types that are answered worst.

    The worst is that whose accuracy is low beyond doubt: the upper end of its interval counts, so
    that three wrong answers of three prove less than thirty of forty.

    Args:
        answers: Rows of ``model_answers``: path, correct (null: no answer, which does not count),
            and target, the category that was asked about, where there is one.
        tree: The paths that the tree holds.
        most: Task types at most; those that are answered faultlessly are not among them.
    """
    known = answers.filter(pl.col("correct").is_not_null())
    found: list[Weak] = []
    for path, right, of in _ranked(known, "path"):
        if len(found) == most:
            break
        task = join_path(normalise_path(path))
        if task not in tree:
            found.append(Weak(task, task, right, of))
        elif (branch := _branch(known.filter(pl.col("path") == path), task, tree)) is not None:
            found.append(branch)
    return found


def _branch(answers: pl.DataFrame, path: str, tree: Set[str]) -> Weak | None:
    """Return the category that fails most as a branch of its task type; null without a new one."""
    if "target" not in answers.columns:
        return None
    for target, right, of in _ranked(answers.drop_nulls("target"), "target"):
        labels = normalise_path(target)
        branch = join_path((*split_path(path), *labels))
        if labels and branch not in tree:
            return Weak(branch, path, right, of)
    return None


def _ranked(answers: pl.DataFrame, by: str) -> Iterator[tuple[str, int, int]]:
    """Yield each value with its right answers and all of them, the surely weakest first."""
    counts = answers.group_by(by).agg(
        right=pl.col("correct").sum().cast(pl.Int64), answered=pl.len().cast(pl.Int64)
    )
    rows = [
        (value, right, of)
        for value, right, of in counts.iter_rows()
        if of >= FEWEST_ANSWERS and right < of
    ]
    yield from sorted(rows, key=lambda row: (wilson(row[1], row[2])[1], row[0]))


def written(proposals: Sequence[Weak], models: Sequence[str]) -> str:
    """Return proposals as a seeds file with the reasons beside them."""
    lines = [
        "# Task types on which models fail most, proposed as seeds of the next task batch.",
        f"# Asked: {', '.join(models)}. Delete, edit or add lines, then: tg propose accept FILE",
    ]
    for one in proposals:
        where = "" if one.about == one.path else f" of {one.about}"
        lines += [f"# {one.said}{where}", f"- {_quoted(one.path)}"]
    return "\n".join(lines) + "\n"


def accept(file: Path, accepted: Path) -> list[str]:
    """Add a file's task types to those that were accepted; returns the new ones, in order.

    Raises:
        SeedsError: One of the files cannot be used.
    """
    before = load_seeds(accepted) if accepted.exists() else Seeds(())
    new = [path for path in load_seeds(file).paths if path not in set(before.paths)]
    if new:
        lines = [f"- {_quoted(join_path(path))}" for path in sorted((*before.paths, *new))]
        _write(accepted, "# Accepted proposals: tg propose accept\n" + "\n".join(lines) + "\n")
    return [join_path(path) for path in new]


def save(text: str, file: Path) -> None:
    """Write proposals where nothing lies yet.

    Raises:
        ProposalError: Something does: a person may have edited it.
    """
    if file.exists():
        raise ProposalError(f"{file}: is there already; accept or delete it, or name another --out")
    _write(file, text)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(file)


def _quoted(path: str) -> str:
    return yaml.safe_dump(path, default_style='"', width=10_000, allow_unicode=True).strip()
