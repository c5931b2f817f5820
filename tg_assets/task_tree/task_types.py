"""A task type as the tree holds it, and its row in the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from tg_assets import ids
from tg_assets.tables import TASK_TREE
from tg_assets.task_tree.labels import level_of, parent_of

SEED = "seed"
EXPANDED = "expanded"


@dataclass(frozen=True)
class TaskType:
    """A task type: a node of the tree.

    Attributes:
        path: Its normalised path.
        origin: ``seed``: written by a person; ``expanded``: named by a model.
        prompt_version: The version of the prompt that it came from; None for seeds.
        model: The model that named it; None for seeds.
    """

    path: str
    origin: str = SEED
    prompt_version: str | None = None
    model: str | None = None

    @property
    def level(self) -> int:
        """Its level, from 1."""
        return level_of(self.path)

    @property
    def parent(self) -> str:
        """The path of its parent, "" at level 1."""
        return parent_of(self.path)


def task_types_table(task_types: Iterable[TaskType]) -> pl.DataFrame:
    """Return the task types as the table ``task_tree``."""
    rows = [
        {
            "task_id": ids.task_id(task_type.path),
            "path": task_type.path,
            "level": task_type.level,
            "parent_id": ids.task_id(task_type.parent) if task_type.parent else None,
            "origin": task_type.origin,
            "prompt_version": task_type.prompt_version,
            "model": task_type.model,
        }
        for task_type in task_types
    ]
    return TASK_TREE.enforce(pl.DataFrame(rows, schema=dict(TASK_TREE.columns)))


def task_types_of(table: pl.DataFrame) -> list[TaskType]:
    """Return the task types of a table ``task_tree``, in the order of their paths."""
    columns = ("path", "origin", "prompt_version", "model")
    return [TaskType(*row) for row in table.select(columns).sort("path").iter_rows()]
