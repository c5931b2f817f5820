"""The suite of `ground_truth_qa`: every question is verified by a checker of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tg_assets.ground_truth_qa.known import PER_GENERATOR
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.questions.worlds import known_instances
from tg_assets.suites import Measure, Subject, Suite, matching
from tg_assets.task_space.soundness.checking import Checker


def _measures(subject: Subject) -> Sequence[Measure]:
    found = list(_faults(subject))
    return [
        Measure(
            "questions that the checker refutes",
            len(found),
            high=0,
            advice=f"The first: {found[0]}" if found else "",
        )
    ]


def _faults(subject: Subject) -> Iterator[str]:
    """Yield a line for each question that does not stand in the table or is not sound."""
    checker = Checker(subject.galaxy.library.library)
    asked = set(subject.frame.select("image_id", "question", "answer").iter_rows())
    scenes = subject.tables.read("scenes", *subject.keys)
    seen = set()
    for image, text in scenes.select("image_id", "scene").iter_rows():
        scene = Scene.from_json(text)
        if "world" not in scene.facts:
            continue
        for instance in known_instances(scene, PER_GENERATOR):
            row = (image, instance.asked.question, instance.asked.answer)
            if row in asked:
                seen.add(row)
                yield from (
                    f"{image}: {instance.asked.question} {fault.kind}: {fault.message}"
                    for fault in checker.faults(instance)
                )
    for image, question, _ in sorted(asked - seen):
        yield f"{image}: {question} is no question about this picture's scene graph"


SUITE = Suite(
    "ground_truth_qa", [matching("question", r"\S"), matching("answer", r"\S")], _measures
)
