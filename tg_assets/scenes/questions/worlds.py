"""Questions about worlds: those of the task space's generators, and descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from tg_assets.scenes.concepts import COMPOSITIONS, article, listed
from tg_assets.scenes.families.worlds import library_of, world_of
from tg_assets.scenes.graph import Scene, SceneObject
from tg_assets.scenes.questions.asking import Asker
from tg_assets.scenes.questions.captions import Caption, ask_captions, ask_summary
from tg_assets.scenes.questions.claims import verify_claim
from tg_assets.task_space.generators import GENERATORS
from tg_assets.task_space.instance import Instance, NoInstance
from tg_assets.task_space.instancing import ask_about
from tg_assets.task_space.plans import read_plan
from tg_assets.task_space.task_types import task_type_of
from tg_assets.task_space.truths import plans_true_of

MOST = 6
"""Questions of a generator about one picture."""


def ask_world(asker: Asker) -> None:
    """Hand in the questions about a world."""
    world = world_of(asker.scene)
    picture = COMPOSITIONS[world.kind]
    for instance in known_instances(asker.scene, MOST):
        generator = str(instance.plan["generator"])
        asked = instance.asked
        wrong = [option.text for option in asked.options if option.text != asked.answer]
        asker.add(generator, instance.task_type, asked.question, asked.answer, wrong)
        asker.ask_choice(
            f"choose: {generator}",
            f"multiple choice questions~image-based~{picture} multiple choice",
            [asked.question.replace("{", "{{").replace("}", "}}")],
            asked.answer,
            wrong,
        )
    _ask_descriptions(asker, picture)


def known_instances(scene: Scene, most: int) -> Iterator[Instance]:
    """Yield what each generator asks about a scene's world, at most so much of each."""
    library, world = library_of(scene).library, world_of(scene)
    for generator in GENERATORS:
        for plan in islice(plans_true_of(library, world, generator, scene.seed), most):
            asked = ask_about(library, world, plan, scene.seed)
            if not isinstance(asked, NoInstance):
                kind = task_type_of(read_plan(library, plan))
                yield Instance(plan, scene.seed, world, asked, kind)


def answer_of_task(scene: Scene, question: str) -> str | None:
    """Return the answer to the question of the plan that a scene was made for.

    Null when the scene has no such plan, or the question is another.
    """
    said = scene.facts.get("plan")
    if said is None:
        return None
    opened = library_of(scene)
    rows = opened.space.generator(said["generator"]).plans(np.array([said["index"]]))
    seed = int(scene.facts["seed"])
    asked = ask_about(opened.library, world_of(scene), rows.row(0, named=True), seed)
    if isinstance(asked, NoInstance) or asked.question != question:
        return None
    return asked.answer


def _ask_descriptions(asker: Asker, picture: str) -> None:
    things = asker.scene.objects
    said = [_at(thing, thing.cell) for thing in things]
    false = list(_false_descriptions(asker, things))
    names = [article(_named(thing)) for thing in things]
    brief = f"A {picture} with {listed(names)}."
    wrong = [
        f"A {picture} with {listed([*names[:place], other, *names[place + 1 :]])}."
        for place, other in _others(asker, things)
    ]
    detailed = f"The picture shows {listed(said)}."
    ask_captions(asker, Caption(picture, brief, wrong, detailed, false))
    ask_summary(
        asker, f"summarization~visual scene summarization~{picture} summarization", brief, wrong
    )
    for thing, other in zip(things, (*things[1:], things[0]), strict=True):
        truth = asker.draw(2, "claim", thing.id) == 0
        cell = thing.cell if truth else other.cell
        if truth or (len(things) > 1 and _named(thing) != _named(other)):
            verify_claim(asker, "position claim", "position claim", _claim(thing, cell), truth)


def _named(thing: SceneObject) -> str:
    """Return an object's category with its color, where it has one."""
    color = thing.attributes.get("color", "")
    return f"{color} {thing.category}" if color and " and " not in color else thing.category


def _at(thing: SceneObject, cell: str | None) -> str:
    return f"{article(_named(thing))} at the {cell}"


def _claim(thing: SceneObject, cell: str | None) -> str:
    said = f"{article(_named(thing))} is at the {cell} of the picture."
    return said[0].upper() + said[1:]


def _others(asker: Asker, things: Sequence[SceneObject]) -> Iterator[tuple[int, str]]:
    """Yield a place with an object that nothing in the picture is."""
    library = library_of(asker.scene).library
    shown = {thing.category for thing in things}
    strange = sorted(set(library.names.values()) - shown)
    for place in range(min(3, len(things))):
        if strange:
            yield place, article(asker.pick(strange, "other", place))


def _false_descriptions(asker: Asker, things: Sequence[SceneObject]) -> Iterator[str]:
    for place, other in _others(asker, things):
        said = [_at(thing, thing.cell) for thing in things]
        said[place] = f"{other} at the {things[place].cell}"
        yield f"The picture shows {listed(said)}."
