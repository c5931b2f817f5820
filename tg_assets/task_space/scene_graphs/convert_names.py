"""Task-Me-Anything's tables of video names, from the published pickles to JSON, once.

Unpickling can run anything that a file's author wrote. This reads numbers, texts and plain
containers of them, and refuses a file that names any class or function beyond sets.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from tg_assets.task_space.scene_graphs.reading import SceneGraphError

NAMES_FILE = "idx2name.pkl"
KINDS = {
    "objects": "objects.pkl",
    "actions": "actions.pkl",
    "spatial": "spatial_relations.pkl",
    "contact": "contact_relations.pkl",
}
MOST_BYTES = 16 << 20
"""More than any table of names holds."""

_SETS = {"set": set, "frozenset": frozenset}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in ("builtins", "__builtin__") and name in _SETS:
            return _SETS[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is no plain container")


def load_plain(file: Path) -> Any:
    """Return what a pickle holds, if that is nothing but plain containers.

    Raises:
        SceneGraphError: The file cannot be read, is no pickle, is too large or holds more.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise SceneGraphError(
                f"{file} is larger than {MOST_BYTES >> 20} MiB: no table of names"
            )
        with file.open("rb") as opened:
            return _PlainUnpickler(opened).load()
    except OSError as error:
        raise SceneGraphError(f"{file} cannot be read: {error.strerror}") from None
    except SceneGraphError:
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise SceneGraphError(f"{file} is not read: {error}") from None


def convert_names(folder: Path, file: Path) -> int:
    """Write the names of a folder of pickles as JSON.

    Args:
        folder: Holds ``idx2name.pkl`` and the lists of ids ``objects.pkl``, ``actions.pkl``,
            ``spatial_relations.pkl`` and ``contact_relations.pkl``.
        file: Replaced as a whole.

    Returns:
        How many names there are.

    Raises:
        SceneGraphError: A pickle cannot be used.
    """
    names = load_plain(folder / NAMES_FILE)
    if not isinstance(names, dict):
        raise SceneGraphError(f"{folder / NAMES_FILE} is to hold id -> name")
    named = {str(key): str(name) for key, name in names.items()}
    kinds = {
        kind: _known(load_plain(folder / name), named, folder / name)
        for kind, name in KINDS.items()
    }
    written = file.with_name(f".{file.name}.part")
    written.write_bytes(orjson.dumps({"names": named, **kinds}, option=orjson.OPT_INDENT_2))
    written.replace(file)
    return len(named)


def _known(ids: Any, names: dict[str, str], file: Path) -> list[str]:
    if not isinstance(ids, Iterable) or isinstance(ids, str):
        raise SceneGraphError(f"{file} is to hold ids")
    listed = [str(key) for key in ids]
    unnamed = [key for key in listed if key not in names]
    if unnamed:
        raise SceneGraphError(f"{file} holds {unnamed[0]!r}, which {NAMES_FILE} does not name")
    return sorted(listed) if isinstance(ids, set | frozenset) else listed
