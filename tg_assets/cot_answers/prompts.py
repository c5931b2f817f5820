"""Reasoning: a step-by-step answer to a question about an image.

The contract is the paper's (table A-3, p_CoT): the image and the question are given, the thought
process and the answer at its end are wanted. The sample's own answer is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resources.chat.replies import object_in
from resources.chat.stages import Question, Stage, UnusableReply, with_data
from tg_assets.ids import digest

PROMPT = """\
You answer questions about images, and show how.

You are given an image and a question about it. Look at the image closely. Work the answer out in
steps: each step is a sentence that says what you see or what follows from earlier steps, in the
order in which you came to it. Then give the answer itself, in as few words as it needs.

Reply with one JSON object: {"steps": ["...", "..."], "answer": "..."}"""

VERSION = digest("prompt", PROMPT)[:16]


def _render(questions: Sequence[Question]) -> str:
    return with_data(PROMPT, questions[0].item)


def _parse(text: str, _: Sequence[Question]) -> list[dict[str, Any] | None]:
    reply = object_in(text)
    steps, answer = reply.get("steps"), reply.get("answer")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(answer, str) or not answer.strip():
        raise UnusableReply(f"the reply has no answer: {answer!r:.80}")
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise UnusableReply(f"'steps' is not a list of sentences: {steps!r:.80}")
    thought = [step.strip() for step in steps if step.strip()]
    if not thought:
        raise UnusableReply("the reply has an answer and no step that leads to it")
    return [{"steps": thought, "answer": answer.strip()}]


def _schema(_: int) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {
            "steps": {"type": "array", "items": {"type": "string"}},
            "answer": {"type": "string"},
        },
        "required": ["steps", "answer"],
        "additionalProperties": False,
    }


STAGE = Stage(
    name="cot",
    prompt_version=VERSION,
    render=_render,
    parse=_parse,
    schema_name="cot",
    schema=_schema,
    shared=False,
)


def as_text(value: Mapping[str, Any]) -> str:
    """Return a step-by-step answer as trainers read it: a step a line, the answer last."""
    return "\n".join([*value["steps"], f"Answer: {value['answer']}"])
