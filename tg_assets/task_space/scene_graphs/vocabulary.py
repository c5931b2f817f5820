"""What words about pictures mean: types of attribute values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
import yaml

from tg_assets.task_space.scene_graphs.reading import SceneGraphError

VOCABULARY_FILE = Path(__file__).with_name("vocabulary.yaml")
ATTRIBUTES_FILE = "attribute_category.json"
OTHER = "other"
"""The type of words that no type lists."""


@dataclass(frozen=True)
class Vocabulary:
    """Words and their types.

    Attributes:
        attribute_types: The type of each known attribute value.
    """

    attribute_types: Mapping[str, str]

    def type_of(self, value: str) -> str:
        """Return the type of an attribute value; ``other`` when nothing is known of it."""
        return self.attribute_types.get(value, OTHER)


@cache
def own_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the project."""
    raw = yaml.safe_load(VOCABULARY_FILE.read_text(encoding="utf-8"))
    return Vocabulary(_types(raw["attribute types"]))


def load_vocabulary(folder: Path) -> Vocabulary:
    """Return the types that Task-Me-Anything publishes.

    Args:
        folder: Holds ``attribute_category.json``.

    Raises:
        SceneGraphError: The file is missing or is not what it should be.
    """
    file = folder / ATTRIBUTES_FILE
    try:
        return Vocabulary(_types(orjson.loads(file.read_bytes())))
    except FileNotFoundError:
        raise SceneGraphError(f"{file} does not exist; it is to hold type -> values") from None
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise SceneGraphError(f"{file} is to hold type -> list of values: {error}") from None


def _types(raw: Mapping[str, list[str]]) -> dict[str, str]:
    return {value: kind for kind, values in raw.items() for value in values}
