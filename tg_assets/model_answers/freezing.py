"""A benchmark as a folder that does not change: pictures, options and plans, known by a hash.

    LICENSE.txt          the library's, where it has one
    README.md            the card that `datasets` reads, with what it is
    benchmark.json       what it was made from, counts, the hash
    data/test.parquet    a row a task, its pictures inside
    vlmevalkit/NAME.tsv  the same tasks as VLMEvalKit's multiple choice reads them

VLMEvalKit keeps the pictures that it unpacks by the name of the file, so the hash is part of it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tg_assets.balanced_dataset.staging import replaced_folder
from tg_assets.model_answers.drawing import draw_tasks
from tg_assets.model_answers.frozen_formats import HuggingFace, VlmEvalKit, card
from tg_assets.model_answers.tasks import pictures_of, plan_of
from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.libraries import OpenLibrary
from tg_assets.task_space.world import World

if TYPE_CHECKING:
    from tg_assets.scenes.render_cache import Drawing

HASH_CHARS = 16
LICENCE = "LICENSE.txt"


class NotFrozen(TaskSpaceError):  # noqa: N818 - said to a person
    """There is something else where the benchmark is to be, or nothing to put into it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a benchmark.

    Attributes:
        number: From 0, in order.
        instance: What is asked.
        pictures: PNG files: one, or a video's frames in order.
    """

    number: int
    instance: Instance
    pictures: list[bytes]

    @property
    def row(self) -> dict[str, Any]:
        """What is asked and what of, but for the pictures."""
        asked = self.instance.asked
        return {
            **plan_of(self.instance),
            "seed": self.instance.seed,
            "kind": self.instance.world.kind,
            "task_type": self.instance.task_type,
            "question": asked.question,
            "options": [option.text for option in asked.options],
            "answer": asked.answer,
            "answer_letter": chr(ord("A") + asked.right),
        }


@dataclass(slots=True)
class Frozen:
    """A benchmark that was written.

    Attributes:
        hash: Of all that is in it: tasks, in order, and the pictures' bytes.
        tasks: By generator.
        without: Plans that were drawn and have no instance, by reason.
        folder: Where it lies.
        tsv: The file for VLMEvalKit.
    """

    hash: str
    tasks: Mapping[str, int]
    without: Mapping[str, int]
    folder: Path
    tsv: Path


@dataclass
class _Made:
    """What went into a benchmark so far."""

    state: Any = field(default_factory=hashlib.sha256)
    tasks: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)


def shared_out(generators: list[str], tasks: int) -> dict[str, int]:
    """Return how many tasks of each generator make so many in all, as equal as can be.

    Raises:
        NotFrozen: There are fewer tasks than generators.
    """
    if tasks < len(generators):
        raise NotFrozen(
            f"{tasks} tasks are fewer than the {len(generators)} generators; ask for more tasks, "
            "or name fewer generators"
        )
    each, more = divmod(tasks, len(generators))
    return {name: each + (place < more) for place, name in enumerate(generators)}


def freeze(
    library: OpenLibrary,
    wanted: Mapping[str, int],
    seed: int,
    folder: Path,
    draw: Callable[[World], Drawing],
    told: Callable[[int], None] = lambda _: None,
) -> Frozen:
    """Write a benchmark; the same library, wish and seed make the same files.

    Args:
        library: Whose objects are shown.
        wanted: How many tasks of each generator.
        seed: Of the plans and of the instances.
        folder: Made, or replaced when it holds a benchmark.
        draw: Draws a world.
        told: Called with how many tasks are written.

    Raises:
        NotFrozen: The folder holds something else, or no plan has an instance.
        LibraryError, BlenderError: A task cannot be drawn.
    """
    if folder.exists() and not (folder / "benchmark.json").is_file():
        raise NotFrozen(f"{folder} is there and holds no benchmark; name a folder that is not")
    with replaced_folder(folder) as partial:
        made = _Made()
        for name in ("data", "vlmevalkit"):
            (partial / name).mkdir()
        unnamed = partial / "vlmevalkit" / "unnamed.tsv"
        with (
            HuggingFace(partial / "data" / "test.parquet") as parquet,
            VlmEvalKit(unnamed) as tsv,
        ):
            for task in _tasks(library, wanted, seed, draw, made):
                made.state.update(orjson.dumps(task.row, option=orjson.OPT_SORT_KEYS))
                for picture in task.pictures:
                    made.state.update(hashlib.sha256(picture).digest())
                parquet.add(task.number, task.row, task.pictures)
                tsv.add(task.number, task.row, task.pictures)
                told(task.number + 1)
        if not made.tasks:
            raise NotFrozen("no plan that was drawn has an instance in this library")
        hash_ = made.state.hexdigest()[:HASH_CHARS]
        said = {
            "hash": hash_,
            "library": library.version,
            "seed": seed,
            "tasks": dict(made.tasks),
            "without_instance": dict(sorted(made.without.items())),
        }
        name = f"TaskGalaxy_{hash_}.tsv"
        unnamed.rename(unnamed.with_name(name))
        (partial / "benchmark.json").write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
        _copy_licence(library, partial)
        (partial / "README.md").write_text(card(said, parquet.card_features), encoding="utf-8")
    return Frozen(hash_, made.tasks, made.without, folder, folder / "vlmevalkit" / name)


def _copy_licence(library: OpenLibrary, folder: Path) -> None:
    """Let the licence of the library's pictures travel with them."""
    source = library.library.folder
    if source is not None and (source / LICENCE).is_file():
        shutil.copyfile(source / LICENCE, folder / LICENCE)


def _tasks(
    library: OpenLibrary,
    wanted: Mapping[str, int],
    seed: int,
    draw: Callable[[World], Drawing],
    made: _Made,
) -> Iterator[Task]:
    number = 0
    for generator, count in wanted.items():
        for outcome in draw_tasks(library, generator, count, seed):
            if isinstance(outcome, NoInstance):
                made.without[outcome.reason] += 1
                continue
            made.tasks[generator] += 1
            yield Task(number, outcome, pictures_of(draw(outcome.world)))
            number += 1
