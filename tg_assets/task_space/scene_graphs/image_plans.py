"""Plans of the three generators over pictures: what object, which attribute, which relation.

Plans that differ only in how their objects are picked out stay together: counting and writing never
multiplies them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Literal

import orjson

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.reading import SceneGraphError
from tg_assets.task_space.scene_graphs.referring import Referring, referring
from tg_assets.task_space.scene_graphs.subgraphs import Neighbour, Subgraph

ImageGenerator = Literal["object", "attribute", "relation"]
TypeOf = Callable[[str], str]
"""Returns the type of an attribute value."""


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """Everything that defines a task about an annotated picture.

    Attributes:
        generator: What is asked.
        image_id: The picture's id.
        object_id: What is asked about; of a relation, the end that has it to the other.
        object: Its name: with the generator ``object``, the right answer.
        subgraph: Fits it alone.
        attribute_type: The type asked for; null for other generators.
        attribute_value: The right answer; null for other generators.
        relation: The right answer; null for other generators.
        other_id: The relation's other end; null for other generators.
        other: Its name.
        other_subgraph: Fits it alone.
    """

    generator: ImageGenerator
    image_id: str
    object_id: str
    object: str
    subgraph: Subgraph
    attribute_type: str | None = None
    attribute_value: str | None = None
    relation: str | None = None
    other_id: str | None = None
    other: str | None = None
    other_subgraph: Subgraph | None = None

    def row(self) -> dict[str, Any]:
        """Return what the plan names, ready for JSON."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            column: _described(value) if isinstance(value, Subgraph) else value
            for column, value in named.items()
            if value is not None
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ImagePlan:
        """Return the plan that `row` described.

        Raises:
            SceneGraphError: It is no plan.
        """
        try:
            subgraphs = {
                column: _subgraph(row[column])
                for column in ("subgraph", "other_subgraph")
                if column in row
            }
            return cls(**{**row, **subgraphs})
        except (KeyError, TypeError) as error:
            raise SceneGraphError(f"not a plan about a picture: {error}") from error


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans of one picture that differ only in their subgraphs.

    Attributes:
        named: Everything else that they name, by the columns of `ImagePlan`.
        subgraphs: All for the thing asked about.
        others: All for a relation's other end; null for other generators.
    """

    named: Mapping[str, Any]
    subgraphs: Sequence[Subgraph]
    others: Sequence[Subgraph] | None = None

    @property
    def count(self) -> int:
        """How many plans there are."""
        return len(self.subgraphs) * (1 if self.others is None else len(self.others))

    def plan(self, number: int) -> ImagePlan:
        """Return one of the plans, numbered from 0 to `count`."""
        if self.others is None:
            return ImagePlan(**self.named, subgraph=self.subgraphs[number])
        one, other = divmod(number, len(self.others))
        return ImagePlan(
            **self.named, subgraph=self.subgraphs[one], other_subgraph=self.others[other]
        )

    def __iter__(self) -> Iterator[ImagePlan]:
        return map(self.plan, range(self.count))


def image_plans(
    graph: ImageGraph, generator: ImageGenerator, size: int, type_of: TypeOf
) -> Iterator[Plans]:
    """Yield all plans of a generator about a picture, in an order that the file decides.

    Args:
        graph: The picture's.
        generator: What is asked.
        size: Elements of each subgraph, at least 1.
        type_of: Returns the type of an attribute value.
    """
    alone = referring(graph, size)
    for plans in _GENERATORS[generator](graph, alone, type_of):
        if plans.count:
            yield plans


Alone = list[list[Referring]]


def _named(graph: ImageGraph, generator: ImageGenerator, place: int) -> dict[str, Any]:
    thing = graph.objects[place]
    return {
        "generator": generator,
        "image_id": graph.id,
        "object_id": thing.id,
        "object": thing.name,
    }


def _objects(graph: ImageGraph, alone: Alone, _: TypeOf) -> Iterator[Plans]:
    for place, found in enumerate(alone):
        yield Plans(_named(graph, "object", place), [one.subgraph for one in found])


def _attributes(graph: ImageGraph, alone: Alone, type_of: TypeOf) -> Iterator[Plans]:
    for place, found in enumerate(alone):
        for value in graph.objects[place].attributes:
            kind = type_of(value)
            yield Plans(
                {
                    **_named(graph, "attribute", place),
                    "attribute_type": kind,
                    "attribute_value": value,
                },
                [one.subgraph for one in found if kind not in _types(one.subgraph, type_of)],
            )


def _relations(graph: ImageGraph, alone: Alone, _: TypeOf) -> Iterator[Plans]:
    for subject, relation, other in graph.relations:
        thing = graph.objects[other]
        yield Plans(
            {
                **_named(graph, "relation", subject),
                "relation": relation,
                "other_id": thing.id,
                "other": thing.name,
            },
            [one.subgraph for one in alone[subject] if one.leaves_out(other)],
            [one.subgraph for one in alone[other] if one.leaves_out(subject)],
        )


_GENERATORS: Mapping[ImageGenerator, Callable[[ImageGraph, Alone, TypeOf], Iterator[Plans]]] = (
    MappingProxyType({"object": _objects, "attribute": _attributes, "relation": _relations})
)


def _types(subgraph: Subgraph, type_of: TypeOf) -> Set[str]:
    """Return the types of every attribute in a subgraph, the neighbour's with them."""
    beside = () if subgraph.neighbour is None else subgraph.neighbour.attributes
    return {type_of(value) for value in (*subgraph.attributes, *beside)}


def json_lines(plans: Plans) -> bytes:
    """Return plans as one JSON object a line, each what `ImagePlan.row` holds.

    Every subgraph is written out once, and lines are joined from the pieces.
    """
    head = orjson.dumps(dict(plans.named))[:-1] + b',"subgraph":'
    pieces = [orjson.dumps(_described(subgraph)) for subgraph in plans.subgraphs]
    if plans.others is None:
        return b"".join([head + piece + b"}\n" for piece in pieces])
    tails = [orjson.dumps(_described(subgraph)) + b"}\n" for subgraph in plans.others]
    starts = [head + piece + b',"other_subgraph":' for piece in pieces]
    return b"".join([start + start.join(tails) for start in starts])


def _described(subgraph: Subgraph) -> dict[str, Any]:
    attributes, neighbour = subgraph
    if neighbour is None:
        return {"attributes": attributes}
    relation, direction, name, values = neighbour
    return {
        "attributes": attributes,
        "neighbour": {
            "relation": relation,
            "direction": direction,
            "name": name,
            "attributes": values,
        },
    }


def _subgraph(raw: Mapping[str, Any]) -> Subgraph:
    beside = raw.get("neighbour")
    neighbour = None
    if beside is not None:
        neighbour = Neighbour(**{**beside, "attributes": tuple(beside["attributes"])})
    return Subgraph(tuple(raw["attributes"]), neighbour)
