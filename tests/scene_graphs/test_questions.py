"""Every question that is asked about a scene graph is sound, and faults in one are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import graphs, picture, thing
from small_videos import NAMES, videos

from tg_assets.task_space.instance import Asked, NoInstance, Option
from tg_assets.task_space.scene_graphs.checking import faults
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, image_graph
from tg_assets.task_space.scene_graphs.image_plans import ImagePlan, image_plans
from tg_assets.task_space.scene_graphs.image_questions import ask_about_picture
from tg_assets.task_space.scene_graphs.subgraphs import Neighbour, Subgraph
from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph, video_graph
from tg_assets.task_space.scene_graphs.video_plans import video_plans
from tg_assets.task_space.scene_graphs.video_questions import ask_about_video
from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary
from tg_assets.task_tree.labels import normalise_path

WORDS = own_vocabulary()
PICTURES = graphs(
    ("cup", "table", "men", "orange", "unheard-of thing"),
    ("red", "silver", "wooden", "orange", "sitting", "unheard-of"),
    ("on", "to the left of", "to the right of", "holding", "contain", "unheard-of by"),
)


def asked_of(graph: ImageGraph, size: int, seed: int) -> Iterator[GraphInstance | NoInstance]:
    for generator in ("object", "attribute", "relation"):
        for plans in image_plans(graph, generator, size, WORDS.type_of):
            plan = next(iter(plans))
            yield ask_about_picture(plan, graph, seed, WORDS, named=bool(seed % 2))


@settings(deadline=None, max_examples=60)
@given(PICTURES, st.integers(1, 3), st.integers(0, 99))
def test_questions_about_pictures_are_sound(graph: ImageGraph, size: int, seed: int) -> None:
    for made in asked_of(graph, size, seed):
        if isinstance(made, NoInstance):
            assert made.reason in REASONS
        else:
            assert faults(made, graph, WORDS) == ()
            assert "~".join(normalise_path(made.task_type)) == made.task_type
            of_relation = made.plan["generator"] == "relation"
            assert len(made.asked.options) in ((3, 4) if of_relation else (4,))


@settings(deadline=None, max_examples=60)
@given(videos(), st.integers(0, 99))
def test_questions_about_videos_are_sound(graph: VideoGraph, seed: int) -> None:
    for generator in ("video-object", "video-relation", "video-action"):
        for plan in video_plans(graph, generator):
            made = ask_about_video(plan, graph, seed, NAMES, WORDS)
            if isinstance(made, NoInstance):
                assert made.reason in REASONS
            else:
                assert faults(made, graph, WORDS) == ()
                assert "~".join(normalise_path(made.task_type)) == made.task_type


REASONS = {
    "nothing is known to exclude the value",
    "the question names the answer",
    "the relation says nothing that can be seen",
    "the vocabulary does not know the name",
    "the vocabulary does not know the relation",
    "too few wrong answers",
}


def at(box: tuple[int, int, int, int], thing: dict[str, Any]) -> dict[str, Any]:
    return {**thing, **dict(zip("xywh", box, strict=True))}


KITCHEN = image_graph(
    "kitchen",
    picture(
        {
            "cup": at(
                (10, 40, 5, 6),
                thing("cup", ["red", "small"], ("on", "table"), ("to the left of", "man")),
            ),
            "mug": at((30, 40, 5, 6), thing("cup", ["blue"], ("on", "table"))),
            "table": at((5, 45, 40, 30), thing("table", ["wooden", "brown"])),
            "man": at(
                (60, 10, 20, 60),
                thing("man", ["sitting"], ("holding", "pizza"), ("to the right of", "cup")),
            ),
            "pizza": at((58, 30, 8, 4), thing("pizza", ["round"])),
        }
    ),
)


def instance_of(generator: str, size: int, asked: str) -> GraphInstance:
    """Return the first question of the kitchen with this answer."""
    for plans in image_plans(KITCHEN, generator, size, WORDS.type_of):
        for plan in plans:
            made = ask_about_picture(plan, KITCHEN, 1, WORDS)
            if isinstance(made, GraphInstance) and made.asked.answer == asked:
                return made
    raise AssertionError(asked)


def test_the_same_plan_and_seed_make_the_same_question() -> None:
    first = instance_of("relation", 2, "to the left of")
    plan = ImagePlan.from_row(first.plan)
    assert ask_about_picture(plan, KITCHEN, 1, WORDS) == first
    drawn = [ask_about_picture(plan, KITCHEN, seed, WORDS) for seed in range(20)]
    texts = {(made.asked.question, made.asked.right) for made in drawn}
    assert len(texts) > 4


def test_questions_read_like_english() -> None:
    seen = {
        made.asked.question
        for size in (1, 2)
        for generator in ("object", "attribute")
        for plans in image_plans(KITCHEN, generator, size, WORDS.type_of)
        for plan in plans
        for seed in range(9)
        if isinstance(made := ask_about_picture(plan, KITCHEN, seed, WORDS), GraphInstance)
    }
    for said in (
        "What is the blue object?",
        "What is the object that is holding the round pizza?",
        "What color is the wooden table that a cup is on?",
        "Look at the table that the red cup is on. What is this table made of?",
    ):
        assert said in seen, sorted(seen)


def with_options(made: GraphInstance, *means: str, right: int = 0) -> GraphInstance:
    options = tuple(Option(word, word) for word in means)
    return replace(made, asked=Asked(None, made.asked.question, options, right))


def reading(made: GraphInstance, question: str) -> GraphInstance:
    return replace(made, asked=replace(made.asked, question=question))


def claiming(made: GraphInstance, **changed: Any) -> GraphInstance:
    return replace(made, claim=replace(made.claim, **changed))


ON_TABLE = Subgraph((), Neighbour("on", "out", "table", ()))
LEFT_OF_MAN = Subgraph((), Neighbour("to the left of", "out", "man", ()))
PLANTED: list[tuple[str, tuple[str, int, str], Callable[[GraphInstance], GraphInstance]]] = [
    ("about another graph", ("object", 1, "cup"), lambda m: replace(m, graph_id="x")),
    ("marked right is wrong", ("object", 1, "cup"), lambda m: with_options(m, "dog", "cup")),
    ("may be right", ("object", 1, "cup"), lambda m: with_options(m, "cup", "mug")),
    ("read alike", ("object", 1, "cup"), lambda m: with_options(m, "cup", "dog", "Dog")),
    ("nothing to choose", ("object", 1, "cup"), lambda m: with_options(m, "cup")),
    ("no option is marked", ("object", 1, "cup"), lambda m: with_options(m, "cup", "dog", right=7)),
    (
        "reads as what it does not mean",
        ("object", 1, "cup"),
        lambda m: replace(
            m, asked=replace(m.asked, options=(*m.asked.options[:3], Option("dog", "cat")))
        ),
    ),
    ("several objects fit", ("object", 1, "cup"), lambda m: claiming(m, subgraph=ON_TABLE)),
    (
        "nothing fits",
        ("object", 1, "cup"),
        lambda m: claiming(m, subgraph=Subgraph(("green",), None)),
    ),
    (
        "not the plan's",
        ("object", 1, "cup"),
        lambda m: claiming(m, subgraph=Subgraph(("blue",), None)),
    ),
    ("leaves something out", ("object", 1, "cup"), lambda m: reading(m, "What is the object?")),
    ("called what it is not", ("attribute", 1, "red"), lambda m: claiming(m, name="man")),
    ("may be right", ("attribute", 1, "red"), lambda m: with_options(m, "red", "maroon")),
    ("of another type", ("attribute", 1, "red"), lambda m: with_options(m, "red", "wooden")),
    (
        "a value of the type",
        ("attribute", 1, "red"),
        lambda m: claiming(m, subgraph=Subgraph(("red",), None)),
    ),
    (
        "names the answer",
        ("attribute", 1, "red"),
        lambda m: reading(m, f"{m.asked.question} Is it red?"),
    ),
    (
        "picked out by the other",
        ("relation", 1, "to the left of"),
        lambda m: claiming(m, subgraph=LEFT_OF_MAN),
    ),
    ("one end", ("relation", 1, "on"), lambda m: claiming(m, other_subgraph=None)),
    (
        "another option may be right",
        ("relation", 1, "on"),
        lambda m: with_options(m, "on", "on top of"),
    ),
    (
        "nothing excludes another",
        ("relation", 1, "on"),
        lambda m: with_options(m, "on", "near"),
    ),
    (
        "nothing excludes another",
        ("relation", 1, "on"),
        lambda m: with_options(m, "on", "to the left of"),
    ),
]


@pytest.mark.parametrize(("said", "of", "plant"), PLANTED, ids=[said for said, *_ in PLANTED])
def test_a_planted_fault_is_seen(
    said: str, of: tuple[str, int, str], plant: Callable[[GraphInstance], GraphInstance]
) -> None:
    made = instance_of(*of)
    assert faults(made, KITCHEN, WORDS) == ()
    assert any(said in fault for fault in faults(plant(made), KITCHEN, WORDS))


def test_what_follows_from_the_way_back_is_no_wrong_answer() -> None:
    made = with_options(instance_of("relation", 2, "to the left of"), "on", "to the left of")
    assert "another option is right too" in faults(made, KITCHEN, WORDS)
    unwritten = tuple(r for r in KITCHEN.relations if r.name != "to the left of")
    graph = replace(KITCHEN, relations=unwritten)  # the man is still to the right of the cup
    assert "another option may be right" in faults(made, graph, WORDS)


VIDEO = video_graph(
    "film",
    {
        "1": {"actions": ["a2"], "spatial": {"s0": "o2"}, "contact": {"c1": "o2"}},
        "2": {"actions": ["a1"], "spatial": {"s1": "o1"}, "contact": {"c0": "o1"}},
        "3": {"actions": ["a0"], "spatial": {"s0": "o0"}, "contact": {"c1": "o0", "c0": "o3"}},
    },
    NAMES,
)


def video_instance(generator: str, answer: str) -> GraphInstance:
    for plan in video_plans(VIDEO, generator):
        made = ask_about_video(plan, VIDEO, 1, NAMES, WORDS)
        if isinstance(made, GraphInstance) and made.asked.answer == answer:
            return made
    raise AssertionError(answer)


VIDEO_PLANTED: list[tuple[str, str, str, Callable[[GraphInstance], GraphInstance]]] = [
    ("marked right is wrong", "object", "chair", lambda m: with_options(m, "shoe", "pillow")),
    ("may be right", "object", "chair", lambda m: with_options(m, "chair", "laptop")),
    ("leaves something out", "object", "chair", lambda m: reading(m, "What is it?")),
    ("nothing fits", "object", "chair", lambda m: claiming(m, reference="flying a kite")),
    (
        "several answers",
        "action",
        "opening a door",
        lambda m: claiming(m, when="after", reference="sitting on a chair"),
    ),
    ("neither ends", "relation", "holding", lambda m: with_options(m, "twisting", "wiping")),
    (
        "no option is marked",
        "action",
        "opening a door",
        lambda m: with_options(m, "a", right=3),
    ),
    (
        "not about such a graph",
        "object",
        "chair",
        lambda m: replace(m, claim=instance_of("object", 1, "cup").claim),
    ),
]


@pytest.mark.parametrize(("said", "about", "answer", "plant"), VIDEO_PLANTED)
def test_a_fault_planted_in_a_question_about_a_video_is_seen(
    said: str, about: str, answer: str, plant: Callable[[GraphInstance], GraphInstance]
) -> None:
    made = video_instance(f"video-{about}", answer)
    assert faults(made, VIDEO, WORDS) == ()
    assert any(said in fault for fault in faults(plant(made), VIDEO, WORDS))
