"""What is known of a model without building it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tg_assets.scenes.solids.paints import ASKED_COLORS
from tg_assets.scenes.solids.parts import Part

ANY = ASKED_COLORS
BRIGHT = ("red", "orange", "yellow", "green", "blue", "purple", "pink")
HARD = ("plastic", "metal", "wood")


@dataclass(frozen=True)
class ModelFacts:
    """A model that the project makes itself.

    Attributes:
        name: What `Asset.model` says.
        categories: What it is: words that a library may give its objects.
        colors: The colours it can have.
        materials: The materials it can be made of; the first where an object names none.
        shape: Its value of the attribute type shape, where its category has several.
        is_round: Turning it about the vertical shows nothing.
        build: Makes its parts.
    """

    name: str
    categories: tuple[str, ...]
    colors: tuple[str, ...]
    materials: tuple[str, ...]
    shape: str | None
    is_round: bool
    build: Callable[[], list[Part]] = field(repr=False, compare=False)

    @property
    def attribute_types(self) -> tuple[str, ...]:
        """The types of attributes in which objects of this model differ or can be asked about."""
        varies = {
            "color": bool(self.colors),
            "material": len(self.materials) > 1,
            "shape": self.shape is not None,
        }
        return tuple(kind for kind, does in varies.items() if does)


@dataclass
class Catalogue:
    """Models by name, in the order in which they were written down."""

    models: dict[str, ModelFacts] = field(default_factory=dict)

    def model(
        self,
        *categories: str,
        name: str | None = None,
        colors: Sequence[str] = ANY,
        materials: Sequence[str] = ("plastic",),
        shape: str | None = None,
        is_round: bool = False,
    ) -> Callable[[Callable[[], list[Part]]], Callable[[], list[Part]]]:
        """Return a decorator that enters a model under its name, or its first category."""

        def enter(build: Callable[[], list[Part]]) -> Callable[[], list[Part]]:
            known = name or categories[0]
            self.models[known] = ModelFacts(
                known, categories, tuple(colors), tuple(materials), shape, is_round, build
            )
            return build

        return enter
