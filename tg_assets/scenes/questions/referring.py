"""Naming objects by their attributes so that exactly one fits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations

from tg_assets.scenes.graph import SceneObject

_ORDER = ("size", "pattern", "color", "material", "direction")


def value(thing: SceneObject, name: str) -> str:
    """An attribute, with the category as one of them; empty where it has none."""
    return thing.category if name == "category" else thing.attributes.get(name, "")


def phrase(thing: SceneObject, names: Iterable[str]) -> str:
    """The object in words, e.g. `large striped red star`; `object` without its category."""
    wanted = set(names)
    words = [thing.attributes[n] for n in _ORDER[:4] if n in wanted and n in thing.attributes]
    return " ".join([*words, thing.category if "category" in wanted else "object"])


def full_phrase(thing: SceneObject) -> str:
    """The object with everything that it has, the arrow's direction apart."""
    return phrase(thing, (*_ORDER, "category"))


@cache
def _subsets(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(s for size in range(1, len(names) + 1) for s in combinations(names, size))


def references(
    objects: Sequence[SceneObject], without: str = ""
) -> dict[str, list[tuple[str, ...]]]:
    """For each object id, the shortest sets of attribute names that single it out.

    `without` names the attribute that the question asks about, which must not be given away.
    An object that nothing singles out is missing.
    """
    present = {n for o in objects for n in o.attributes if n in _ORDER[:4]}
    names = tuple(n for n in ("category", "color", "size", "pattern", "material")
                  if n != without and (n == "category" or n in present))  # fmt: skip
    found: dict[str, list[tuple[str, ...]]] = {}
    for subset in _subsets(names):
        values = [tuple(value(o, n) for n in subset) for o in objects]
        count = Counter(values)
        for thing, own in zip(objects, values, strict=True):
            kept = found.setdefault(thing.id, [])
            if count[own] == 1 and len(kept) < 3 and (not kept or len(subset) <= len(kept[0]) + 1):
                kept.append(subset)
    return {key: subsets for key, subsets in found.items() if subsets}
