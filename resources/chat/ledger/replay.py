"""Replay: what was paid for is parsed again, for free.

Every stored response goes once more through the way of a new one: body -> reply -> answers. An item
that had no answer gets the one that is found now. An answer that would read differently is
reported, and replaced only on request; one that could not be read any more is reported and stays:
nothing that was bought becomes unbought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from resources.chat import openai_wire
from resources.chat.ledger import rows
from resources.chat.ledger.schema import (
    ANSWERED,
    FINAL_CODES,
    OUTCOME_CODES,
    OUTCOMES,
    answers,
    askings,
    responses,
)
from resources.chat.ledger.statements import Statements
from resources.chat.messages import Answer, ChatReply, ImageRef, Json, Outcome
from resources.chat.stages import Question, Stage
from tg_assets.settings_models import OpenAIModel, Price

if TYPE_CHECKING:
    from resources.chat.ledger.ledger import Ledger

RESPONSES_AT_ONCE = 1_000
SHOWN_CHANGES = 100
"""Of each kind; the rest is counted."""
ALREADY_PAID = OpenAIModel(provider="openai", model="", price=Price(input=0, output=0))
"""For replies that were found to be of the model that was asked: every name begins with nothing."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """An item about which a response says something else now.

    Attributes:
        before: What the ledger holds.
        after: What the present parser makes of the same response.
    """

    key: str
    stage: str
    model: str
    image_id: str | None
    item: Json
    before: Answer
    after: Answer


@dataclass(slots=True)
class Replayed:
    """What a replay found.

    Attributes:
        responses: How many were parsed again.
        items: How many items they were about.
        answered: Items that had no answer and have one now.
        changed: Answers that read differently now.
        lost: Answers that the present parser cannot read any more; they stay.
        replaced: How many of the changed ones were replaced.
        unread: Responses in whose body no reply is found now, though one was when they came.
        other_prompts: Responses to prompts that are no longer asked; they are left alone.
        changes: The first hundred of each kind: answered, changed, lost.
    """

    responses: int = 0
    items: int = 0
    answered: int = 0
    changed: int = 0
    lost: int = 0
    replaced: int = 0
    unread: int = 0
    other_prompts: int = 0
    changes: dict[str, list[Change]] = field(
        default_factory=lambda: {"answered": [], "changed": [], "lost": []}
    )


def reply_again(raw: str, outcome: Outcome, model: openai_wire.Spoken | None) -> ChatReply | None:
    """Read a stored body as it was read when it came; null where nothing can be read again.

    Args:
        raw: The body, of an OpenAI-compatible endpoint or of the embedded model.
        outcome: What the response was found to be when it came. One that was no reply of the model
            that was asked is one only if the model's present settings say so.
        model: These settings, null when they are not known.
    """
    if outcome == Outcome.CONTENT_FILTER:  # an error of the endpoint, no completion
        return None
    spoken = model if outcome == Outcome.INVALID else ALREADY_PAID
    if spoken is None:
        return None
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("embedded"), str):
        return ChatReply(Outcome.ANSWERED, body["embedded"], raw)
    reply = openai_wire.reply_of(spoken, raw, 0.0)
    return None if reply.outcome == Outcome.INVALID else reply


class Replay:
    """One replay over the responses of some stages.

    Args:
        ledger: The ledger.
        statements: Its database's.
        stages: With the parsers; a response is parsed by the one of its name and prompt version.
        dry_run: Whether nothing is written.
        replace: Whether answers that read differently are replaced.
        models: The settings of models, by name.
    """

    def __init__(
        self,
        ledger: Ledger,
        statements: Statements,
        stages: Sequence[Stage],
        *,
        dry_run: bool,
        replace: bool,
        models: Mapping[str, openai_wire.Spoken],
    ) -> None:
        self._ledger = ledger
        self._statements = statements
        self._stages = stages
        self._writes = not dry_run
        self._replace = replace
        self._models = models
        self._of_asking: dict[int, tuple[Stage, str]] = {}
        self._answered: set[str] = set()
        self.found = Replayed()

    def run(self, progress: Progress | None = None) -> Replayed:
        """Parse again, a thousand responses a transaction."""
        total = self._find_askings()
        for page in self._pages():
            with self._ledger.writing() if self._writes else self._ledger.reading() as connection:
                self._take(connection, page)
            if progress is not None:
                progress(self.found.responses, total)
        return self.found

    def _find_askings(self) -> int:
        """Find whose responses can be parsed; return how many there are."""
        of_prompt = {(stage.name, stage.prompt_version): stage for stage in self._stages}
        names = {stage.name for stage in self._stages}
        total = 0
        with self._ledger.reading() as connection:
            asked = connection.execute(sa.select(askings)).all()
        for row in asked:
            stage = of_prompt.get((row.stage, row.prompt_version))
            if stage is not None:
                self._of_asking[row.id] = (stage, row.model)
                total += row.requests
            elif row.stage in names:
                self.found.other_prompts += row.requests
        return total

    def _pages(self) -> Iterator[Sequence[Any]]:
        """Yield the responses, oldest first; no transaction is open while they are parsed."""
        after = 0
        columns = [
            responses.c[name] for name in ("number", "asking", "image_id", "item_keys", "items")
        ]
        while True:
            query = (
                sa.select(*columns, responses.c.outcome, responses.c.raw)
                .where(responses.c.number > after, responses.c.asking.in_(self._of_asking))
                .order_by(responses.c.number)
                .limit(RESPONSES_AT_ONCE)
            )
            with self._ledger.reading() as connection:
                page = connection.execute(query).all()
            if not page:
                return
            yield page
            after = page[-1].number

    def _take(self, connection: sa.Connection, page: Sequence[Any]) -> None:
        """Compare what a page of responses says now with what the ledger holds."""
        keys = sorted({key for row in page for key in rows.keys_of(row.item_keys)})
        held = {keys[found.place]: found for found in self._statements.find(connection, keys)}
        put: list[rows.AnswerRow] = []
        replaced: list[rows.AnswerRow] = []
        for row in page:
            for key, item, after in self._said(row):
                if key in self._answered or key not in held:
                    continue
                change = self._compared(row, key, item, held[key], after)
                if change is None:
                    continue
                new = rows.AnswerRow(
                    key, row.asking, row.number, OUTCOME_CODES[after.outcome],
                    orjson.dumps(after.value).decode(), None, 0, None,
                )  # fmt: skip
                if change == "answered":
                    self._answered.add(key)  # the first response that answers it counts
                    put.append(new)
                elif change == "changed" and self._replace:
                    replaced.append(new)
        self.found.replaced += len(replaced)
        if self._writes:
            self._write(connection, put, replaced)

    def _said(self, row: Any) -> Iterator[tuple[str, Json, Answer]]:
        """Yield key, item and answer of each of a response's items."""
        from resources.chat.asking import understand  # which records in the ledger

        self.found.responses += 1
        stage, model = self._of_asking[row.asking]
        reply = reply_again(row.raw, row.outcome, self._models.get(model))
        if reply is None:
            self.found.unread += row.outcome not in (Outcome.CONTENT_FILTER, Outcome.INVALID)
            return
        image = None if row.image_id is None else ImageRef(row.image_id, "")
        items = orjson.loads(row.items)
        questions = [Question(item or {}, image) for item in items]
        self.found.items += len(items)
        yield from zip(
            rows.keys_of(row.item_keys), items, understand(stage, questions, reply), strict=True
        )

    def _compared(self, row: Any, key: str, item: Json, held: Any, after: Answer) -> str | None:
        """Return what became of an answer: answered, changed, lost, or nothing."""
        is_answer = after.outcome == Outcome.ANSWERED
        if held.outcome not in FINAL_CODES:
            kind = "answered" if is_answer else None
        elif held.response != row.number:
            return None  # another response was taken for it
        elif is_answer:
            same = held.outcome == ANSWERED and _is_same(held.value, after.value)
            kind = None if same else "changed"
        else:
            kind = "lost" if held.outcome == ANSWERED else None
        if kind is not None:
            self._note(kind, row, key, item, held, after)
        return kind

    def _note(self, kind: str, row: Any, key: str, item: Json, held: Any, after: Answer) -> None:
        setattr(self.found, kind, getattr(self.found, kind) + 1)
        if len(self.found.changes[kind]) >= SHOWN_CHANGES:
            return
        stage, model = self._of_asking[row.asking]
        value = None if held.value is None else orjson.loads(held.value)
        before = Answer(OUTCOMES[held.outcome], value, held.reason)
        self.found.changes[kind].append(
            Change(key, stage.name, model, row.image_id, item, before, after)
        )

    def _write(
        self,
        connection: sa.Connection,
        put: Sequence[rows.AnswerRow],
        replaced: Sequence[rows.AnswerRow],
    ) -> None:
        if put:
            self._statements.put_answers(connection, sorted(put))
        for row in replaced:
            new = {"outcome": OUTCOMES[row.outcome], "value": row.value, "reason": None}
            connection.execute(
                sa.update(answers)
                .where(answers.c.key == row.key, answers.c.response == row.response)
                .values(new)
            )
        counted: dict[int, int] = {}
        for row in (*put, *replaced):
            counted[row.asking] = counted.get(row.asking, 0) + 1
        for asking, count in sorted(counted.items()):
            connection.execute(
                sa.update(askings)
                .where(askings.c.id == asking)
                .values(replayed=askings.c.replayed + count)
            )


def _is_same(held: str, value: Json) -> bool:
    order = orjson.OPT_SORT_KEYS
    return orjson.dumps(orjson.loads(held), option=order) == orjson.dumps(value, option=order)
