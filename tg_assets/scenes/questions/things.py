"""The objects of a scene as the templates over them need them."""

from collections import Counter
from dataclasses import dataclass

from tg_assets.scenes.concepts import (
    COLORS,
    MATERIALS,
    PATTERNS,
    SHAPES,
    SIZES,
    SOLID_COLORS,
    SOLIDS,
)
from tg_assets.scenes.graph import SceneObject
from tg_assets.scenes.questions.asking import Asker
from tg_assets.scenes.questions.referring import phrase, references, value


@dataclass(frozen=True)
class Kind:
    """What differs between the grid and the table for these templates."""

    shape_level: str  # level-2 prefix: "shape" or "solid"
    pools: dict[str, tuple[str, ...]]  # attribute -> values that it may take

    @property
    def surface(self) -> str:
        """The attribute that the other family lacks: pattern or material."""
        return "pattern" if "pattern" in self.pools else "material"


GRID = Kind(
    "shape",
    {"category": SHAPES, "color": tuple(COLORS), "size": SIZES, "pattern": PATTERNS},
)
TABLE = Kind(
    "solid",
    {"category": SOLIDS, "color": SOLID_COLORS, "size": SIZES, "material": MATERIALS},
)


class Things:
    """The objects of a scene with what the templates look up again and again."""

    def __init__(self, asker: Asker, kind: Kind) -> None:
        """Count and name the objects of the asker's scene."""
        self.asker, self.kind = asker, kind
        self.objects = asker.scene.objects
        self.counts = {n: Counter(value(o, n) for o in self.objects) for n in kind.pools}
        self._names = {n: references(self.objects, n) for n in ("", *kind.pools)}

    def name(self, thing: SceneObject, without: str = "", *about: object) -> str | None:
        """Words that fit only `thing`, without the attribute `without`; None if there are none."""
        subsets = self._names[without].get(thing.id)
        if not subsets:
            return None
        return phrase(thing, self.asker.pick(subsets, "name", thing.id, without, *about))

    def named(self, without: str = "") -> list[tuple[SceneObject, str]]:
        """Every object that can be told apart, with its name."""
        pairs = [(o, self.name(o, without)) for o in self.objects]
        return [(o, words) for o, words in pairs if words]

    def others(self, attribute: str, own: str, count: int = 3) -> list[str]:
        """Other values of an attribute: those in the picture first, as the more tempting."""
        pool = [v for v in self.kind.pools[attribute] if v != own]
        mixed = self.asker.some(pool, len(pool), attribute, own)
        return sorted(mixed, key=lambda v: v not in self.counts[attribute])[:count]


def verify_claim(asker: Asker, template: str, label: str, claim: str, truth: bool) -> None:
    """Ask whether a statement fits the picture."""
    asker.ask_yes_no(
        template, f"image-text matching~visual entailment~{label} verification",
        ('Does this statement match the picture? "{s}"',
         'True to the picture or not: "{s}"',
         'Check the claim "{s}" against the picture. Does it hold?'),
        truth, "the statement matches the picture", "the statement does not match the picture",
        s=claim,
    )  # fmt: skip
