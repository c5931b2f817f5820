"""What each generator's question means: from a plan to its claim, by a table of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tg_assets.task_space.grids import RELATIVE
from tg_assets.task_space.instance import About, Claim
from tg_assets.task_space.library import Attribute
from tg_assets.task_space.world import Motion

GIVEN_AND_ASKED: Mapping[str, tuple[str, frozenset[str]]] = {
    "how-many": ("count", frozenset({"category", "attribute"})),
    "what": ("category", frozenset({"attribute", "place"})),
    "where": ("place", frozenset({"category", "attribute"})),
    "what-attribute": ("attribute", frozenset({"place"})),
    "where-attribute": ("place", frozenset({"attribute"})),
    "what-size": ("category", frozenset({"attribute", "size"})),
    "where-size": ("place", frozenset({"attribute", "size"})),
    "what-attribute-size": ("attribute", frozenset({"size"})),
    "what-distance": ("category", frozenset({"attribute", "distance"})),
    "where-distance": ("cell", frozenset({"attribute", "distance"})),
    "what-attribute-distance": ("attribute", frozenset({"distance"})),
    "what-move": ("category", frozenset({"attribute", "motion"})),
    "where-move": ("place", frozenset({"attribute", "motion"})),
    "what-attribute-move": ("attribute", frozenset({"motion"})),
    "what-rotate": ("category", frozenset({"attribute", "motion"})),
    "where-rotate": ("place", frozenset({"attribute", "motion"})),
    "what-attribute-rotate": ("attribute", frozenset({"motion"})),
}
"""What each generator asks and gives, without the kind of picture. A place is a cell, or a position
where the plan has a reference."""

_TURNS = {"clockwise", "counterclockwise"}
_POSITION_OF = {offset: name for name, offset in RELATIVE.items()}


def kind_and_family(generator: str) -> tuple[str, str]:
    """Return the kind of picture and the rest of a generator's name."""
    family, _, kind = generator.rpartition("-")
    return kind, family


def opposite(position: str) -> str:
    """Return how the first lies from the second, given how the second lies from the first."""
    down, right = RELATIVE[position]
    return _POSITION_OF[-down, -right]


def claim_of(plan: Mapping[str, Any]) -> Claim | None:
    """Return what a plan's question means; null where the table has no such generator."""
    _, family = kind_and_family(plan["generator"])
    if family not in GIVEN_AND_ASKED:
        return None
    asked, given = GIVEN_AND_ASKED[family]
    beside = plan.get("reference") is not None
    placed = "place" in given
    about = _about(asked, beside)
    return Claim(
        about=about,
        category=plan.get("target") if "category" in given else None,
        attribute=_attribute(plan) if "attribute" in given else None,
        motion=motion_of(plan) if "motion" in given else None,
        size=plan.get("size") if "size" in given else None,
        distance=plan.get("distance") if "distance" in given else None,
        cell=plan["cell"] if placed and not beside else None,
        reference=plan.get("reference"),
        position=opposite(plan["position"]) if placed and beside else None,
        inverted=about == "position" and plan.get("order") == "reference first",
        attribute_type=plan.get("attribute_type") if about == "attribute" else None,
    )


def _about(asked: str, beside: bool) -> About:
    if asked == "place":
        return "position" if beside else "cell"
    return asked  # type: ignore[return-value]  # the table holds nothing else


def _attribute(plan: Mapping[str, Any]) -> Attribute | None:
    if plan.get("attribute_value") is None:
        return None
    return Attribute(plan["attribute_type"], plan["attribute_value"])


def motion_of(plan: Mapping[str, Any]) -> Motion | None:
    """Return how a plan's target moves."""
    direction = plan.get("motion")
    if direction is None:
        return None
    return Motion("rotate" if direction in _TURNS else "move", direction)
