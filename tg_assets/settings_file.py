"""Reading a settings file as YAML, strictly: what YAML would silently drop is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

MERGE = "tag:yaml.org,2002:merge"


class SettingsError(ValueError):
    """The settings cannot be used; the message has one line for each thing that is wrong."""


def read_settings_file(file: Path) -> dict[str, Any]:
    """Return what a settings file says.

    Raises:
        SettingsError: It cannot be read, is no YAML, is empty, or gives a key twice.
    """
    text = _text(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            twice = [f"{file}: {problem}" for problem in _given_twice(node, "", set())]
            if twice:
                raise SettingsError("\n".join(twice))
        raw = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        raise SettingsError(f"{file}: {_where(error)}is not valid YAML: {_what(error)}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{file}: is not valid YAML: {_one_line(str(error))}") from None
    if raw is None:
        raise SettingsError(f"{file}: is empty; begin with a copy of examples/embedded.yaml")
    if not isinstance(raw, dict):
        raise SettingsError(
            f"{file}: is {_kind(raw)}, it has to be a mapping of settings such as "
            "`name: my-galaxy`; begin with a copy of examples/embedded.yaml"
        )
    return raw


def _text(file: Path) -> str:
    if file.is_dir():
        raise SettingsError(f"{file}: is a folder; name the settings file in it")
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{file}: there is no such file") from None
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{file}: is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None


def _given_twice(node: yaml.Node, place: str, seen: set[int]) -> Iterator[str]:
    """Yield a line for each key that a mapping gives twice: YAML would take the last."""
    if id(node) in seen:  # an alias, perhaps of what it stands in
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _given_twice(item, f"{place}[{number}]", seen)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value)
            inside = f"{place}.{name}" if place else name
            line = key.start_mark.line + 1
            if name in lines and key.tag != MERGE:
                yield (
                    f"line {line}: {inside}: is given twice, first in line {lines[name]}; "
                    "delete one of them"
                )
            lines.setdefault(name, line)
            yield from _given_twice(value, inside, seen)


def _where(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "


def _what(error: yaml.MarkedYAMLError) -> str:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    if "'\\t'" in said:
        said += "; indent with spaces, not tabs"
    return _one_line(said)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a single value"
