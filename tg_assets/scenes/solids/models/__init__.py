"""The models that the project makes itself, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tg_assets.scenes.solids.catalogue import ModelFacts
from tg_assets.scenes.solids.models import (
    animals,
    belongings,
    furniture,
    kitchen,
    outdoors,
    vehicles,
)

MODELS: Mapping[str, ModelFacts] = MappingProxyType(
    {
        name: facts
        for part in (kitchen, furniture, belongings, animals, vehicles, outdoors)
        for name, facts in part.CATALOGUE.models.items()
    }
)
"""Every model."""
