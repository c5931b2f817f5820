"""The referees: does a question, with its answer, fit the image and the task type: 0 or 1.

The contract is the paper's (table A-3, p_filter_referee), which shows the question only; here the
answer is shown too, unless the settings say ``referee_sees: question``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from resources.chat.replies import object_in
from resources.chat.stages import Question, Stage, UnusableReply, with_data
from tg_assets.ids import digest

_GIVEN = """\
You are a referee of training questions for vision-language models.

You are given an image, a task label (levels from general to specific, joined by "~") and a
question about the image{answer}."""

_END = 'Reply with one JSON object: {"vote": 1} or {"vote": 0}'

WITH_ANSWER = f"""\
{_GIVEN.format(answer=" with its answer")}

Work out from the image what the right answer is before you compare it with the given one. Vote 1
when the question belongs to the task, can be answered from this image, and the given answer is
correct. Vote 0 when any of the three does not hold, or when you are not sure.

{_END}"""

QUESTION_ONLY = f"""\
{_GIVEN.format(answer="")}

Vote 1 when the question belongs to the task and can be answered from this image. Vote 0 when
either does not hold, or when you are not sure.

{_END}"""

_BARE = re.compile(r"\s*[`\"']?([01])[`\"'.]?\s*")


def stage(sees: str) -> Stage:
    """Return the stage for referees that see the answer, or the question only."""
    prompt = WITH_ANSWER if sees == "answer" else QUESTION_ONLY

    def render(questions: Sequence[Question]) -> str:
        return with_data(prompt, questions[0].item)

    return Stage(
        name="vote",
        prompt_version=digest("prompt", prompt)[:16],
        render=render,
        parse=_parse,
        schema_name="vote",
        schema=_schema,
        shared=False,  # a referee judges one question at a time, as the paper's do
    )


def _parse(text: str, _: Sequence[Question]) -> list[int | None]:
    bare = _BARE.fullmatch(text)
    if bare:
        return [int(bare.group(1))]
    vote = object_in(text).get("vote")
    if isinstance(vote, bool) or str(vote) not in ("0", "1"):
        raise UnusableReply(f"the vote is neither 0 nor 1: {vote!r:.80}")
    return [int(str(vote))]


def _schema(_: int) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {"vote": {"type": "integer", "enum": [0, 1]}},
        "required": ["vote"],
        "additionalProperties": False,
    }
