"""Scene graphs of videos: keyframes of Charades' videos as Action Genome annotates them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from tg_assets.task_space.scene_graphs.reading import (
    BadGraphError,
    Rejected,
    SceneGraphError,
    mapping,
    read_graphs,
)

RelationType = Literal["spatial", "contact"]
RELATION_TYPES: tuple[RelationType, ...] = ("spatial", "contact")


@dataclass(frozen=True, slots=True)
class VideoNames:
    """What the ids of video graphs stand for.

    Attributes:
        names: The name of each id.
        objects: Names of objects.
        actions: Names of actions.
        spatial: Names of relations in space.
        contact: Names of relations by contact.
    """

    names: Mapping[str, str]
    objects: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    spatial: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyframe:
    """What a person does in one frame; names, not ids.

    Attributes:
        id: Of the frame in its video.
        actions: What the person does.
        relations: For each relation type, the object that the person has each relation to.
    """

    id: str
    actions: tuple[str, ...]
    relations: Mapping[RelationType, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class VideoGraph:
    """What people wrote down about a video.

    Attributes:
        id: Of the video.
        keyframes: In order of time.
    """

    id: str
    keyframes: tuple[Keyframe, ...]


def load_video_names(file: Path) -> VideoNames:
    """Load the names of ids: what `convert_names` writes.

    Args:
        file: A JSON object: ``names`` (id to name) and the ids that are ``objects``, ``actions``,
            ``spatial`` and ``contact``. A plain object, id to name, will do for plans.

    Raises:
        SceneGraphError: The file is missing or is not what it should be.
    """
    try:
        raw = orjson.loads(file.read_bytes())
    except OSError as error:
        raise SceneGraphError(f"{file} cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise SceneGraphError(f"{file} is not JSON: {error}") from None
    try:
        if "names" not in raw:
            return VideoNames({str(key): _name(name) for key, name in raw.items()})
        names = {str(key): _name(name) for key, name in raw["names"].items()}
        kinds = ("objects", "actions", "spatial", "contact")
        return VideoNames(names, *(tuple(names[str(key)] for key in raw[kind]) for kind in kinds))
    except (AttributeError, KeyError, TypeError) as error:
        raise SceneGraphError(
            f"{file} is to hold names (id to name) and lists of the ids that are objects, "
            f"actions, spatial and contact; {error!r} is missing or no text"
        ) from None


def read_video_graphs(
    file: Path, names: VideoNames, watch: Callable[[int], None] | None = None
) -> Iterator[VideoGraph | Rejected]:
    """Yield the graphs of a file, in its order; bad ones with their reason.

    Args:
        file: A JSON object, video id to keyframes.
        names: Of the ids.
        watch: Told after each graph how many bytes were read.

    Raises:
        SceneGraphError: The file is missing or not a JSON object.
    """
    return read_graphs(file, lambda name, raw: video_graph(name, raw, names), watch)


def video_graph(name: str, raw: Any, names: VideoNames) -> VideoGraph:
    """Return the graph of a video.

    Raises:
        BadGraphError: It cannot be used.
    """
    frames = mapping(raw, "the graph")
    if not frames:
        raise BadGraphError("no keyframes", "the graph has no keyframe")
    return VideoGraph(name, tuple(_keyframe(key, frame, names) for key, frame in frames.items()))


def _keyframe(key: str, raw: Any, names: VideoNames) -> Keyframe:
    what = f"keyframe {key}"
    fields = mapping(raw, what)
    actions = fields.get("actions", [])
    if not isinstance(actions, list):
        raise BadGraphError("not a graph", f"actions of {what} are to be a list")
    relations: dict[RelationType, Mapping[str, str]] = {
        kind: {
            _named(relation, names, what): _named(thing, names, what)
            for relation, thing in mapping(fields.get(kind, {}), f"{kind} of {what}").items()
        }
        for kind in RELATION_TYPES
    }
    if not actions and not any(relations.values()):
        raise BadGraphError("empty keyframe", f"{what} has neither action nor relation")
    return Keyframe(key, tuple(dict.fromkeys(_named(a, names, what) for a in actions)), relations)


def _named(key: Any, names: VideoNames, what: str) -> str:
    name = names.names.get(str(key)) if isinstance(key, str | int) else None
    if name is None:
        raise BadGraphError("dangling id", f"{what} names {key!r}, which the table does not")
    return name


def _name(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise TypeError(raw)
    return raw.strip()
