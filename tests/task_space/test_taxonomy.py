"""Concepts: what is relevant to what, and what is dropped on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_library import CATEGORIES, EDGES, OBJECTS, write

from tg_assets.task_space.library import Attribute, LibraryError, load_published
from tg_assets.task_space.taxonomy import Taxonomy, TaxonomyError

CONCEPTS = [f"c{n}" for n in range(8)]
# from a smaller to a larger number, so that they cannot run in a circle
DAGS = st.sets(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda edge: edge[0] < edge[1])
)
ASSETS = st.sets(st.sampled_from(CONCEPTS))


def named(edges: set[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(f"c{parent}", f"c{child}") for parent, child in sorted(edges)]


@given(DAGS, ASSETS)
def test_relevance_goes_both_ways_and_leaves_nobody_out(
    edges: set[tuple[int, int]], assets: set[str]
) -> None:
    tree = Taxonomy(named(edges), assets)
    for concept in tree.concepts:
        relevant = tree.relevant(concept)
        assert concept in relevant
        assert relevant == tree.ancestors(concept) | tree.descendants(concept) | {concept}
        assert all(concept in tree.relevant(other) for other in relevant)
        assert relevant.isdisjoint(tree.irrelevant(concept))
        assert relevant | set(tree.irrelevant(concept)) == set(tree.concepts)


@given(DAGS, ASSETS)
def test_only_concepts_with_assets_in_or_below_them_are_left(
    edges: set[tuple[int, int]], assets: set[str]
) -> None:
    tree = Taxonomy(named(edges), assets)
    assert assets <= set(tree.concepts)
    for concept in tree.concepts:
        assert assets & ({concept} | tree.descendants(concept))


@given(DAGS)
def test_dropped_edges_change_no_relation(edges: set[tuple[int, int]]) -> None:
    tree = Taxonomy(named(edges), set(CONCEPTS))
    kept = [(parent, child) for parent in tree.concepts for child in tree.children(parent)]
    again = Taxonomy(kept, set(CONCEPTS))
    assert all(tree.descendants(c) == again.descendants(c) for c in CONCEPTS)
    for edge in kept:  # and each that is left is needed
        without = Taxonomy([other for other in kept if other != edge], set(CONCEPTS))
        assert edge[1] not in without.descendants(edge[0])


def test_a_self_loop_is_dropped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree = load_published(write(tmp_path)).taxonomy
    assert "toy is its own child" in caplog.text
    assert tree.concepts == CATEGORIES  # nothing has no object, rock stands alone
    assert tree.children("thing") == {"food", "toy"}
    assert tree.relevant("cake") == {"cake", "food", "toy", "thing"}
    assert tree.irrelevant("rock") == tuple(c for c in CATEGORIES if c != "rock")


def test_a_circle_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, edges=[*EDGES, ["apple", "thing"]])
    with pytest.raises(TaxonomyError, match=r"circle: .*apple.*; remove one of these edges"):
        load_published(tmp_path)


def test_an_object_counts_for_its_category_and_all_above(tmp_path: Path) -> None:
    library = load_published(write(tmp_path))
    apples = (Attribute("color", "green"), Attribute("color", "red"), Attribute("shape", "round"))
    assert library.attributes["apple"] == library.attributes["food"] == apples
    assert library.attributes["thing"] == tuple(sorted({*apples, Attribute("material", "rubber")}))
    assert library.attributes["cake"] == ()
    assert (library.names["rock"], library.names["toy"]) == ("stone", "a toy")


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ({**OBJECTS, "ball": {"b": {"attributes": {"smell": ["sweet"]}}}}, "object b of ball"),
        ([], "is to hold a JSON object, not a list"),
    ],
)
def test_a_library_that_is_none_says_what_is_wrong(tmp_path: Path, objects: Any, said: str) -> None:
    write(tmp_path, objects)
    with pytest.raises(LibraryError, match=said):
        load_published(tmp_path)


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"taxonomy\.json does not exist"):
        load_published(tmp_path)
    write(tmp_path)
    (tmp_path / "taxonomy.json").write_text(json.dumps({"edges": [["thing"]]}))
    with pytest.raises(LibraryError, match=r"taxonomy\.json: edges is to be a list"):
        load_published(tmp_path)
    (tmp_path / "taxonomy.json").write_text("{")
    with pytest.raises(LibraryError, match=r"taxonomy\.json is not JSON"):
        load_published(tmp_path)
