"""Files of scene graphs, read one graph at a time however large the file is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from tg_assets.task_space.errors import TaskSpaceError

READ_BYTES = 1 << 16

Graph = TypeVar("Graph")


class SceneGraphError(TaskSpaceError):
    """A file that cannot be read on; the message names it, says what is wrong and what to do."""


class BadGraphError(ValueError):
    """A graph that cannot be used, though those around it can."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Rejected:
    """A graph that is left out.

    Attributes:
        id: Of the picture or film.
        reason: Why, in few fixed words, so that reasons can be counted.
        detail: Where in the graph.
    """

    id: str
    reason: str
    detail: str


class Keys(dict[str, Any]):
    """A JSON object that remembers a key it was given twice."""

    __slots__ = ("twice",)

    twice: str | None

    def __init__(self) -> None:
        super().__init__()
        self.twice = None

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            self.twice = key
        super().__setitem__(key, value)


def read_graphs(
    file: Path, parse: Callable[[str, Any], Graph], watch: Callable[[int], None] | None = None
) -> Iterator[Graph | Rejected]:
    """Yield every graph of a file, in its order.

    Args:
        file: A JSON object, id to graph.
        parse: Makes a graph of an id and what stands there, or raises `BadGraphError`.
        watch: Told after each graph how many bytes were read.

    Raises:
        SceneGraphError: The file is missing or not a JSON object. Graphs before a place where it
            stops being JSON have been yielded by then.
    """
    seen: set[str] = set()
    for name, raw in _entries(file, watch):
        if name in seen:
            yield Rejected(name, "duplicate id", "an earlier graph of the file has this id")
            continue
        seen.add(name)
        try:
            yield parse(name, raw)
        except BadGraphError as error:
            yield Rejected(name, error.reason, error.detail)


def mapping(raw: Any, what: str) -> dict[str, Any]:
    """Return a JSON object whose keys are all different.

    Raises:
        BadGraphError: It is something else, or a key stands twice.
    """
    if not isinstance(raw, dict):
        raise BadGraphError("not a graph", f"{what} is to be a JSON object")
    twice = getattr(raw, "twice", None)
    if twice is not None:
        raise BadGraphError("duplicate id", f"{what} holds {twice!r} twice")
    return raw


def text(raw: Any, what: str) -> str:
    """Return a text without space around it.

    Raises:
        BadGraphError: It is something else, or empty.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise BadGraphError("without name", f"{what} has no name")
    return raw.strip()


def _entries(file: Path, watch: Callable[[int], None] | None) -> Iterator[tuple[str, Any]]:
    import ijson

    try:
        with file.open("rb") as opened:
            _require_object(file, opened)
            for entry in ijson.kvitems(
                opened, "", map_type=Keys, use_float=True, buf_size=READ_BYTES
            ):
                yield entry
                if watch is not None:
                    watch(opened.tell())
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise SceneGraphError(f"{file} cannot be read: {error.strerror}") from None
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise SceneGraphError(
            f"{file} is not JSON: {_place_and_reason(file, error)}; the graphs before this place "
            "were read"
        ) from None


def _require_object(file: Path, opened: BinaryIO) -> None:
    start = opened.read(READ_BYTES).lstrip()
    if not start:
        raise SceneGraphError(f"{file} is empty; it is to hold a JSON object, id to scene graph")
    if not start.startswith(b"{"):
        raise SceneGraphError(
            f"{file} is to hold a JSON object, id to scene graph; it begins with "
            f"{start[:20].decode(errors='replace')!r}"
        )
    opened.seek(0)


def _place_and_reason(file: Path, error: Exception) -> str:
    """Return where a file stops being JSON, and why."""
    said = error.args[0]
    reason = (said.decode(errors="replace") if isinstance(said, bytes) else str(error)).split("\n")
    end = _end_of_json(file)
    with file.open("rb") as opened:
        line = 1 + sum(part.count(b"\n") for part in _parts(opened, end))
    return f"line {line:,}, byte {end + 1:,}: {reason[0]}"


def _end_of_json(file: Path) -> int:
    """Return how many bytes of a file begin some JSON: it is read again, the last part singly."""
    good = 0
    with file.open("rb") as opened:
        send = _sender()
        try:
            for part in _parts(opened):
                send(part)
                good += len(part)
        except ValueError:
            send = _sender()
            opened.seek(0)
            for part in _parts(opened, good):
                send(part)
            good += _good_bytes(send, opened.read(READ_BYTES))
    return good


def _good_bytes(send: Callable[[bytes], None], part: bytes) -> int:
    for place in range(len(part)):
        try:
            send(part[place : place + 1])
        except ValueError:
            return place
    return len(part)


def _sender() -> Callable[[bytes], None]:
    """Return what takes a file in parts, and raises where it stops being JSON."""
    import ijson

    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)

    def send(part: bytes) -> None:
        try:
            parser.send(part)
        except ijson.JSONError as error:
            raise ValueError(str(error)) from None
        events.clear()

    return send


def _parts(opened: BinaryIO, end: int | None = None) -> Iterator[bytes]:
    """Yield a file up to a place, `READ_BYTES` at a time."""
    left = end
    while part := opened.read(READ_BYTES if left is None else min(READ_BYTES, left)):
        yield part
        left = None if left is None else left - len(part)
