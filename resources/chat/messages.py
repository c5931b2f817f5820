"""What is said to a chat model and what comes back, whatever the provider."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

Json = Any


class Outcome(StrEnum):
    """How a question to a model ended."""

    ANSWERED = "answered"
    REFUSED = "refused"  # the model declined; final until prompt or model changes
    CONTENT_FILTER = "content_filter"  # the endpoint declined; final likewise
    INVALID = "invalid"  # a paid reply that holds no usable answer for this item
    TRUNCATED = "truncated"  # the reply ended before this item
    FAILED = "failed"  # no reply was paid for: transport, server, limits, unreadable image

    @property
    def is_final(self) -> bool:
        """Whether the next run takes this outcome as it is instead of asking again."""
        return self in (Outcome.ANSWERED, Outcome.REFUSED, Outcome.CONTENT_FILTER)


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image a request is about, or a video as its frames: read only when it is sent.

    Attributes:
        image_id: Of a video, a hash of its frames' ids.
        uri: Of a video, its first frame's.
        frames: The frames in the order of time; none is an image.
    """

    image_id: str
    uri: str
    frames: tuple[ImageRef, ...] = ()

    @property
    def shown(self) -> tuple[ImageRef, ...]:
        """The images to send, in order."""
        return self.frames or (self,)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One paid call.

    Attributes:
        stage: Which stage asks; with `schema_name` what the embedded model dispatches on.
        text: The user's message.
        schema_name: Name of the reply's schema.
        schema: JSON schema the reply must follow, where the server can enforce it.
        image: The picture shown, if any.
        more_room: Whether an earlier reply was cut, so that this one may be longer.
    """

    stage: str
    text: str
    schema_name: str
    schema: Mapping[str, Json]
    image: ImageRef | None = None
    more_room: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """The most that a request may use; limits and budget reserve it before it is sent."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class Prepared(Protocol):
    """A request ready to be sent, as often as it takes: its image is read and encoded."""

    @property
    def demand(self) -> Demand:
        """The most that it may use."""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One paid response, or the recorded reason why there is none.

    Attributes:
        outcome: ``ANSWERED`` for any complete reply, whatever it says.
        text: What the model said, null when it said nothing.
        raw: The response body as it came, kept for ever.
        reason: Why there is no text, for people.
        wrong_model: Whether another model answered than was asked.
    """

    outcome: Outcome
    text: str | None
    raw: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    latency_s: float = 0.0
    reason: str | None = None
    wrong_model: bool = False


class ChatModel(Protocol):
    """A provider bound to one model of the settings."""

    name: str
    identity: str
    """Model and every parameter that shapes its replies; part of each answer's key."""
    concurrency: int
    max_attempts: int
    items_per_request: int

    async def prepare(self, request: ChatRequest) -> Any:
        """Make a request ready to be sent; returns a `Prepared` of the provider's own.

        Raises:
            GiveUp: It cannot be sent: its image is gone, unreadable or has changed.
        """

    async def send(self, prepared: Any) -> ChatReply:
        """Send what `prepare` returned, once.

        Raises:
            TryAgain: The request may succeed later.
            GiveUp: This request will not succeed, others may.
            StopAsking: No request to this model will succeed.
        """

    async def close(self) -> None:
        """Release connections."""


class OwnPass(Protocol):
    """A pass of a stage as a provider makes it."""

    def run(self) -> Coroutine[None, None, None]:
        """Ask everything and commit everything."""


@runtime_checkable
class BringsItsOwnPass(Protocol):
    """A model that is not asked a request at a time, such as one behind a batch API."""

    def open_pass(
        self, stage: Any, pending: Any, ledger: Any, tally: Any, counter: Any, budget: Any
    ) -> OwnPass:
        """Open a pass over what is to be asked.

        Args:
            stage: The `resources.chat.stages.Stage`.
            pending: Iterator of `resources.chat.asking.Pending`, made as they are taken.
            ledger: The `resources.chat.ledger.Ledger`.
            tally: The `resources.chat.asking.Tally` of what is done.
            counter: The `resources.chat.asking.Counter`, told how many questions are answered.
            budget: The `resources.chat.limits.budget.Budget` of the run.
        """


class TryAgain(Exception):  # noqa: N818 - it asks for something
    """The request may succeed later: rate limit, overload, a dropped connection.

    Args:
        reason: What happened, for people.
        after_s: How long the server asked to wait, if it did.
        overloaded: Whether the server has too much to do, so that less should be sent to it.
    """

    def __init__(
        self, reason: str, after_s: float | None = None, *, overloaded: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s
        self.overloaded = overloaded


class GiveUp(Exception):  # noqa: N818
    """This request will not succeed as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StopAsking(Exception):  # noqa: N818
    """No request to this model will succeed: wrong key, no such model, no credit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request says about one item.

    Attributes:
        outcome: How it ended; `value` is null unless it is ``ANSWERED``.
        value: The parsed answer.
        reason: Why there is no value.
        bought: Whether this pass sent a request for it (false: the ledger knew).
        asked_again: Whether the next pass asks again: it failed, or was paid for without use and
            not often enough to be taken as final.
    """

    outcome: Outcome
    value: Json | None
    reason: str | None
    bought: bool = field(default=False, compare=False)
    asked_again: bool = field(default=False, compare=False)
