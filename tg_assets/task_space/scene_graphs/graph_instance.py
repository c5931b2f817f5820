"""A task about an annotated picture or video, as a model meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tg_assets.task_space.instance import Asked
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.subgraphs import Subgraph

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
When = Literal["before", "after", "while"]


@dataclass(frozen=True, slots=True)
class GraphClaim:
    """What a question about an annotated picture asks, without words.

    Attributes:
        about: What is asked of the object that the subgraph fits alone.
        subgraph: Picks it out.
        name: Its name, where the question gives it.
        attribute_type: With ``about="attribute"``, the type asked for.
        other_subgraph: With ``about="relation"``, picks out the other end.
        other_name: The other end's name, where the question gives it.
    """

    about: Literal["object", "attribute", "relation"]
    subgraph: Subgraph
    name: str | None = None
    attribute_type: str | None = None
    other_subgraph: Subgraph | None = None
    other_name: str | None = None


@dataclass(frozen=True, slots=True)
class VideoClaim:
    """What a question about an annotated video asks, without words; names are those of the table.

    Attributes:
        about: What is asked.
        when: How the frames that are asked about lie to those of the reference action.
        reference: The reference action.
        relation_type: ``spatial`` or ``contact``; null when an action is asked.
        relation: The relation whose object is asked.
        object: The object, the relation to which is asked.
    """

    about: Literal["object", "relation", "action"]
    when: When
    reference: str
    relation_type: Literal["spatial", "contact"] | None = None
    relation: str | None = None
    object: str | None = None


@dataclass(frozen=True, slots=True)
class GraphInstance:
    """A plan drawn from a seed.

    Attributes:
        plan: The plan's row.
        seed: The same plan and seed make the same instance.
        graph_id: Of the picture or video.
        claim: What the question means.
        asked: The question; its own claim is null.
        task_type: Its task type in the tree: labels joined by ``~``.
    """

    plan: Mapping[str, Any]
    seed: int
    graph_id: str
    claim: GraphClaim | VideoClaim
    asked: Asked
    task_type: str


def picture_file(folder: Path, image: str) -> Path:
    """Return the file of a picture: its id with a usual ending.

    Raises:
        SceneGraphError: There is none.
    """
    return _file(folder, image, PICTURES)


def video_file(folder: Path, video: str) -> Path:
    """Return the file of a video: its id, with ``.mp4`` where the id has no ending.

    Raises:
        SceneGraphError: There is none.
    """
    return _file(folder, video, ("", ".mp4"))


def keyframe_files(folder: Path, video: str, keyframes: list[str]) -> list[Path]:
    """Return the files of a video's keyframes, ``FOLDER/VIDEO/KEYFRAME``, in order.

    Raises:
        SceneGraphError: One is missing.
    """
    return [_file(folder / video, keyframe, ("", *PICTURES)) for keyframe in keyframes]


def _file(folder: Path, name: str, endings: tuple[str, ...]) -> Path:
    if Path(name).name != name:
        raise SceneGraphError(f"{name!r} cannot be the name of a file in {folder}")
    for ending in endings:
        file = folder / f"{name}{ending}"
        if file.is_file():
            return file
    tried = ", ".join(f"{name}{ending}" for ending in endings)
    raise SceneGraphError(f"{folder} has no file of {name}: looked for {tried}")
