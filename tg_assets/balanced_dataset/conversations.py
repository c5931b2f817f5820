"""A question and its answer as the conversation that trainers read."""

from __future__ import annotations

IMAGE_TOKEN = "<image>"
_WRITTEN_OUT = "[image]"


def conversation(question: str, answer: str) -> list[dict[str, str]]:
    """Return the two turns of a sample, with exactly one image token.

    Trainers put the picture wherever ``<image>`` stands, so one in the text itself (a question
    about HTML, say) becomes ``[image]``.

    Args:
        question: The question as it was generated.
        answer: The answer as it was generated.
    """
    return [
        {"from": "human", "value": f"{IMAGE_TOKEN}\n{without_image_tokens(question)}"},
        {"from": "gpt", "value": without_image_tokens(answer)},
    ]


def without_image_tokens(text: str) -> str:
    """Return a text in which no trainer sees an image token."""
    return text.replace(IMAGE_TOKEN, _WRITTEN_OUT)
