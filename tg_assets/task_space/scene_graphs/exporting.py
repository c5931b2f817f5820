"""Annotated pictures of the project's own worlds: drawn, with their scene graphs, and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from upath import UPath

from tg_assets.scenes.picture import Picture
from tg_assets.scenes.worlds import draw
from tg_assets.tables_io import write_whole
from tg_assets.task_space.library import Library
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary
from tg_assets.task_space.scene_graphs.world_graphs import WorldsToAnnotate
from tg_assets.task_space.world import Kind

if TYPE_CHECKING:
    from PIL import Image

GRAPHS_FILE, IMAGES_FOLDER = "graphs.json", "images"
KINDS: tuple[Kind, ...] = ("2d", "3d")


@dataclass(frozen=True)
class Annotated:
    """A picture with its scene graph.

    Attributes:
        id: Of the picture: kind, seed and number.
        image: In RGB.
        graph: As GQA writes it.
    """

    id: str
    image: Image.Image
    graph: dict[str, Any]


def annotated_pictures(
    library: Library, words: Vocabulary, n: int, seed: int, kinds: Sequence[Kind] = KINDS
) -> Iterator[Annotated]:
    """Yield pictures with their scene graphs, of each kind in turn.

    Args:
        library: Whose objects they show.
        words: What is said of them.
        n: How many; of more, the first are the same.
        seed: The same seed makes the same.
        kinds: Of worlds.

    Raises:
        TaskSpaceError: The library has too few objects with names, or one cannot be drawn.
    """
    worlds = [WorldsToAnnotate(library, kind, words) for kind in kinds]
    for number in range(n):
        mine = worlds[number % len(worlds)]
        world = mine.world(number, seed)
        shown = draw(library, world)
        assert isinstance(shown, Picture)  # kinds are of pictures
        graph = mine.annotator.graph(world, shown.mask)
        yield Annotated(f"{mine.kind}-{seed}-{number:06}", shown.image, graph)


def export_graphs(folder: Path, pictures: Iterator[Annotated]) -> Path:
    """Write pictures as ``images/ID.png`` and, last, their graphs as ``graphs.json``.

    Args:
        folder: Made where it is not there.
        pictures: Each is written before the next is drawn.

    Returns:
        The file of the graphs.
    """
    (folder / IMAGES_FOLDER).mkdir(parents=True, exist_ok=True)
    graphs = {}
    for one in pictures:
        held = BytesIO()
        one.image.save(held, "PNG")
        write_whole(UPath(folder / IMAGES_FOLDER / f"{one.id}.png"), held.getvalue())
        graphs[one.id] = one.graph
    file = folder / GRAPHS_FILE
    write_whole(UPath(file), orjson.dumps(graphs, option=orjson.OPT_INDENT_2))
    return file
