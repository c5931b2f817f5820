"""Asking: one question with its answer for each task type an image was kept for.

The contract is the paper's (table A-3, p_Q&A): the image and its labels are given, a question that
asks for thought and its answer are wanted for each label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from resources.chat.replies import object_in
from resources.chat.stages import Question, Stage, UnusableReply, with_data
from tg_assets.ids import digest

PROMPT = """\
You write training questions for vision-language models.

You are given an image and numbered task labels that suit it. The levels of a label go from general
to specific and are joined by "~". For each label write one question about this image that
exercises exactly that task, and its answer.

A good question needs the image: nobody could answer it from the words alone. It asks for some
thought where the image allows it, speaks of what is there by appearance or place, and has one
answer. The answer is correct, complete and provable from the image. Mention neither the label nor
these instructions.

Reply with one JSON object:
{"items": [{"label": number, "question": "...", "answer": "..."}]}, one item for each label."""

VERSION = digest("prompt", PROMPT)[:16]


def _render(questions: Sequence[Question]) -> str:
    labels = {str(n): q.item["path"] for n, q in enumerate(questions, start=1)}
    return with_data(PROMPT, {"task_labels": labels})


def _parse(text: str, questions: Sequence[Question]) -> list[dict[str, str] | None]:
    items = object_in(text).get("items")
    if not isinstance(items, list):
        raise UnusableReply(f"'items' is not a list: {items!r:.80}")
    found: dict[int, dict[str, str]] = {}
    for item in items:
        number, pair = _pair(item)
        if pair is not None:
            found.setdefault(number, pair)
    return [found.get(n) for n in range(1, len(questions) + 1)]


def _pair(item: Any) -> tuple[int, dict[str, str] | None]:
    """Return an item's label and its question and answer, null when it is not one."""
    if not isinstance(item, dict):
        return 0, None
    number, question, answer = (item.get(name) for name in ("label", "question", "answer"))
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(question, str) or not isinstance(answer, str):
        return 0, None
    pair = {"question": question.strip(), "answer": answer.strip()}
    whole = all(pair.values()) and re.fullmatch(r"[0-9]{1,6}", str(number))
    return (int(str(number)), pair) if whole else (0, None)


def _schema(_: int) -> Mapping[str, Any]:
    item = {
        "type": "object",
        "properties": {
            "label": {"type": "integer"},
            "question": {"type": "string"},
            "answer": {"type": "string"},
        },
        "required": ["label", "question", "answer"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}},
        "required": ["items"],
        "additionalProperties": False,
    }


STAGE = Stage(
    name="questions",
    prompt_version=VERSION,
    render=_render,
    parse=_parse,
    schema_name="questions",
    schema=_schema,
)
