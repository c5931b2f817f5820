"""The task types of instances: every generator's plans under a few paths of the tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

from tg_assets.tables import PATH_SEPARATOR
from tg_assets.task_space.generators import GENERATORS, SIZES
from tg_assets.task_space.library import ATTRIBUTE_TYPES
from tg_assets.task_space.plans import DISTANCES, Feature, Plan, Shape, shape_of
from tg_assets.task_space.world import Kind

Tree = dict[str, dict[str, tuple[str, ...]]]

_PICTURES = {"2d": "2d compositions", "3d": "3d scenes", "video": "short videos"}
_SKILLS = {
    "count": "counting",
    "category": "object recognition",
    "cell": "object localization",
    "position": "spatial relationship recognition",
    "attribute": "attribute recognition",
}
_COMPARISONS: dict[Feature | None, str] = {
    "size": "size comparison",
    "distance": "distance comparison",
    "move": "movement recognition",
    "rotate": "rotation recognition",
}


def task_type_of(plan: Plan) -> str:
    """Return the task type of a plan: a path of the tree, labels joined by ``~``."""
    kind = plan.attribute.type if plan.attribute else None
    extreme = plan.size or plan.distance
    beside = plan.reference is not None
    return _path(plan.shape, kind, plan.target is not None, beside, extreme)


@cache
def task_types(kinds: tuple[Kind, ...] = ("2d", "3d", "video")) -> Tree:
    """Labels by level of every task type that plans have: level 1 -> level 2 -> level 3.

    Args:
        kinds: Of plans about these alone.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for path in _all_paths(kinds):
        first, second, third = path.split(PATH_SEPARATOR)
        found.setdefault(first, {}).setdefault(second, set()).add(third)
    return {
        first: {second: tuple(sorted(thirds)) for second, thirds in sorted(seconds.items())}
        for first, seconds in sorted(found.items())
    }


def _all_paths(kinds: tuple[Kind, ...]) -> Iterator[str]:
    for shape in map(shape_of, GENERATORS):
        if shape.kind not in kinds:
            continue
        given: tuple[str | None, ...] = (None, *ATTRIBUTE_TYPES)
        if shape.needs_attribute:
            given = ATTRIBUTE_TYPES
        extremes = {"size": SIZES, "distance": DISTANCES}.get(str(shape.feature), (None,))
        besides = [False] * shape.may_stand_alone + [True] * shape.may_have_reference
        for kind, beside, extreme in product(given, besides, extremes):
            yield _path(shape, kind, True, beside, extreme)
            if shape.asks == "count" and kind is not None:
                yield _path(shape, kind, False, beside, extreme)


@cache
def _path(
    shape: Shape, kind: str | None, has_category: bool, beside: bool, extreme: str | None
) -> str:
    seen_from = shape.asks == "cell" and beside and shape.feature != "distance"
    skill = _SKILLS["position" if seen_from else shape.asks]
    pictures = _PICTURES[shape.kind]
    if shape.feature is None:
        detail = _detail(shape, kind, has_category, beside)
        leaf = f"{detail} {skill.removeprefix('attribute ')} in {pictures}"
        return PATH_SEPARATOR.join((skill, f"{skill} in {pictures}", leaf))
    comparison = _COMPARISONS[shape.feature]
    asked = f"{kind} recognition" if shape.asks == "attribute" else skill
    picked = f"{extreme} object" if extreme else f"{_moving(shape)} object"
    return PATH_SEPARATOR.join(
        (comparison, f"{comparison} for {skill}", f"{picked} {asked.removeprefix('object ')}")
    )


def _detail(shape: Shape, kind: str | None, has_category: bool, beside: bool) -> str:
    if shape.asks == "count":
        if kind is None:
            return "category"
        return f"category and {kind}" if has_category else kind
    if shape.asks == "attribute":
        return f"{'neighboring' if beside else 'positioned'} object {kind}"
    if shape.asks == "category":
        described = "" if kind is None else f" {kind}-described"
        return f"{'neighboring' if beside else 'positioned'}{described}"
    named = "category" if shape.names_category else ""
    given = " and ".join(filter(None, (named, kind)))
    return f"{given}-described"


def _moving(shape: Shape) -> str:
    return "moving" if shape.feature == "move" else "rotating"
