"""The JSON schema of a translation: the schema of `Query`, as servers enforce schemas.

They want every field named and none besides (OpenAI's strict mode), and know no defaults: what may
be left out is null.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from tg_assets.model_performance.queries.query import Query
from tg_assets.task_space.space import PLAN

NUMBERS = ("grid", "count")
"""Columns of numbers."""
LEFT_OUT = ("budget", "confidence", "way", "seed", "at_most", "slots")
"""What a reply does not say: a person's fields, and those that are flattened."""
DROPPED = ("title", "default", "description", "minLength")


def _strict(part: Any, named: dict[str, Any]) -> Any:
    """Return a part of pydantic's schema with its references put in and all fields required."""
    if isinstance(part, list):
        return [_strict(one, named) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _strict(named[part["$ref"].rpartition("/")[2]], named)
    if "const" in part:
        return {"type": "string", "enum": [part["const"]]}
    kept = {key: _strict(one, named) for key, one in part.items() if key not in DROPPED}
    if part.get("type") == "object" and "properties" in part:
        kept["properties"] = {
            name: _strict(one, named)
            for name, one in part["properties"].items()
            if name not in LEFT_OUT
        }
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept


def _reply_schema() -> dict[str, Any]:
    whole = TypeAdapter(Query).json_schema()
    kinds = [_strict(one, whole["$defs"]) for one in whole["anyOf"]]
    columns = [name for name in PLAN if name != "index"]
    for kind in kinds:
        fields = kind["properties"]
        fields["by"]["items"] = {"type": "string", "enum": columns}
        values = {
            name: {"type": ["integer" if name in NUMBERS else "string", "null"]} for name in columns
        }
        fields["plans"] = {
            "type": "object",
            "properties": values,
            "required": columns,
            "additionalProperties": False,
        }
    return {
        "type": "object",
        "properties": {
            "query": {"anyOf": [*kinds, {"type": "null"}]},
            "reason": {"type": ["string", "null"]},
        },
        "required": ["query", "reason"],
        "additionalProperties": False,
    }


REPLY_SCHEMA = _reply_schema()
"""An object with a query of one of the four kinds, or null and the reason."""
