"""Subsets for ablations: fewer task types, fewer images, or fewer samples a type.

They nest: which task types and which samples come first is decided by hashes of their ids, so a
smaller subset is a part of a larger one and two trainings differ only in what was added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from tg_assets import ids
from tg_assets.balanced_dataset.balancing import cap_per_type, priorities
from tg_assets.tables import BALANCED_DATASET

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_RESERVED = frozenset({"default", "all", "train"})


class SubsetError(ValueError):
    """A subset's settings make no sense; the message names the subset and what to change."""


@dataclass(frozen=True)
class Subset:
    """What a subset is to hold.

    Attributes:
        name: Its name in the exports.
        n_task_types: Task types to take; None takes all. The task types of a smaller number are
            among those of a larger one.
        n_images: Images to take; None takes all. Every image then gives one sample, so that
            subsets with different task types have the same number of images and of samples, as in
            the paper's ablation, and the task types share the images as evenly as they can.
        max_per_type: Samples a task type may have; None takes all.
    """

    name: str
    n_task_types: int | None = None
    n_images: int | None = None
    max_per_type: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or self.name in _RESERVED:
            raise SubsetError(
                f"subset {self.name!r}: the name becomes a folder and a configuration; use letters,"
                f" digits, '_', '.' and '-', and none of {sorted(_RESERVED)}"
            )
        for setting in ("n_task_types", "n_images", "max_per_type"):
            value = getattr(self, setting)
            if value is not None and value < 1:
                raise SubsetError(
                    f"subset {self.name!r}: {setting} is {value}; give a number above zero, or "
                    f"leave it out to take all"
                )


@dataclass(frozen=True)
class Selected:
    """The samples of a subset.

    Attributes:
        samples: ``BALANCED_DATASET``, in the order of its key.
        note: Where the subset holds less than its settings ask for, what and why; else None.
    """

    samples: pl.DataFrame
    note: str | None = None


def select(samples: pl.DataFrame, subset: Subset) -> Selected:
    """Take a subset of the dataset.

    Args:
        samples: ``BALANCED_DATASET``.
        subset: What to take.

    Returns:
        The samples; with a note that names the subset where it asks for more than there is.
    """
    notes: list[str] = []
    chosen = samples
    if subset.n_task_types is not None:
        chosen = _take_task_types(chosen, subset.n_task_types, notes)
    if subset.max_per_type is not None:
        chosen = cap_per_type(chosen, subset.max_per_type)
    if subset.n_images is not None:
        chosen = _take_images(chosen, subset.n_images, notes)
    note = f"subset {subset.name!r}: {'; '.join(notes)}" if notes else None
    return Selected(BALANCED_DATASET.enforce(chosen), note)


def check_names(subsets: Iterable[Subset]) -> None:
    """Refuse two subsets of one name, whose files would overwrite each other.

    Raises:
        SubsetError: Two subsets share a name (also when only their case differs).
    """
    seen: dict[str, str] = {}
    for subset in subsets:
        if (twin := seen.get(subset.name.lower())) is not None:
            raise SubsetError(f"subset {subset.name!r}: another is called {twin!r}; rename one")
        seen[subset.name.lower()] = subset.name


def _take_task_types(samples: pl.DataFrame, count: int, notes: list[str]) -> pl.DataFrame:
    present = samples["task_id"].unique().to_list()
    if count > len(present):
        notes.append(f"asks for {count} task types and takes all {len(present)} there are")
    first = sorted(present, key=lambda task: (ids.digest("subset", task), task))[:count]
    return samples.filter(pl.col("task_id").is_in(first))


def _take_images(samples: pl.DataFrame, count: int, notes: list[str]) -> pl.DataFrame:
    """Take ``count`` images with one sample each, the task types taking turns.

    An image with several samples goes to its rarest task type, so that few types end up without an
    image; then every type gives its first sample, its second, and so on until there are enough.
    """
    task_types = samples["task_id"].n_unique()
    one_each = (
        samples.select("sample_id", "image_id", "task_id")
        .with_columns(
            priorities(samples["sample_id"]), type_size=pl.len().over("task_id").cast(pl.Int64)
        )
        .sort("type_size", "priority", "sample_id")
        .unique("image_id", keep="first", maintain_order=True)
    )
    if count > one_each.height:
        notes.append(f"asks for {count} images and takes all {one_each.height} there are")
    turns = one_each.with_columns(turn=pl.col("priority").rank("ordinal").over("task_id"))
    taken = turns.sort("turn", "priority", "sample_id").head(count)
    without = task_types - taken["task_id"].n_unique()
    if without:
        notes.append(f"{without} of its {task_types} task types are left without an image")
    return samples.join(taken.select("sample_id"), on="sample_id", how="semi")
