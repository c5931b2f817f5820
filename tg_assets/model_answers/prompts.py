"""Evaluation: a multiple-choice question about a picture or a video, whose answer is known.

The contract is Task-Me-Anything's: the picture, or frames of the video, the question and its
options under letters are given; which option is right is wanted. The reply may be a letter or the
option's text, also in prose: `matching` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resources.chat.replies import THOUGHT_END, object_in
from resources.chat.stages import Question, Stage, UnusableReply, with_data
from tg_assets.ids import digest

PROMPT = """\
You answer multiple-choice questions about what you are shown: one image, or the frames of a short
video in the order of time.

You are given a question and its options, each under a letter. Exactly one option is right. Look at
everything that you are shown before you decide.

Reply with one JSON object that names the letter of the right option: {"answer": "..."}"""

VERSION = digest("prompt", PROMPT)[:16]


def lettered(options: Sequence[str]) -> dict[str, str]:
    """Return options under letters, in the order that is shown."""
    return {chr(ord("A") + place): option for place, option in enumerate(options)}


def _render(questions: Sequence[Question]) -> str:
    item = questions[0].item
    data = {"question": item["question"], "options": lettered(item["options"])}
    return with_data(PROMPT, data)


def _parse(text: str, _: Sequence[Question]) -> list[str]:
    """Return what the model says its answer is; all that it says where it is no JSON."""
    try:
        answer = object_in(text).get("answer")
    except UnusableReply:
        answer = None
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(answer, str):
        answer = text.rpartition(THOUGHT_END)[2]
    if not answer.strip():
        raise UnusableReply("the reply says nothing")
    return [answer.strip()]


def _schema(_: int) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {"answer": {"type": "string"}},
        "required": ["answer"],
        "additionalProperties": False,
    }


STAGE = Stage(
    name="evaluation",
    prompt_version=VERSION,
    render=_render,
    parse=_parse,
    schema_name="evaluation",
    schema=_schema,
    shared=False,  # one answer must not help another
)
