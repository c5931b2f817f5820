"""The columns of the Hugging Face export, in the three languages it has to be told in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

_TEXT = {"dtype": "string", "_type": "Value"}
_FEATURES: Mapping[str, Any] = {
    "sample_id": _TEXT,
    "image": {"_type": "Image"},
    "conversations": [{"from": _TEXT, "value": _TEXT}],
    "question": _TEXT,
    "answer": _TEXT,
    "task_type": _TEXT,
    "task_levels": {"feature": _TEXT, "_type": "Sequence"},
    "votes": [{"referee": _TEXT, "vote": {"dtype": "int8", "_type": "Value"}}],
    "score": {"dtype": "int32", "_type": "Value"},
    "source": _TEXT,
    "license": _TEXT,
    "model": _TEXT,
    "prompt_version": _TEXT,
    "image_id": _TEXT,
    "task_id": _TEXT,
}
"""The columns, in the JSON that ``datasets`` reads from Parquet metadata.

``Sequence`` and not the newer ``List``: versions before and after 4 of ``datasets`` read it.
"""

_CARD_FEATURES: tuple[dict[str, Any], ...] = (
    {"name": "sample_id", "dtype": "string"},
    {"name": "image", "dtype": "image"},
    {
        "name": "conversations",
        "list": [{"name": "from", "dtype": "string"}, {"name": "value", "dtype": "string"}],
    },
    {"name": "question", "dtype": "string"},
    {"name": "answer", "dtype": "string"},
    {"name": "task_type", "dtype": "string"},
    {"name": "task_levels", "sequence": "string"},
    {
        "name": "votes",
        "list": [{"name": "referee", "dtype": "string"}, {"name": "vote", "dtype": "int8"}],
    },
    {"name": "score", "dtype": "int32"},
    *(
        {"name": name, "dtype": "string"}
        for name in ("source", "license", "model", "prompt_version", "image_id", "task_id")
    ),
)
"""The columns again, in the YAML of the data card."""

_TURN = pa.struct([("from", pa.string()), ("value", pa.string())])
_VOTE = pa.struct([("referee", pa.string()), ("vote", pa.int8())])
_ARROW: Mapping[str, pa.DataType] = {
    "image": pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    "conversations": pa.list_(_TURN),
    "task_levels": pa.list_(pa.string()),
    "votes": pa.list_(_VOTE),
    "score": pa.int32(),
}
_COT = "cot_answer"


@dataclass(frozen=True)
class Columns:
    """The columns of an export.

    Attributes:
        features: In the JSON that ``datasets`` reads from Parquet metadata.
        card_features: In the YAML of the data card.
    """

    features: Mapping[str, Any]
    card_features: tuple[dict[str, Any], ...]

    @property
    def schema(self) -> pa.Schema:
        """The Parquet schema; its metadata declares ``image`` as Hugging Face's Image feature."""
        return pa.schema(
            [(name, _ARROW.get(name, pa.string())) for name in self.features],
            metadata={"huggingface": json.dumps({"info": {"features": self.features}})},
        )


def columns_of(samples: pl.DataFrame) -> Columns:
    """Return the columns of an export of these samples: step-by-step answers if they have any."""
    if _COT not in samples.columns:
        return Columns(_FEATURES, _CARD_FEATURES)
    card = (*_CARD_FEATURES, {"name": _COT, "dtype": "string"})
    return Columns({**_FEATURES, _COT: _TEXT}, card)


def leaf_columns(schema: pa.Schema) -> list[str]:
    """Return the paths of a schema's leaves, as Parquet names them."""
    return [leaf for field in schema for leaf in _leaves(field.name, field.type)]


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return [leaf for field in fields for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [path]
