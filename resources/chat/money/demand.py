"""What one request will use, and the most that it may use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import orjson

from resources.chat.messages import ChatRequest, Demand
from resources.chat.money.image_tokens import image_tokens, rule_of
from resources.chat.money.sent_size import sent_size
from resources.chat.money.text_tokens import TextRule, prompt_tokens, text_rule
from resources.chat.openai_wire import Spoken, completion_room

Size = tuple[int, int]
"""Width and height in pixels."""
MARGIN = 1.1
"""What a reservation adds to the count: providers were seen to bill up to 6 % more for images
that they shrink (community.openai.com, topic 1281361), and do not document how they write a
schema into the prompt."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens of a request's prompt.

    Attributes:
        text: Of the message.
        image: Of the picture, or of all frames.
        schema: Of the reply's schema, where the model reads it.
        overhead: Of roles and marks around them.
    """

    text: int
    image: int
    schema: int
    overhead: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.text + self.image + self.schema + self.overhead


def counted(settings: Spoken, request: ChatRequest, image_sizes: Sequence[Size] = ()) -> Counted:
    """Count the tokens of a request's prompt.

    Args:
        settings: The model's settings.
        request: What is asked.
        image_sizes: Width and height of each picture in pixels, upright, as the file has them or
            as it is sent; of a video, of every frame.
    """
    rule = text_rule(settings.model)
    return Counted(
        text=prompt_tokens(rule, request.text),
        image=sum(tokens_of_image(settings, size) for size in image_sizes),
        schema=_schema_tokens(settings, rule, request),
        overhead=rule.overhead,
    )


def tokens_of_image(settings: Spoken, size: Size) -> int:
    """Return the tokens of a picture of so many pixels, after it is made small enough."""
    width, height = sent_size(*size, settings.max_image_side)
    return image_tokens(settings.model, width, height, settings.image_detail)


def cost_usd(settings: Spoken, prompt: float, completion: float, discount: float = 1.0) -> float:
    """Return what so many tokens cost in dollars."""
    price = settings.price
    return (prompt * price.input + completion * price.output) * discount / 1e6


def demand_of(
    settings: Spoken,
    request: ChatRequest,
    image_sizes: Sequence[Size] = (),
    discount: float = 1.0,
) -> Demand:
    """Return the most that a request may use: its prompt with a margin, its reply in full.

    Args:
        settings: The model's settings.
        request: What is asked.
        image_sizes: Width and height of each picture in pixels.
        discount: What the price is multiplied by, for batches.
    """
    prompt = math.ceil(counted(settings, request, image_sizes).total * MARGIN)
    completion = completion_room(settings, request)
    return Demand(prompt, completion, cost_usd(settings, prompt, completion, discount))


def demand_counter(
    settings: Spoken, request: ChatRequest, image_sizes: Sequence[Size] = ()
) -> Callable[[], Demand]:
    """Return what counts a request's demand when it is wanted, once."""
    return cache(partial(demand_of, settings, request, image_sizes))


def assumptions(settings: Spoken) -> list[str]:
    """Return lines that say how a model's tokens are counted, and what is only estimated."""
    text, image = text_rule(settings.model), rule_of(settings.model)
    lines = [
        f"text by {text.tokenizer}" + ("" if text.exact else " (its tokenizer is not here)"),
        f"images by the rule of {image.family}"
        if image.family != "unknown"
        else "images at the most that any known model counts: the model's own rule is not known",
    ]
    if image.at_most and image.family != "unknown":
        lines[-1] += " (at most)"
    if text.reads_schema and settings.structured == "json_schema":
        lines.append("the reply's schema as its compact JSON: how it is billed is not documented")
    return lines


def _schema_tokens(settings: Spoken, rule: TextRule, request: ChatRequest) -> int:
    if settings.structured != "json_schema" or not rule.reads_schema:
        return 0
    whole = {"name": request.schema_name, "strict": True, "schema": dict(request.schema)}
    return _tokens_of_schema(rule, orjson.dumps(whole))


@lru_cache(maxsize=1024)
def _tokens_of_schema(rule: TextRule, schema: bytes) -> int:
    return rule.count(schema.decode())
