"""Wrong answers are likely ones: who has not looked at the picture cannot rule them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from small_graphs import picture, thing

from tg_assets.task_space.scene_graphs.checking import faults
from tg_assets.task_space.scene_graphs.drawn_questions import picture_questions
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph, image_graph
from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator
from tg_assets.task_space.scene_graphs.usage import EXACTLY, NEVER, OF_A_KIND, Usage, usage_in
from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary

WORDS = own_vocabulary()


def at(box: tuple[int, int, int, int], thing: dict[str, Any]) -> dict[str, Any]:
    return {**thing, **dict(zip("xywh", box, strict=True))}


PARK = image_graph(
    "park",
    picture(
        {
            "cup": at((10, 40, 5, 6), thing("cup", ["red"], ("on", "table"))),
            "table": at((5, 45, 40, 30), thing("table", ["wooden"])),
            "man": at((60, 10, 20, 60), thing("man", ["tall"], ("holding", "dog"))),
            "dog": at((70, 30, 8, 8), thing("dog", ["brown"], ("near", "man"))),
        }
    ),
)
ELSEWHERE = usage_in(
    [
        image_graph(
            "elsewhere",
            picture(
                {
                    "1": thing("boy", ["happy"], ("washing", "2"), ("photographing", "2")),
                    "2": thing("cat", ["gray"], ("hugging", "1")),
                    "3": thing("bottle", ["green"], ("on", "4"), ("covered by", "4")),
                    "4": thing("table", ["black", "white"]),
                }
            ),
        )
    ],
    WORDS.names,
)


def asked(
    generator: ImageGenerator, answer: str, usage: Usage | None, graph: ImageGraph = PARK
) -> Iterator[set[str]]:
    """Yield the wrong options of the questions with an answer."""
    for seed in range(20):
        for made in picture_questions(graph, generator, 1, seed, WORDS, usage):
            if isinstance(made, GraphInstance) and made.asked.answer == answer:
                assert faults(made, graph, WORDS) == ()
                yield {option.text for option in made.asked.options} - {answer}


def test_no_cup_is_said_to_photograph_a_table() -> None:
    wrong = set().union(*asked("relation", "on", None))
    assert wrong & {"under", "below", "beneath"}  # the opposite
    assert wrong <= {"under", "below", "beneath", "to the left of", "to the right of"}


def test_what_a_file_says_of_such_things_comes_first() -> None:
    alone = set().union(*asked("relation", "holding", None))
    assert {"riding", "wearing", "driving"}.isdisjoint(alone)  # nobody drives a dog
    assert "hugging" in alone
    seen = list(asked("relation", "holding", ELSEWHERE))
    assert all({"washing", "photographing"} <= wrong for wrong in seen)  # a boy, a cat


def test_usage_knows_names_and_their_kinds() -> None:
    assert ELSEWHERE.level("washing", "boy", "cat") == EXACTLY
    assert ELSEWHERE.level("washing", "man", "dog") == OF_A_KIND
    assert ELSEWHERE.level("hugging", "man", "dog") == NEVER  # the cat does
    assert ELSEWHERE.by_level(["white", "red", "black"], "table") == [
        ["white", "black"],
        [],
        ["red"],
    ]
    assert ELSEWHERE.names_beside("out", "washing", "dog") == {"boy"}


def test_wrong_values_and_names_are_those_of_such_things() -> None:
    dogs = usage_in(
        [image_graph("dog", picture({"1": thing("dog", ["white", "green", "blue", "round"])}))],
        WORDS.names,
    )
    colors = list(asked("attribute", "brown", dogs))
    assert colors
    assert all(wrong == {"white", "green", "blue"} for wrong in colors)
    objects = list(asked("object", "dog", ELSEWHERE))
    animals = set(WORDS.names.exact_singulars) & {
        name for name in WORDS.names.concepts if "animal" in WORDS.names.headings(name)
    }
    assert objects
    assert all(wrong <= animals for wrong in objects)
