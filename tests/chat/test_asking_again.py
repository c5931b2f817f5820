"""What is asked again, how often, and with what: cut replies, other models, own passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from asked import FILTER, VOTE, ScriptedModel, labels, numbers, openai_model, picture, plain_stage
from fixtures import StartServer
from hypothesis import given
from hypothesis import strategies as st

from resources.chat.asking import Counter, Pending, Tally, ask, received_from, understand
from resources.chat.asking.online import WRONG_MODELS
from resources.chat.asking.understanding import whole_items
from resources.chat.ledger import Ledger, responses
from resources.chat.limits import Limits
from resources.chat.limits.budget import Budget
from resources.chat.messages import (
    ChatReply,
    ChatRequest,
    GiveUp,
    Outcome,
    StopAsking,
    TryAgain,
)
from resources.chat.openai_wire import retry_after
from resources.chat.stages import Question, Stage

STAGE = plain_stage()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


class Cutting(ScriptedModel):
    """Cuts every reply, or only those that have no more room."""

    def __init__(self, always: bool, whole: str = "", cut: str = "", items: int = 1) -> None:
        super().__init__(str)
        self.items_per_request = items
        self.asked: list[ChatRequest] = []
        self._always, self._whole, self._cut = always, whole, cut

    async def prepare(self, request: ChatRequest) -> Any:
        self.asked.append(request)
        return await super().prepare(request)

    async def send(self, prepared: Any) -> ChatReply:
        if self._always or not prepared.request.more_room:
            return ChatReply(Outcome.TRUNCATED, self._cut, raw="cut", reason="cut at max_tokens")
        return ChatReply(Outcome.ANSWERED, self._whole, raw="whole")


def test_cut_reply_is_asked_again_once_with_more_room(ledger: Ledger) -> None:
    model = Cutting(always=False, whole="42")
    seen: list[tuple[int, int]] = []
    (answer,), tally = ask(STAGE, numbers(1), model, ledger, lambda *done: seen.append(done))
    assert (answer.outcome, answer.value) == (Outcome.ANSWERED, "42")
    assert [request.more_room for request in model.asked] == [False, True]
    assert (tally.requests, tally.more_room) == (2, 1)
    assert seen[-1] == (1, 1)


def test_reply_cut_though_it_had_more_room_is_final(ledger: Ledger) -> None:
    model = Cutting(always=True)
    for _ in range(3):
        (answer,), _ = ask(STAGE, numbers(1), model, ledger)
        assert answer.outcome == Outcome.TRUNCATED
        assert answer.reason == "cut at max_tokens"
        assert not answer.asked_again
    assert [request.more_room for request in model.asked] == [False, True]


def test_items_before_the_cut_are_kept_and_the_rest_is_asked_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    model = Cutting(
        always=False,
        cut='{"suitable": [1, 3], "unsuitable": [2, 4',
        whole='{"suitable": [1], "unsuitable": []}',
        items=4,
    )
    answers, _ = ask(FILTER, labels(picture(tmp_path, 1), 4), model, ledger)
    assert [answer.value for answer in answers] == [True, False, True, True]
    again = orjson.loads(model.asked[1].text.partition("\nDATA\n")[2])["task_labels"]
    assert list(again.values()) == ["ocr~kind 3"]


def test_kill_between_cut_and_more_room_does_not_pay_for_the_small_room_again(
    ledger: Ledger,
) -> None:
    """The ledger knows of the first, cut reply: what is asked next has more room at once."""
    reply = ChatReply(Outcome.TRUNCATED, "", raw="cut", reason="cut")
    model = Cutting(always=False, whole="42")
    pending = Pending([STAGE.key(model.identity, numbers(1)[0])], numbers(1))
    ledger.record([received_from(STAGE, model, pending, reply, "f" * 32)])
    (answer,), _ = ask(STAGE, numbers(1), model, ledger)
    assert answer.value == "42"
    assert [request.more_room for request in model.asked] == [True]


def test_more_room_that_failed_unpaid_is_tried_again_by_the_next_pass(ledger: Ledger) -> None:
    class Failing(Cutting):
        async def send(self, prepared: Any) -> ChatReply:
            if prepared.request.more_room:
                raise GiveUp("too long")
            return await super().send(prepared)

    (answer,), _ = ask(STAGE, numbers(1), Failing(always=False), ledger)
    assert (answer.outcome, answer.asked_again) == (Outcome.TRUNCATED, True)
    model = Cutting(always=False, whole="42")
    (answer,), _ = ask(STAGE, numbers(1), model, ledger)
    assert answer.value == "42"
    assert [request.more_room for request in model.asked] == [True]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, min_size=1), st.data())
def test_what_is_whole_of_a_cut_object_is_a_part_of_it(said: dict[str, Any], data: Any) -> None:
    text = orjson.dumps(said).decode()
    cut = text[: data.draw(st.integers(0, len(text)))]
    whole = whole_items(cut)
    if whole is not None:
        assert _is_part(orjson.loads(whole), said)
    assert orjson.loads(whole_items(text) or "") == said


def _is_part(part: Any, of: Any) -> bool:
    if isinstance(part, list) and isinstance(of, list):
        return len(part) <= len(of) and all(
            _is_part(one, other) for one, other in zip(part, of, strict=False)
        )
    if isinstance(part, dict) and isinstance(of, dict):
        return all(name in of and _is_part(value, of[name]) for name, value in part.items())
    return bool(part == of)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "",
        '<think>maybe {"vote": 0}',
        'The draft is {"vote": 0}, but',
        '{"vote": 0',
        "{]",
        "[1",
    ],
)
def test_nothing_is_taken_of_a_cut_reply_that_may_be_a_draft(text: str) -> None:
    reply = ChatReply(Outcome.TRUNCATED, text, raw="cut", reason="cut")
    (answer,) = understand(VOTE, [Question({"n": 1})], reply)
    assert (answer.outcome, answer.value) == (Outcome.TRUNCATED, None)


def test_long_cut_reply_is_read_in_no_time() -> None:
    text = '{"items": [' + '{"label": 1, "question": "?", "answer": "!"},' * 50_000
    assert len(orjson.loads(whole_items(text) or "")["items"]) == 50_000
    assert whole_items('{"' + '\\"' * 200_000) is None


def test_another_model_than_was_asked_is_recorded_and_soon_stops_the_pass(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server()
    model = openai_model(server.url, model="expensive-1", concurrency=4, items_per_request=1)
    with pytest.raises(StopAsking, match=r"'schema' answered instead.*served_as"):
        ask(FILTER, labels(picture(tmp_path, 1), 100), model, ledger)
    assert WRONG_MODELS <= len(server.log) <= WRONG_MODELS + 8
    with ledger.engine.connect() as connection:
        outcomes = set(connection.execute(sa.select(responses.c.outcome)).scalars())
    assert outcomes == {"invalid"}
    named = openai_model(server.url, model="expensive-1", served_as="schema")
    answers, _ = ask(FILTER, labels(picture(tmp_path, 1), 10), named, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "99999"}, 300.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        (  # the server's clock is years off, and says so
            {
                "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT",
                "date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            30.0,
        ),
        (
            {
                "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT",
                "date": "Wed, 21 Oct 2015 07:29:00 GMT",
            },
            0.0,
        ),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2115 07:28:00 GMT", "date": "yesterday"}, 300.0),
    ],
)
def test_wait_is_read_by_the_clock_of_who_asks_for_it(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds


def test_no_new_request_begins_while_many_wait_to_be_made_again(ledger: Ledger) -> None:
    """A server that is down is not asked about everything."""
    model = ScriptedModel(lambda _: TryAgain("down", after_s=30), concurrency=4, max_attempts=9)
    ask(STAGE, numbers(1000), model, ledger, limits=Limits(deadline_s=0.2))
    assert model.requests <= 4


class Batching(ScriptedModel):
    """A model that makes its own pass and answers a part of what it is asked."""

    def open_pass(
        self,
        stage: Stage,
        pending: Iterator[Pending],
        ledger: Ledger,
        tally: Tally,
        counter: Counter,
        budget: Budget,
    ) -> Any:
        model = self

        class Pass:
            async def run(self) -> None:
                first: Sequence[Pending] = [next(pending), next(pending)]
                for number, item in enumerate(first):
                    reply = ChatReply(Outcome.ANSWERED, "batched", raw="{}")
                    ledger.record([received_from(stage, model, item, reply, f"{number:032x}")])
                    tally.count(reply)
                    counter.add(len(item.keys))

        return Pass()


def test_model_that_brings_its_own_pass_is_asked_by_it(ledger: Ledger) -> None:
    answers, tally = ask(STAGE, numbers(5), Batching(str), ledger)
    assert [answer.value for answer in answers] == ["batched", "batched", None, None, None]
    assert (tally.requests, tally.not_asked, tally.asked_again) == (2, 3, 3)
    assert all(answer.reason for answer in answers[2:])
