"""Questions about one graph after the other: a few of each, drawn from its plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from tg_assets.ids import digest
from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import ImageGraph
from tg_assets.task_space.scene_graphs.image_plans import ImageGenerator, image_plans
from tg_assets.task_space.scene_graphs.image_questions import ask_about_picture
from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph, VideoNames
from tg_assets.task_space.scene_graphs.video_plans import VideoGenerator, video_plans
from tg_assets.task_space.scene_graphs.video_questions import ask_about_video
from tg_assets.task_space.scene_graphs.vocabulary import Vocabulary

Made = GraphInstance | NoInstance


def picture_questions(
    graph: ImageGraph, generator: ImageGenerator, size: int, seed: int, words: Vocabulary
) -> Iterator[Made]:
    """Yield one question of each object, value or relation of a picture, in a drawn order.

    Args:
        graph: The picture's.
        generator: What is asked.
        size: Elements of each subgraph.
        seed: The same seed draws the same.
        words: What excludes what.
    """
    dice = Random(int(digest("picture questions", graph.id, generator, size, seed), 16))
    alike = list(image_plans(graph, generator, size, words.type_of))
    dice.shuffle(alike)
    for plans in alike:
        plan = plans.plan(dice.randrange(plans.count))
        yield ask_about_picture(plan, graph, seed, words)


def video_questions(
    graph: VideoGraph, generator: VideoGenerator, seed: int, names: VideoNames, words: Vocabulary
) -> Iterator[Made]:
    """Yield the questions of a video's plans, in a drawn order.

    Args:
        graph: The video's.
        generator: What is asked.
        seed: The same seed draws the same.
        names: Wrong answers are drawn from these.
        words: What excludes what.
    """
    plans = list(video_plans(graph, generator))
    Random(int(digest("video questions", graph.id, generator, seed), 16)).shuffle(plans)
    for plan in plans:
        yield ask_about_video(plan, graph, seed, names, words)


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
