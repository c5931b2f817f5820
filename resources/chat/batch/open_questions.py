"""The questions of a pass that have no answer yet: which of them wait, and how each one ends."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from resources.chat.batch.jobs import BatchRequest
from resources.chat.batch.packing import Asked, Packet
from resources.chat.ledger import Ledger, Received
from resources.chat.messages import Answer, ChatReply, Outcome
from resources.chat.stages import Stage


class Counts(Protocol):
    """Whoever counts answered questions."""

    def add(self, answered: int) -> None:
        """Count them."""


class OpenQuestions:
    """The open questions of a pass: each waits in a packet, or is in a job that is followed.

    Args:
        stage: What is asked.
        model: The model's name in the settings.
        pending: The questions, those together that share a request.
        ledger: Where it is recorded why a question has no answer.
        counter: Counts what has ended.
        max_attempts: How many jobs a question may be in before it fails.

    Attributes:
        waiting: What is to be handed over.
        keys: The answer keys of all that are open.
    """

    def __init__(
        self,
        stage: Stage,
        model: str,
        pending: Iterable[Asked],
        ledger: Ledger,
        counter: Counts,
        max_attempts: int,
    ) -> None:
        self._stage = stage
        self._model = model
        self._ledger = ledger
        self._counter = counter
        self._max_attempts = max_attempts
        self._packets = [Packet.of(asked) for asked in pending]
        self._questions = {
            key: question for packet in self._packets for key, question in packet.questions.items()
        }
        self._attempts: Counter[str] = Counter()
        self.waiting = deque(self._packets)
        self.keys = set(self._questions)

    def only_these_wait(self, keys: Collection[str]) -> None:
        """Let no question wait but these."""
        left = (packet.of_these(keys) for packet in self.waiting)
        self.waiting = deque(packet for packet in left if packet.questions)

    def wait(self, keys: Iterable[str], *, more_room: bool = False) -> None:
        """Let questions wait together, as far as they are open."""
        questions = {key: self._questions[key] for key in keys if key in self.keys}
        if questions:
            self.waiting.append(Packet(questions, more_room))

    def the_rest_waits(self, claimed: Collection[str]) -> None:
        """Let every open question wait that no job claims, as they were packed at first."""
        waiting = {key for packet in self.waiting for key in packet.questions}
        free = self.keys - waiting - set(claimed)
        packets = (packet.of_these(free) for packet in self._packets)
        self.waiting.extend(packet for packet in packets if packet.questions)

    def ask_again(self, requests: Iterable[tuple[BatchRequest, str]]) -> None:
        """Let requests wait that ended without a reply, each with why; too often, and they fail."""
        failed: dict[str, str] = {}
        for request, reason in requests:
            keys = [key for key in request.keys if key in self.keys]
            self._attempts.update(keys)
            attempts = max((self._attempts[key] for key in keys), default=0)
            if attempts >= self._max_attempts:
                failed |= dict.fromkeys(keys, f"{reason} (gave up after {attempts} attempts)")
            else:
                self.wait(keys, more_room=request.more_room)
        self.fail(failed)

    def take_from_ledger(self, keys: Iterable[str]) -> None:
        """End those of the questions that another pass has bought."""
        known = self._ledger.known([key for key in keys if key in self.keys])
        self.end(key for key in known if known[key].answer.outcome != Outcome.FAILED)

    def end(self, keys: Iterable[str]) -> None:
        """Take note that questions need no further asking by this pass."""
        ended = self.keys.intersection(keys)
        self.keys -= ended
        if ended:
            self._counter.add(len(ended))

    def fail(self, reasons: Mapping[str, str]) -> None:
        """Record, by key, why questions have no answer; the next pass asks them again."""
        if reasons:
            self._ledger.record([self._failure(key, reason) for key, reason in reasons.items()])
            self.end(reasons)

    def _failure(self, key: str, reason: str) -> Received:
        question = self._questions[key]
        return Received(
            response_id="",  # there is none
            stage=self._stage.name,
            model=self._model,
            prompt_version=self._stage.prompt_version,
            image_id=question.image.image_id if question.image else None,
            keys=[key],
            items=[question.item],
            reply=ChatReply(Outcome.FAILED, text=None, raw="", reason=reason),
            answers=[Answer(Outcome.FAILED, None, reason)],
        )
