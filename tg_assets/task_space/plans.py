"""A plan as what it asks: the columns of a row, and the generator's name taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import compress
from typing import Any, Literal

from tg_assets.task_space.directions import cell_beside, opposite
from tg_assets.task_space.generators import (
    DISTANCE_GRID,
    GENERATORS,
    MOVES,
    ORDERS,
    OTHERS,
    SIZE_GRID,
    SIZES,
    TURNS,
    VIDEO_GRID,
    kind_of,
    no_generator,
)
from tg_assets.task_space.grids import (
    CELLS,
    GRIDS,
    RELATIVE,
    is_farther_somewhere,
    is_nearer_somewhere,
)
from tg_assets.task_space.instance import About, Claim
from tg_assets.task_space.library import Attribute, Library
from tg_assets.task_space.reasons import PlanError
from tg_assets.task_space.world import Kind, Motion

Feature = Literal["size", "distance", "move", "rotate"]
DISTANCES = ("closest", "farthest")
_FIXED_GRID: Mapping[str | None, int] = {
    "size": SIZE_GRID,
    "distance": DISTANCE_GRID,
    "move": VIDEO_GRID,
    "rotate": VIDEO_GRID,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What the plans of a generator have in common.

    Attributes:
        asks: What is asked of the target where no reference turns a cell into a position.
        names_category: Whether the question names the target's category.
        names_attribute: Whether it names the plan's attribute value.
        needs_attribute: Whether every plan has an attribute value.
        feature: What else picks out the target.
        kind: How it is drawn.
    """

    asks: About
    names_category: bool
    names_attribute: bool
    needs_attribute: bool
    feature: Feature | None
    kind: Kind

    @property
    def grids(self) -> tuple[int, ...]:
        """The sides of the grids that there are plans for."""
        fixed = _FIXED_GRID.get(self.feature)
        return GRIDS if fixed is None else (fixed,)

    @property
    def may_stand_alone(self) -> bool:
        """Whether there are plans without a reference."""
        return self.feature != "distance"

    @property
    def may_have_reference(self) -> bool:
        """Whether there are plans with a reference."""
        if self.asks == "count" or self.feature == "move":
            return False
        return self.feature in (None, "distance") or self.asks == "cell"


@cache
def shape_of(generator: str) -> Shape:
    """Return the shape of a generator's plans.

    Raises:
        PlanError: There is no such generator.
    """
    if generator not in GENERATORS:
        raise PlanError(no_generator(generator))
    words = generator.split("-")[:-1]
    feature = next((word for word in words if word in _FIXED_GRID), None)
    asks: About = "category"
    if words[0] == "how":
        asks = "count"
    elif words[0] == "where":
        asks = "cell"
    elif "attribute" in words:
        asks = "attribute"
    names_category = words in (["how", "many"], ["where"])
    return Shape(
        asks=asks,
        names_category=names_category,
        names_attribute=asks != "attribute",
        needs_attribute="attribute" in words,
        feature=feature,  # type: ignore[arg-type]
        kind=kind_of(generator),
    )


@dataclass(frozen=True)
class Plan:
    """A plan, read.

    Attributes:
        row: What it was read from.
        shape: Of its generator.
        reference_cell: Where the reference stands, if there is one.
        motion: How the target moves, in a video.
    """

    row: Mapping[str, Any]
    generator: str
    shape: Shape
    grid: int
    target: str | None
    attribute: Attribute | None
    reference: str | None
    cell: str | None
    position: str | None
    reference_cell: str | None
    count: int | None
    size: str | None
    distance: str | None
    motion: Motion | None
    others: str | None
    inverted: bool

    @property
    def about(self) -> About:
        """What is asked."""
        if self.shape.asks == "cell" and self.reference and self.shape.feature != "distance":
            return "position"
        return self.shape.asks

    @cached_property
    def claim(self) -> Claim:
        """What the question means."""
        shape, about = self.shape, self.about
        by_place = shape.feature is None and about in ("category", "attribute")
        seen_from = self.reference is not None
        return Claim(
            about=about,
            category=self.target if shape.names_category else None,
            attribute=self.attribute if shape.names_attribute else None,
            motion=self.motion,
            size=self.size,
            distance=self.distance,
            cell=self.cell if by_place and not seen_from else None,
            reference=self.reference,
            position=opposite(self.position) if by_place and self.position else None,
            inverted=self.inverted,
            attribute_type=self.attribute.type if self.attribute and about == "attribute" else None,
        )


@cache
def distances_of(grid: int, cell: str, reference: str) -> tuple[str, ...]:
    """Return how far a target can be from its neighbour: where another cell is farther or nearer.

    With no cell farther away, everything would have to be as close as the closest.
    """
    possible = (
        is_farther_somewhere(grid, cell, reference),
        is_nearer_somewhere(grid, cell, reference),
    )
    return tuple(compress(DISTANCES, possible))


def read_plan(library: Library, row: Mapping[str, Any]) -> Plan:
    """Read a row of `space.PLAN`.

    Args:
        library: What it is a plan of.
        row: Its columns; those that are absent count as null. The index is not looked at.

    Raises:
        PlanError: The row is no plan of its generator; the message names the column.
    """
    generator = row.get("generator")
    if not isinstance(generator, str):
        raise PlanError(f"a plan names its generator, not {generator!r}")
    shape = shape_of(generator)
    read = _Reader(library, row, generator, shape)
    grid, target, attribute = read.grid(), read.target(), read.attribute()
    read.known_attribute(target, attribute)
    cell, position = read.place(grid)
    reference = read.reference(target, position)
    return Plan(
        row=row,
        generator=generator,
        shape=shape,
        grid=grid,
        target=target,
        attribute=attribute,
        reference=reference,
        cell=cell,
        position=position,
        reference_cell=cell_beside(grid, cell, position) if cell and position else None,
        count=read.count(grid),
        size=read.choice("size", SIZES, shape.feature == "size"),
        distance=read.distance(grid, cell, position),
        motion=read.motion(),
        others=read.choice("others", OTHERS, shape.kind == "video"),
        inverted=read.inverted(reference),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    library: Library
    row: Mapping[str, Any]
    generator: str
    shape: Shape

    def wrong(self, column: str, said: str) -> PlanError:
        return PlanError(f"{self.generator}: {column} is {self.row.get(column)!r}; {said}")

    def choice(self, column: str, allowed: tuple[Any, ...], wanted: bool) -> Any:
        """Return the value of a column that is one of a few, or null where none is wanted."""
        value = self.row.get(column)
        if wanted and value not in allowed:
            raise self.wrong(column, f"it is to be one of {', '.join(map(str, allowed))}")
        if not wanted and value is not None:
            raise self.wrong(column, "plans of this shape name none: leave it null")
        return value

    def grid(self) -> int:
        grid: int = self.choice("grid", self.shape.grids, True)
        return grid

    def target(self) -> str | None:
        target = self.row.get("target")
        if target is None and self.shape.asks == "count" and self.row.get("attribute_type"):
            return None
        return self._category("target", target)

    def attribute(self) -> Attribute | None:
        kind, value = self.row.get("attribute_type"), self.row.get("attribute_value")
        if kind is None and value is None and not self.shape.needs_attribute:
            return None
        if not isinstance(kind, str) or not isinstance(value, str):
            raise self.wrong("attribute_value", "this plan names an attribute type and a value")
        return Attribute(kind, value)

    def known_attribute(self, target: str | None, attribute: Attribute | None) -> None:
        if attribute is None:
            return
        known = self.library.attributes
        there = (
            attribute in known[target]
            if target is not None
            else any(attribute in values for values in known.values())
        )
        if not there:
            raise self.wrong(
                "attribute_value", f"no object of {target or 'any category'} has this {attribute}"
            )

    def place(self, grid: int) -> tuple[str | None, str | None]:
        cell = self.choice("cell", CELLS[grid], self.shape.asks != "count")
        beside = self.row.get("reference") is not None
        position = self.choice("position", tuple(RELATIVE), beside)
        if position is not None and cell_beside(grid, cell, position) is None:
            raise self.wrong("position", f"from the cell {cell!r} that is off the grid")
        return cell, position

    def reference(self, target: str | None, position: str | None) -> str | None:
        reference = self.row.get("reference")
        if reference is None:
            if not self.shape.may_stand_alone:
                raise self.wrong("reference", "a distance is from a reference: name its category")
            return None
        if not self.shape.may_have_reference:
            raise self.wrong("reference", "plans of this generator name none: leave it null")
        if target is None or reference in self.library.taxonomy.relevant(target):
            raise self.wrong("reference", f"it is relevant to the target {target!r}")
        return self._category("reference", reference)

    def count(self, grid: int) -> int | None:
        counts = self.shape.asks == "count"
        count: int | None = self.choice("count", tuple(range(1, grid * grid + 1)), counts)
        return count

    def distance(self, grid: int, cell: str | None, position: str | None) -> str | None:
        allowed: tuple[str, ...] = DISTANCES
        if self.shape.feature == "distance" and cell is not None and position is not None:
            allowed = distances_of(grid, cell, cell_beside(grid, cell, position) or cell)
        distance: str | None = self.choice("distance", allowed, self.shape.feature == "distance")
        return distance

    def motion(self) -> Motion | None:
        if self.shape.feature == "move":
            return Motion("move", self.choice("motion", MOVES, True))
        if self.shape.feature == "rotate":
            return Motion("rotate", self.choice("motion", TURNS, True))
        self.choice("motion", (), False)
        return None

    def inverted(self, reference: str | None) -> bool:
        ordered = reference is not None and self.shape.feature in ("size", "rotate")
        order: str | None = self.choice("order", ORDERS, ordered)
        return order == ORDERS[1]

    def _category(self, column: str, category: Any) -> str:
        if not isinstance(category, str) or category not in self.library.names:
            raise self.wrong(column, "it is to be a category of the library that has objects")
        return category
