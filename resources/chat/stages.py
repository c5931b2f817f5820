"""What a stage of the graph tells the one path about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from resources.chat.messages import ChatRequest, ImageRef, Json
from tg_assets.ids import digest


class UnusableReply(ValueError):  # noqa: N818 - a reply, not a fault of the program
    """A reply from which a stage can take nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """The unit of memory: one item about which one answer is wanted.

    Attributes:
        item: Everything that is said about the item; part of its key.
        image: The picture it is about; questions about one picture may share a request.
    """

    item: Mapping[str, Json]
    image: ImageRef | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """How a stage asks and understands.

    Attributes:
        name: The stage's name in the ledger.
        prompt_version: Hash of the prompt's text.
        render: Makes the user's message of the questions that share a request.
        parse: Takes a reply's text and the number of questions; gives one value a question, null
            where the reply has none. Raises `UnusableReply` when it holds nothing at all.
        schema_name: Name of the reply's schema.
        schema: JSON schema of the reply, given the number of questions.
        shared: Whether several questions about one image may share a request.
    """

    name: str
    prompt_version: str
    render: Callable[[Sequence[Question]], str]
    parse: Callable[[str, Sequence[Question]], Sequence[Json | None]]
    schema_name: str
    schema: Callable[[int], Mapping[str, Json]]
    shared: bool = True

    def request(self, questions: Sequence[Question], more_room: bool = False) -> ChatRequest:
        """Build the request that asks these questions together.

        Args:
            questions: The questions, about one image.
            more_room: Whether an earlier reply to them was cut.
        """
        return ChatRequest(
            stage=self.name,
            text=self.render(questions),
            schema_name=self.schema_name,
            schema=self.schema(len(questions)),
            image=questions[0].image,
            more_room=more_room,
        )

    def key(self, model_identity: str, question: Question) -> str:
        """Return the answer's key: a digest of everything that was said about the item."""
        return digest(
            "answer",
            self.name,
            model_identity,
            self.prompt_version,
            question.image.image_id if question.image else "no image",
            orjson.dumps(question.item, option=orjson.OPT_SORT_KEYS),
        )


DATA_MARK = "\nDATA\n"
"""What separates a prompt's instructions from what it is about, one JSON object."""


def with_data(instructions: str, data: Mapping[str, Json]) -> str:
    """Return the instructions followed by the data they speak of."""
    return (
        instructions.rstrip() + DATA_MARK + orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
    )


def data_of(text: str) -> Mapping[str, Json]:
    """Return the data of a prompt made by `with_data`.

    Raises:
        ValueError: The text has no data.
    """
    _, mark, data = text.rpartition(DATA_MARK)
    if not mark:
        raise ValueError("the prompt has no DATA part")
    parsed = orjson.loads(data)
    if not isinstance(parsed, dict):
        raise ValueError("the prompt's DATA part is not a JSON object")
    return parsed
