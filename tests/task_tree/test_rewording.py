"""Names that say the same are found; names that differ in meaning stay apart."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.task_tree.labels import normalise_label
from tg_assets.task_tree.rewording import Siblings, is_rewording

CALM = settings(deadline=None)  # the machine is shared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("object counting", "counting objects"),
        ("object counting", "counting of the objects"),
        ("object counting", "object-counting"),
        ("object counting", "count objects"),
        ("object recognition", "recognising objects"),
        ("colour analysis", "color analyses"),
        ("grey centre labelling", "gray center labels"),
        ("web page ocr", "webpage ocr"),
        ("multi-modal translation", "multimodal translation"),
        ("three-dimensional objects", "3-d object"),
        ("children's books", "child book"),
        ("question and answer", "q&a"),
        ("x-ray images", "xray image"),
        ("story categories", "category of stories"),
        ("image and text matching", "text and image matching"),
        ("target recognition in sketches", "recognition of targets in a sketch"),
        ("object recogintion", "object recognition"),
        ("object clasification", "classification of objects"),
        ("architectual styles", "architectural style"),
    ],
)
def test_rewordings_are_found_both_ways(one: str, other: str) -> None:
    assert is_rewording(one, other)
    assert is_rewording(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("red object counting", "blue object counting"),
        ("2d grid", "3d grid"),
        ("2d grid", "2.5d grid"),
        ("bar chart", "pie chart"),
        ("left", "right"),
        ("largest object", "smallest object"),
        ("first word", "second word"),
        ("image to text", "text to image"),
        ("text in images", "images in text"),
        ("before and after order", "after and before order"),
        ("reading with text", "reading without text"),
        ("text regions", "non-text regions"),
        ("typical scenes", "atypical scenes"),
        ("symmetric shapes", "asymmetric shapes"),
        ("park detection", "parking detection"),
        ("train detection", "training detection"),
        ("painting analysis", "pointing analysis"),
        ("casual reasoning", "causal reasoning"),
        ("inductive reasoning", "deductive reasoning"),
        ("construction analysis", "constriction analysis"),
        ("projection analysis", "protection analysis"),
        ("c code", "c++ code"),
        ("graphic content", "graphics content"),
        ("object detection", "object recognition"),
        ("level 1 text", "level 2 text"),
        ("物体识别", "物体计数"),
    ],
)
def test_names_that_differ_in_meaning_stay_apart(one: str, other: str) -> None:
    assert not is_rewording(one, other)
    assert not is_rewording(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("car counting", "automobile counting"), ("sketch recognition", "recognition in sketches")],
)
def test_the_misses_that_the_rule_states_are_misses(one: str, other: str) -> None:
    assert not is_rewording(one, other)


LABELS = st.text("abcdeinorst 23-'&+", min_size=1, max_size=30).map(normalise_label).filter(bool)


@CALM
@given(LABELS)
def test_every_label_is_its_own_twin(label: str) -> None:
    assert Siblings([label]).twin(label) == label


@CALM
@given(LABELS, LABELS)
def test_the_order_of_two_names_does_not_matter(one: str, other: str) -> None:
    assert is_rewording(one, other) == is_rewording(other, one)


def test_the_first_of_twins_is_the_one_named() -> None:
    siblings = Siblings(["object counting", "counting objects"])
    assert siblings.twin("count of objects") == "object counting"
    assert "counting objects" in siblings
    assert len(siblings) == 2


def test_many_siblings_take_no_quadratic_time() -> None:
    things = [f"{chr(97 + i)}{chr(97 + j)}ystemlike" for i in range(26) for j in range(26)]
    labels = [f"{thing} {act}" for thing in things for act in ("recognition", "counting", "naming")]
    started = time.perf_counter()
    siblings = Siblings()
    twins = 0
    for label in labels:
        twins += siblings.twin(label) is not None
        siblings.add(label)
    assert twins == 0
    assert time.perf_counter() - started < 3
