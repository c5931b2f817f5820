"""What the embedded model says: answers read off a scene graph, wrong at a stated rate.

Every error is drawn from the item's own key, so that the same item meets the same error in every
process and whatever it was asked together with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import orjson

from resources.chat.messages import Json
from tg_assets.ids import digest, unit_interval

if TYPE_CHECKING:
    from tg_assets.scenes.graph import Scene
    from tg_assets.scenes.questions import Question

SERVED_PER_DECOY = 6
NO_TRANSLATOR = (
    "the embedded model answers from scene graphs and does not understand questions in words; "
    "name a model that does, or ask with tg query"
)
SceneOf = Callable[[str], "Scene | None"]


class NoScene(LookupError):  # noqa: N818 - a state, not a fault
    """The embedded model was shown a picture whose scene graph it does not know."""


class SceneAnswers:
    """Replies to the project's prompts, from scene graphs alone.

    Args:
        name: The model's name: models of different names err on different items.
        error_rate: Probability that an item's answer is wrong.
        scene_of: Gives the scene of an image id, null when there is none.
    """

    def __init__(self, name: str, error_rate: float, scene_of: SceneOf) -> None:
        self._name = name
        self._error_rate = error_rate
        self._scene_of = scene_of

    def reply(self, schema_name: str, data: Mapping[str, Json], image_id: str | None) -> str:
        """Return the text of a reply.

        Args:
            schema_name: Which prompt it is: growth, filter, questions, vote, cot, evaluation or
                translation.
            data: The prompt's data.
            image_id: The picture that was shown.

        Raises:
            NoScene: The picture has no scene graph here.
            ValueError: There is no such prompt.
        """
        if schema_name == "growth":
            return self._growth(data)
        if schema_name == "translation":
            return orjson.dumps({"query": None, "reason": NO_TRANSLATOR}).decode()
        scene = None if image_id is None else self._scene_of(image_id)
        if scene is None:
            raise NoScene(
                f"the embedded model answers from scene graphs and has none for image {image_id}; "
                "it has those that the galaxy at its settings' home drew; photos need a real "
                "model: see examples/openai.yaml"
            )
        replies = {
            "filter": self._filter,
            "questions": self._questions,
            "vote": self._vote,
            "cot": self._reasoned,
            "evaluation": self._option,
        }
        if schema_name not in replies:
            raise ValueError(f"the embedded model knows no prompt called {schema_name!r}")
        return replies[schema_name](data, str(image_id), scene)

    def _errs(self, *item: str) -> bool:
        return unit_interval("embedded error", self._name, *item) < self._error_rate

    def _growth(self, data: Mapping[str, Json]) -> str:
        from tg_assets.scenes.vocabulary import children, decoys

        parent = str(data["parent"])
        existing = set(data["existing"])
        served = children(parent)
        # some of what it names, no generator serves: the filter has something to reject
        strange = sorted(decoys(parent), key=lambda path: digest("decoy", path))
        known = [*served, *strange[: -(-len(served) // SERVED_PER_DECOY)]]
        known.sort(key=lambda path: digest("growth", path))
        labels = [label for path in known if (label := path.rpartition("~")[2]) not in existing]
        return orjson.dumps({"labels": labels[: int(data["limit"])]}).decode()

    def _filter(self, data: Mapping[str, Json], image_id: str, scene: Scene) -> str:
        from tg_assets.scenes.questions import questions

        reply: dict[str, list[int]] = {"suitable": [], "unsuitable": []}
        for number, path in data["task_labels"].items():
            fits = bool(questions(scene, path)) != self._errs("filter", image_id, path)
            reply["suitable" if fits else "unsuitable"].append(int(number))
        return orjson.dumps(reply).decode()

    def _questions(self, data: Mapping[str, Json], image_id: str, scene: Scene) -> str:
        items = []
        for number, path in data["task_labels"].items():
            chosen = self._chosen(scene, image_id, path)
            wrong = self._errs("question", image_id, path) and chosen.wrong
            answer = self._one_of(chosen.wrong, "wrong", image_id, path) if wrong else chosen.answer
            items.append({"label": int(number), "question": chosen.question, "answer": answer})
        return orjson.dumps({"items": items}).decode()

    def _chosen(self, scene: Scene, image_id: str, path: str) -> Question:
        from tg_assets.scenes.judging import hallucinate
        from tg_assets.scenes.questions import questions

        possible = questions(scene, path)
        if not possible:
            seed = int(digest("hallucination", self._name, image_id, path)[:15], 16)
            return hallucinate(scene, path, np.random.default_rng(seed))
        # first the template, then one of its questions: frequent templates would crowd out rare
        templates = sorted({question.template for question in possible})
        template = self._one_of(templates, "template", image_id, path)
        fitting = [question for question in possible if question.template == template]
        question: Question = self._one_of(fitting, "question", image_id, path)
        return question

    def _one_of(self, things: Json, *item: str) -> Json:
        return things[int(unit_interval("embedded choice", self._name, *item) * len(things))]

    def _vote(self, data: Mapping[str, Json], image_id: str, scene: Scene) -> str:
        from tg_assets.scenes.judging import judge
        from tg_assets.scenes.questions import questions

        path, question, answer = str(data["task_label"]), str(data["question"]), data.get("answer")
        if answer is None:
            right = any(item.question == question for item in questions(scene, path))
        else:
            right = bool(judge(scene, path, question, str(answer)))
        wrong = self._errs("vote", image_id, path, question, str(answer))
        return orjson.dumps({"vote": int(right != wrong)}).decode()

    def _reasoned(self, data: Mapping[str, Json], image_id: str, scene: Scene) -> str:
        from tg_assets.scenes.questions import asked

        question = str(data["question"])
        known = asked(scene, question)
        if known is None:
            reply = {"steps": ["The picture shows nothing of the kind."], "answer": "Nothing."}
            return orjson.dumps(reply).decode()
        others = [known.answer, *known.wrong]
        wrong = self._errs("cot", image_id, question) and known.wrong
        answer = self._one_of(known.wrong, "cot", image_id, question) if wrong else known.answer
        steps = [f"It could be: {'; '.join(sorted(others))}", f"The picture shows: {answer}"]
        return orjson.dumps({"steps": steps, "answer": answer}).decode()

    def _option(self, data: Mapping[str, Json], image_id: str, scene: Scene) -> str:
        """Choose among options, as the question's own plan is answered about the world."""
        from tg_assets.scenes.questions.worlds import answer_of_task

        question, options = str(data["question"]), data["options"]
        right = answer_of_task(scene, question)
        fitting = [letter for letter, text in options.items() if text == right]
        if not fitting:
            raise NoScene(f"no option of {question!r} is true of image {image_id}")
        others = [letter for letter in options if letter not in fitting]
        item = ("evaluation", image_id, question, *options.values())
        wrong = self._errs(*item) and others
        return orjson.dumps(
            {"answer": self._one_of(others, *item) if wrong else fitting[0]}
        ).decode()
