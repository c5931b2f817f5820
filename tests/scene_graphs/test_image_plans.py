"""Plans about pictures are exactly those that trying everything finds."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import Plain, fits_alone, graphs, type_of

from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.image_plans import ImagePlan, image_plans, json_lines
from tg_assets.task_space.scene_graphs.subgraphs import Subgraph

SIZES = st.integers(1, 4)


def plain(subgraph: Subgraph | None) -> Plain:
    assert subgraph is not None
    own, around = subgraph
    if around is None:
        return frozenset(own), None
    return frozenset(own), (*around[:3], frozenset(around.attributes))


def listed(graph: ImageGraph, generator: str, size: int) -> list[ImagePlan]:
    return [plan for plans in image_plans(graph, generator, size, type_of) for plan in plans]


@settings(deadline=None)
@given(graphs(), SIZES)
def test_an_object_is_asked_for_by_all_that_fits_it_alone(graph: ImageGraph, size: int) -> None:
    plans = listed(graph, "object", size)
    assert [(plan.object_id, plain(plan.subgraph)) for plan in plans] == unordered(
        [
            (thing.id, subgraph)
            for place, thing in enumerate(graph.objects)
            for subgraph in fits_alone(graph, place, size)
        ]
    )
    assert all(plan.subgraph.size == size for plan in plans)


@settings(deadline=None)
@given(graphs(), SIZES)
def test_an_attribute_is_asked_for_without_its_type(graph: ImageGraph, size: int) -> None:
    def names(subgraph: Plain, kind: str) -> bool:
        own, around = subgraph
        return kind in {type_of(value) for value in own | (around[3] if around else frozenset())}

    plans = listed(graph, "attribute", size)
    found = [(p.object_id, p.attribute_type, p.attribute_value, plain(p.subgraph)) for p in plans]
    assert found == unordered(
        [
            (thing.id, type_of(value), value, subgraph)
            for place, thing in enumerate(graph.objects)
            for value in thing.attributes
            for subgraph in fits_alone(graph, place, size)
            if not names(subgraph, type_of(value))
        ]
    )


@settings(deadline=None)
@given(graphs(), SIZES)
def test_the_ends_of_a_relation_are_picked_out_without_each_other(
    graph: ImageGraph, size: int
) -> None:
    plans = listed(graph, "relation", size)
    found = [
        (p.object_id, p.relation, p.other_id, plain(p.subgraph), plain(p.other_subgraph))
        for p in plans
    ]
    assert found == unordered(
        [
            (graph.objects[one].id, relation, graph.objects[other].id, subgraph, beside)
            for one, relation, other in graph.relations
            for subgraph in fits_alone(graph, one, size, without=other)
            for beside in fits_alone(graph, other, size, without=one)
        ]
    )


@settings(deadline=None, max_examples=50)
@given(graphs(), st.integers(1, 3), st.sampled_from(["object", "attribute", "relation"]))
def test_lines_and_counts_are_the_plans(graph: ImageGraph, size: int, generator: str) -> None:
    for plans in image_plans(graph, generator, size, type_of):
        rows = [json.loads(line) for line in json_lines(plans).splitlines()]
        assert rows == [json.loads(json.dumps(plan.row())) for plan in plans]
        assert [ImagePlan.from_row(row) for row in rows] == list(plans)
        assert len(rows) == plans.count > 0


class unordered(list):  # noqa: N801 - reads as a word beside ==
    """Equals every list of the same members, each as often."""

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, list)
        return len(self) == len(other) == len(set(other)) and set(self) == set(other)

    __hash__ = None
