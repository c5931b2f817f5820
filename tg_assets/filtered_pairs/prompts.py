"""The filter: which of an image's candidate task types suit it.

The contract is the paper's (table A-3, p_filter): the image and its candidate labels are given,
those are asked for on which questions about this image can be based. Labels are referred to by
number, and every label gets a verdict of its own: one that is not mentioned has no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from resources.chat.replies import object_in
from resources.chat.stages import Question, Stage, UnusableReply, with_data
from tg_assets.ids import digest

PROMPT = """\
You check which visual tasks an image can serve.

You are given an image and numbered task labels. The levels of a label go from general to specific
and are joined by "~". A label is suitable when this very image shows enough to write a good
question, with an answer that the image alone proves, for exactly that task. It is unsuitable when
the image lacks what the task is about, or when an answer would be a guess.

Look at the image first, then judge every label by itself. Reply with one JSON object that puts
each number into one of two lists: {"suitable": [numbers], "unsuitable": [numbers]}"""

VERSION = digest("prompt", PROMPT)[:16]


def _render(questions: Sequence[Question]) -> str:
    labels = {str(n): q.item["path"] for n, q in enumerate(questions, start=1)}
    return with_data(PROMPT, {"task_labels": labels})


def _parse(text: str, questions: Sequence[Question]) -> list[bool | None]:
    reply = object_in(text)
    suitable = _numbers(reply, "suitable")
    unsuitable = _numbers(reply, "unsuitable")
    return [
        None if (n in suitable) == (n in unsuitable) else n in suitable
        for n in range(1, len(questions) + 1)
    ]


def _numbers(reply: Mapping[str, Any], name: str) -> set[int]:
    listed = reply.get(name, [])
    if not isinstance(listed, list):
        raise UnusableReply(f"{name!r} is not a list of numbers: {listed!r}")
    return {
        int(number)
        for number in listed
        if (isinstance(number, int) and not isinstance(number, bool))
        or (isinstance(number, str) and re.fullmatch(r"[0-9]{1,6}", number))
    }


def _schema(_: int) -> Mapping[str, Any]:
    numbers = {"type": "array", "items": {"type": "integer"}}
    return {
        "type": "object",
        "properties": {"suitable": numbers, "unsuitable": numbers},
        "required": ["suitable", "unsuitable"],
        "additionalProperties": False,
    }


STAGE = Stage(
    name="filter",
    prompt_version=VERSION,
    render=_render,
    parse=_parse,
    schema_name="filter",
    schema=_schema,
)
