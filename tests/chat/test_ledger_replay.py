"""A better parser answers what was paid for already; nothing that was bought becomes unbought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from asked import plain_stage
from hypothesis import given
from hypothesis import strategies as st
from ledgers import BOTH, key, received, rows_of

from resources.chat.ledger import Ledger
from resources.chat.ledger.replay import reply_again
from resources.chat.messages import ChatReply, Outcome
from resources.chat.stages import Stage, UnusableReply
from tg_assets.asked_stages import UnknownStage, asked_stages, stages_called
from tg_assets.settings_models import OpenAIModel, Price

pytestmark = pytest.mark.timeout(120)

Parse = Callable[[str], Any]


def completion(content: str, finish: str = "stop", **message: object) -> str:
    choice = {"message": {"content": content, **message}, "finish_reason": finish}
    return orjson.dumps({"model": "some-model-2026", "choices": [choice]}).decode()


def settings(**values: object) -> OpenAIModel:
    told = {"provider": "openai", "price": Price(input=1, output=1), **values}
    return OpenAIModel.model_validate(told)


def stage(parse: Parse) -> Stage:
    return replace(plain_stage(parse), name="filter")


def refuses(text: str) -> Any:
    raise UnusableReply(f"cannot read {text}")


def answer(ledger: Ledger, name: str) -> tuple[Outcome, Any, int]:
    known = ledger.known([key(name)])[key(name)]
    return known.answer.outcome, known.answer.value, known.attempts


@BOTH
def test_what_had_no_answer_gets_the_one_that_is_found_now(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.INVALID, reason="prose", raw=completion("7"))])
    ledger.record([received(["b"], Outcome.INVALID, raw='{"embedded": "8"}')])
    found = ledger.replay([stage(int)])
    assert (found.responses, found.items, found.answered) == (2, 2, 2)
    assert answer(ledger, "a") == (Outcome.ANSWERED, 7, 1)
    assert answer(ledger, "b") == (Outcome.ANSWERED, 8, 1)
    assert ledger.known([key("a")])[key("a")].answer.reason is None
    (change, _) = found.changes["answered"]
    assert change.item in ({"path": "a"}, {"path": "b"})
    assert change.before.outcome == Outcome.INVALID


@BOTH
def test_dry_run_says_the_same_and_changes_nothing(ledger: Ledger) -> None:
    for _ in range(3):  # paid for three times, answered once
        ledger.record([received(["a"], Outcome.INVALID, raw=completion("7"))])
    ledger.record([received(["b"], value=0, raw=completion("1"))])
    dry = ledger.replay([stage(int)], dry_run=True, replace=True)
    assert (dry.answered, dry.changed, dry.replaced) == (1, 1, 1)
    assert answer(ledger, "a")[0] == Outcome.INVALID
    assert ledger.replayed("filter") == 0
    assert ledger.replay([stage(int)], replace=True) == dry
    assert ledger.replayed("filter") == 2
    assert ledger.replayed("vote") == 0


@BOTH
def test_answer_that_reads_differently_is_replaced_on_request_only(ledger: Ledger) -> None:
    ledger.record([received(["a"], value=True, raw=completion("1"))])
    found = ledger.replay([stage(int)])
    assert (found.changed, found.replaced) == (1, 0)
    assert answer(ledger, "a") == (Outcome.ANSWERED, True, 1)
    (change,) = found.changes["changed"]
    assert (change.before.value, change.after.value) == (True, 1)
    assert ledger.replay([stage(int)], replace=True).replaced == 1
    value = answer(ledger, "a")[1]
    assert (type(value), value) == (int, 1)
    assert ledger.replay([stage(int)]).changed == 0


@BOTH
def test_nothing_that_was_bought_becomes_unbought(ledger: Ledger) -> None:
    ledger.record([received(["a"], value=1, raw=completion("1"))])
    found = ledger.replay([stage(refuses)], replace=True)
    assert (found.lost, found.replaced) == (1, 0)
    assert answer(ledger, "a") == (Outcome.ANSWERED, 1, 1)


@BOTH
def test_response_that_the_answer_was_not_taken_from_changes_nothing(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.INVALID, raw=completion("7"))])
    ledger.record([received(["a"], value=8, raw=completion("8"))])
    found = ledger.replay([stage(int)], replace=True)
    assert (found.answered, found.changed, found.lost) == (0, 0, 0)
    assert answer(ledger, "a") == (Outcome.ANSWERED, 8, 2)


@BOTH
def test_first_of_several_paid_replies_counts(ledger: Ledger) -> None:
    for text in ("7", "8"):
        ledger.record([received(["a"], Outcome.INVALID, raw=completion(text))])
    ledger.record([received(["a"], Outcome.FAILED, reason="gone")])
    assert ledger.replay([stage(int)]).answered == 1
    assert answer(ledger, "a") == (Outcome.ANSWERED, 7, 2)


@BOTH
def test_replay_goes_through_many_responses_in_pages(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.chat.ledger.replay.RESPONSES_AT_ONCE", 7)
    batch = [received([f"{n}"], Outcome.INVALID, raw=completion(f"{n}")) for n in range(50)]
    ledger.record(batch)
    seen: list[tuple[int, int]] = []
    work = ledger.replay([stage(int)], progress=lambda done, total: seen.append((done, total)))
    assert work.answered == 50
    assert seen[0] == (7, 50)
    assert seen[-1] == (50, 50)
    assert answer(ledger, "49") == (Outcome.ANSWERED, 49, 1)


@BOTH
def test_other_prompts_and_other_stages_are_left_alone(ledger: Ledger) -> None:
    ledger.record([received(["a"], Outcome.INVALID, raw=completion("7"), prompt_version="old")])
    ledger.record([received(["b"], Outcome.INVALID, raw=completion("7"), stage="vote")])
    found = ledger.replay([stage(int)])
    assert (found.responses, found.answered, found.other_prompts) == (0, 0, 1)


@BOTH
def test_body_that_cannot_be_read_again_is_counted_and_changes_nothing(ledger: Ledger) -> None:
    ledger.record([received(["a"], value=1, raw="what some provider says")])
    found = ledger.replay([stage(int)], replace=True)
    assert (found.unread, found.lost) == (1, 0)
    assert rows_of(ledger, "SELECT count(*) FROM answers WHERE outcome = 0") == [(1,)]


@given(content=st.text(), finish=st.sampled_from(["stop", "length", "content_filter"]))
def test_body_is_read_as_it_was_when_it_came(content: str, finish: str) -> None:
    expected = {
        "stop": Outcome.ANSWERED,
        "length": Outcome.TRUNCATED,
        "content_filter": Outcome.CONTENT_FILTER,
    }[finish]
    reply = reply_again(completion(content, finish), Outcome.ANSWERED, None)
    assert reply is not None
    assert reply.outcome == expected
    assert reply.text == (content if content.strip() else None)


def test_refusal_and_error_of_the_endpoint_stay_what_they_are() -> None:
    refusal = reply_again(completion("", refusal="No."), Outcome.REFUSED, None)
    assert refusal is not None
    assert (refusal.outcome, refusal.reason) == (Outcome.REFUSED, "No.")
    assert (
        reply_again('{"error": {"code": "content_filter"}}', Outcome.CONTENT_FILTER, None) is None
    )


@BOTH
def test_reply_of_another_model_stays_none_until_the_settings_say_it_is_the_same(
    ledger: Ledger,
) -> None:
    raw = completion("7")
    reply = ChatReply(Outcome.INVALID, "7", raw, 10, 2, 0.25, reason="another model answered")
    ledger.record([received(["a"], Outcome.INVALID, raw=raw, reply=reply)])
    assert ledger.replay([stage(int)]).answered == 0
    asked_for = settings(model="other-model")
    assert ledger.replay([stage(int)], models={"m": asked_for}).answered == 0
    assert answer(ledger, "a")[0] == Outcome.INVALID
    same = settings(model="other-model", served_as="some-model")
    assert ledger.replay([stage(int)], models={"m": same}).answered == 1
    assert answer(ledger, "a") == (Outcome.ANSWERED, 7, 1)


def test_every_stage_is_found_by_its_name() -> None:
    names = [stage.name for stage in asked_stages()]
    later = {"evaluation", "translation"}
    assert set(names) == {"growth", "filter", "questions", "vote", "cot"} | later
    assert [stage.name for stage in stages_called("vote")] == ["vote", "vote"]
    prompts = {(stage.name, stage.prompt_version) for stage in asked_stages()}
    assert len(prompts) == len(names)
    with pytest.raises(UnknownStage, match="'votes'; there are cot, evaluation, filter"):
        stages_called("votes")
