"""What pydantic finds wrong with settings, said in the words of the file: place, fault, advice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tg_assets.spelling import nearest

UNIONS = ("sources", "models")
"""Keys whose items say what they are (`kind`, `provider`); pydantic names that third."""

SECRET = frozenset({"ledger", "api_key_env", "base_url"})
"""Keys whose values are never repeated: people paste keys and passwords there."""

LONGEST_VALUE = 60

MISSING: Mapping[str, str] = MappingProxyType(
    {
        "price": "say what it costs in dollars per million tokens, such as "
        "{input: 2.5, output: 10}; a model of your own: {input: 0, output: 0}",
        "license": "name the licence of its images, such as CC-BY-4.0, or unknown",
        "path": "say where its images are",
        "model": "name a model",
        "referees": "name judges, such as {ada: my-model}",
        "filter": "name the model that filters pairs of image and task type",
        "ask": "name the model that writes questions",
    }
)
"""What to do about a missing key."""

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "string_type": "should be text",
        "int_type": "should be a whole number",
        "int_parsing": "should be a whole number",
        "int_from_float": "should be a whole number",
        "float_type": "should be a number",
        "float_parsing": "should be a number",
        "tuple_type": "should be a list",
        "dict_type": "should be a mapping of keys",
        "model_type": "should be a mapping of keys",
        "model_attributes_type": "should be a mapping of keys",
        "too_short": "should hold at least one item",
    }
)
"""What pydantic's errors of type mean to somebody who writes YAML."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names the nearest of the known names, or else all of them."""
    names = list(known)
    meant = nearest(name, names)
    return f"did you mean {meant!r}?" if meant else f"known: {', '.join(names)}"


def explain(error: ValidationError, root: type[BaseModel]) -> Iterator[str]:
    """Yield a line for each thing that is wrong: its place in the file, what, and what to do.

    Args:
        error: What pydantic found.
        root: The model of the whole file.
    """
    found = error.errors()
    places = [item["loc"] for item in found]
    for item in found:
        place = item["loc"]
        inside = any(len(other) > len(place) and other[: len(place)] == place for other in places)
        if item["type"] == "too_short" and inside:
            continue  # pydantic does not count items that are wrong themselves
        shown = _shown(place, error)
        for line in _said(item, root).split("\n"):
            yield f"{shown}: {line}" if shown else line


def _shown(place: Sequence[int | str], error: ValidationError) -> str:
    """Return a place as people write it: ``sources[0].path``, ``models.gpt.price``."""
    text = ""
    for depth, part in enumerate(place):
        if (depth == 2 and place[0] in UNIONS) or part == "[key]":
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _said(item: ErrorDetails, root: type[BaseModel]) -> str:
    kind, place, context = item["type"], item["loc"], item.get("ctx", {})
    name = str(place[-1]) if place else ""
    if kind == "value_error":
        return item["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"unknown key; {did_you_mean(name, _known_keys(root, place[:-1]))}"
    if kind == "missing":
        return f"is missing; {MISSING.get(name, 'add it')}"
    if kind == "union_tag_not_found":
        return f"is missing its key {context['discriminator']}"
    if kind in ("union_tag_invalid", "literal_error"):
        return _no_such_choice(item)
    if name == "[key]" or kind == "string_pattern_mismatch":
        return _no_such_name(item)
    said = TYPES.get(kind) or item["msg"].replace("Input should be", "should be")
    return f"{said}{_found(item)}"


def _no_such_choice(item: ErrorDetails) -> str:
    context = item["ctx"]
    choices = re.findall("'([^']*)'", context.get("expected_tags") or context["expected"])
    key = context.get("discriminator", "").strip("'")
    found = context["tag"] if key else item["input"]
    start = f"{key} {found!r}" if key else repr(found)
    return f"{start} is unknown; {did_you_mean(str(found), choices)}"


def _no_such_name(item: ErrorDetails) -> str:
    if "targets" in item["loc"]:
        return "is no level; write levels as numbers, such as {1: 20, 2: 100}"
    if "api_key_env" in item["loc"]:
        return (
            "is no name of an environment variable; give the NAME of the variable that holds the "
            "key, such as OPENAI_API_KEY, never the key itself"
        )
    return (
        f"{item['input']!r} cannot be a name; use lower-case letters, digits, '-', '_' and '.', "
        "beginning with a letter or digit"
    )


def _found(item: ErrorDetails) -> str:
    if SECRET.intersection(map(str, item["loc"])):
        return ""
    value = repr(item["input"])
    shown = value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}..."
    return f", it is {shown}" if item["input"] is not None else ", it is empty"


def _known_keys(root: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at a place of the file."""
    models = [root]
    for part in place:
        inside = [
            model
            for parent in models
            if part in parent.model_fields
            for model in _models_in(parent.model_fields[str(part)])
        ]
        tagged = [model for model in models if _is_tagged(model, part)]
        models = inside or tagged or models  # else an index, or a name that the file gives
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _models_in(field: Any) -> Iterator[type[BaseModel]]:
    pending = [field.annotation]
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
        pending += get_args(kind)


def _is_tagged(model: type[BaseModel], tag: int | str) -> bool:
    return any(
        tag in get_args(model.model_fields[key].annotation)
        for key in ("kind", "provider")
        if key in model.model_fields
    )
