"""Questions about one graph after the other: a few of each, drawn from its plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tg_assets.ids import digest
from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.image_plans import (
    ImageGenerator,
    ImagePlan,
    image_plans,
)
from tg_assets.task_space.scene_graphs.image_questions import ask_about_picture
from tg_assets.task_space.scene_graphs.usage import Usage
from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph, VideoNames
from tg_assets.task_space.scene_graphs.video_plans import VideoGenerator, VideoPlan, video_plans
from tg_assets.task_space.scene_graphs.video_questions import ask_about_video
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary

Made = GraphInstance | NoInstance
ENOUGH = "the graph has as many questions as were asked for"
ALIKE = "another plan asks the same, and picks the same things out otherwise"
NO_PLAN = "nothing in it can be picked out so"


@dataclass(frozen=True)
class Questions:
    """The questions of a graph's plans, made as they are taken.

    Attributes:
        plans: In a drawn order; of plans that ask the same, one.
        alike: How many plans ask the same as one of these.
        ask: Returns the question of a plan, or why there is none.
    """

    plans: Sequence[ImagePlan | VideoPlan]
    alike: int
    ask: Callable[[Any], Made]

    def __iter__(self) -> Iterator[Made]:
        return map(self.ask, self.plans)


def picture_questions(
    graph: ImageGraph,
    generator: ImageGenerator,
    size: int,
    seed: int,
    words: Vocabulary,
    usage: Usage | None = None,
) -> Questions:
    """Return one question of each object, value or relation of a picture, in a drawn order.

    Args:
        graph: The picture's.
        generator: What is asked.
        size: Elements of each subgraph.
        seed: The same seed draws the same.
        words: What excludes what.
        usage: What is said elsewhere of such things.
    """
    dice = Random(int(digest("picture questions", graph.id, generator, size, seed), 16))
    groups = list(image_plans(graph, generator, size, words.type_of))
    dice.shuffle(groups)
    return Questions(
        [plans.plan(dice.randrange(plans.count)) for plans in groups],
        sum(plans.count - 1 for plans in groups),
        lambda plan: ask_about_picture(plan, graph, seed, words, usage=usage),
    )


def video_questions(
    graph: VideoGraph, generator: VideoGenerator, seed: int, names: VideoNames, words: Vocabulary
) -> Questions:
    """Return the questions of a video's plans, in a drawn order.

    Args:
        graph: The video's.
        generator: What is asked.
        seed: The same seed draws the same.
        names: Wrong answers are drawn from these.
        words: What excludes what.
    """
    plans = list(video_plans(graph, generator))
    Random(int(digest("video questions", graph.id, generator, seed), 16)).shuffle(plans)
    return Questions(plans, 0, lambda plan: ask_about_video(plan, graph, seed, names, words))


def at_most(
    made: Iterable[Made], most: int, refused: Callable[[str], None]
) -> Iterator[GraphInstance]:
    """Yield questions, at most so many; tell the reasons of plans on the way that have none."""
    asked = 0
    for one in made:
        if isinstance(one, NoInstance):
            refused(one.reason)
            continue
        yield one
        asked += 1
        if asked == most:
            return


def accounted(
    questions: Questions, most: int, refused: Callable[[str, int], None]
) -> Iterator[GraphInstance]:
    """Yield questions, at most so many; tell of every other plan why it is not asked.

    Args:
        questions: Of a graph.
        most: How many, at most.
        refused: Told a reason, and of how many plans.
    """
    tried = asked = 0

    def refuse(reason: str) -> None:
        nonlocal tried
        tried += 1
        refused(reason, 1)

    for one in at_most(questions, most, refuse):
        asked += 1
        yield one
    for reason, left in ((ENOUGH, len(questions.plans) - tried - asked), (ALIKE, questions.alike)):
        if left:
            refused(reason, left)


def question_row(made: GraphInstance) -> dict[str, Any]:
    """Return a question ready for JSON."""
    return {
        "graph_id": made.graph_id,
        "question": made.asked.question,
        "options": [option.text for option in made.asked.options],
        "right": made.asked.right,
        "answer": made.asked.answer,
        "task_type": made.task_type,
        "seed": made.seed,
        "plan": made.plan,
    }
