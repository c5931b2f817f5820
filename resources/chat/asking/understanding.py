"""Replies become answers: one an item, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson

from resources.chat.messages import Answer, ChatReply, Json, Outcome
from resources.chat.stages import Question, Stage, UnusableReply

FENCE = re.compile(r"\s*(?:```(?:json)?\s*)?(?=\{)")
CLOSERS = {"{": "}", "[": "]"}
JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],"]', re.DOTALL)
"""A whole string, or what JSON is structured by; a bare quote begins a string that was cut."""


def understand(stage: Stage, questions: Sequence[Question], reply: ChatReply) -> list[Answer]:
    """Take each item's answer from a reply; what cannot be taken says why.

    Of a reply that was cut, the items before the cut are kept.
    """
    if reply.outcome == Outcome.TRUNCATED:
        return _before_the_cut(stage, questions, reply)
    if reply.outcome != Outcome.ANSWERED or reply.text is None:
        outcome = reply.outcome if reply.outcome != Outcome.ANSWERED else Outcome.INVALID
        return _all(questions, outcome, reply.reason or "the reply is empty")
    values = _values(stage, questions, reply.text)
    if isinstance(values, str):
        return _all(questions, Outcome.INVALID, values)
    return [
        _answer(value, Outcome.INVALID, "the reply has no answer for this item") for value in values
    ]


def _before_the_cut(stage: Stage, questions: Sequence[Question], reply: ChatReply) -> list[Answer]:
    reason = reply.reason or "the reply was cut"
    whole = whole_items(reply.text or "")
    values = _values(stage, questions, whole) if whole is not None else reason
    if isinstance(values, str):
        return _all(questions, Outcome.TRUNCATED, reason)
    return [_answer(value, Outcome.TRUNCATED, reason) for value in values]


def _values(stage: Stage, questions: Sequence[Question], text: str) -> Sequence[Json | None] | str:
    """Return one value a question, or what is wrong with the reply as a whole."""
    try:
        values = stage.parse(text, questions)
        orjson.dumps(values)
    except UnusableReply as error:
        return str(error)
    except Exception as error:  # whatever a model writes, what was paid for is kept
        return f"the reply could not be read: {type(error).__name__}: {error!s:.200}"
    if len(values) != len(questions):
        return f"{len(values)} answers for {len(questions)} items"
    return values


def _answer(value: Json | None, otherwise: Outcome, reason: str) -> Answer:
    if value is None:
        return Answer(otherwise, None, reason, bought=True)
    return Answer(Outcome.ANSWERED, value, None, bought=True)


def _all(questions: Sequence[Question], outcome: Outcome, reason: str) -> list[Answer]:
    return [Answer(outcome, None, reason, bought=True) for _ in questions]


def whole_items(text: str) -> str | None:
    """Return a cut JSON object closed after the last list element or value that is whole.

    Only of a text that is JSON from its beginning: in a cut train of thought, an object is a
    draft. An element of a list is whole when a comma or its own bracket follows it: the last of
    ``[1, 12`` may be the beginning of 123.
    """
    beginning = FENCE.match(text)
    if beginning is None:
        return None
    text = text[beginning.end() :]
    open_brackets: list[str] = []
    end, left_open = 0, ""
    for token in JSON_TOKEN.finditer(text):
        mark = token.group()
        if mark == '"':
            break
        if mark in CLOSERS:
            open_brackets.append(mark)
        elif mark in ("}", "]"):
            if CLOSERS[open_brackets.pop()] != mark:
                return None
            end, left_open = token.end(), "".join(open_brackets)
            if not open_brackets:
                break
        elif mark == "," and open_brackets[-1] == "[":
            end, left_open = token.start(), "".join(open_brackets)
    return text[:end] + "".join(CLOSERS[bracket] for bracket in reversed(left_open)) or None
