"""List prices by a model's name at its provider's endpoint, from ``prices.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import yaml

PRICES_FILE = Path(__file__).with_name("prices.yaml")
OPENAI_HOST = "api.openai.com"
SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
"""What a name of a snapshot has beyond the name of its model."""


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What a provider asks for a model.

    Attributes:
        input: Dollars per million tokens of prompts.
        output: Dollars per million tokens of replies.
        cached_input: Dollars per million tokens of prompts that the provider found in its cache.
        batch: What a batch job pays of it.
        source: The provider's price list.
        date: When it was looked up, YYYY-MM-DD.
    """

    input: float
    output: float
    cached_input: float | None
    batch: float
    source: str
    date: str


def list_price(model: str, base_url: str | None) -> ListPrice | None:
    """Return the list price of a model, null where there is none to go by.

    Args:
        model: Its name at the endpoint; a dated snapshot has its model's price unless it is
            listed with its own.
        base_url: The endpoint; null is OpenAI's. Whoever else serves a model of that name has a
            price of their own.
    """
    host = OPENAI_HOST if base_url is None else urlsplit(base_url).hostname
    listed = _listed().get(str(host), {})
    return listed.get(model) or listed.get(SNAPSHOT.sub("", model))


@lru_cache(maxsize=1)
def _listed() -> Mapping[str, Mapping[str, ListPrice]]:
    raw: dict[str, Any] = yaml.safe_load(PRICES_FILE.read_text(encoding="utf-8"))
    date = str(raw["date"])
    return MappingProxyType(
        {
            part["endpoint"]: {
                name: ListPrice(
                    input=float(price["input"]),
                    output=float(price["output"]),
                    cached_input=price.get("cached_input"),
                    batch=float(part["batch"]),
                    source=part["source"],
                    date=date,
                )
                for name, price in part["models"].items()
            }
            for part in raw["lists"]
        }
    )
