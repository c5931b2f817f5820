"""Whatever a model writes, a parser gives answers or says that the reply is unusable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asked import FILTER, QUESTIONS, STAGES, VOTE
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.chat.asking import understand
from resources.chat.messages import ChatReply, Outcome
from resources.chat.replies import json_in, object_in
from resources.chat.stages import Question, UnusableReply, data_of, with_data

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(["suitable", "unsuitable", "items", "vote", "label", "question", "answer"])
NEAR_MISSES = st.dictionaries(
    NAMES, JSON | st.lists(st.dictionaries(NAMES, JSON, max_size=4), max_size=3), max_size=4
).map(json.dumps)
ANY_TEXT = st.one_of(
    st.text(),
    JSON.map(json.dumps),
    NEAR_MISSES,
    st.text(alphabet='{}[]":,01\\ud8 ', max_size=60),
    st.sampled_from(["9" * 5000, "\ud800", "\x00"]),
    st.sampled_from(["suitable", "vote"]).map(lambda name: json.dumps({name: "9" * 5000})),
    st.just(json.dumps({"suitable": ["9" * 5000], "unsuitable": [10**400]})),
    st.just(json.dumps({"items": [{"label": "9" * 5000, "question": "?", "answer": "\ud800"}]})),
)
PROSE = st.text(alphabet=st.characters(exclude_characters="{[<"), max_size=40)
TEXT = st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip()))


def _questions(count: int) -> list[Question]:
    return [Question({"path": f"a~{n}", "question": "?", "answer": "!"}) for n in range(count)]


@pytest.mark.parametrize("name", STAGES)
@settings(deadline=None)
@given(text=ANY_TEXT, count=st.integers(1, 12))
def test_parser_raises_nothing_but_unusable_reply(name: str, text: str, count: int) -> None:
    count = 1 if name == "vote" else count
    try:
        values = STAGES[name].parse(text, _questions(count))
    except UnusableReply:
        return
    assert len(values) == count


@pytest.mark.parametrize("name", STAGES)
@settings(deadline=None)
@given(text=ANY_TEXT, count=st.integers(1, 12))
def test_every_item_has_an_answer_with_a_value_or_a_reason(
    name: str, text: str, count: int
) -> None:
    questions = _questions(1 if name == "vote" else count)
    reply = ChatReply(Outcome.ANSWERED, text, raw=text)
    for answer in understand(STAGES[name], questions, reply):
        assert (answer.value is None) == (answer.outcome == Outcome.INVALID)
        assert (answer.reason is None) == (answer.outcome == Outcome.ANSWERED)


@settings(deadline=None)
@given(text=ANY_TEXT)
def test_json_in_raises_nothing_but_unusable_reply(text: str) -> None:
    for find in (json_in, object_in):
        try:
            found = find(text)
        except UnusableReply:
            continue
        assert isinstance(found, dict | list)


@settings(deadline=None)
@given(value=st.dictionaries(st.text(), JSON), before=PROSE, after=st.text(max_size=40))
def test_json_is_found_inside_prose(value: Any, before: str, after: str) -> None:
    text = json.dumps(value)
    after = after.replace("</think>", "")
    expected = json.loads(text)
    assert repr(json_in(before + text + after)) == repr(expected)
    assert repr(object_in(f"{before}\n```json\n{text}\n```{after}")) == repr(expected)


@settings(deadline=None)
@given(verdicts=st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=12))
def test_filter_verdicts_round_trip(verdicts: list[bool | None]) -> None:
    reply = {
        "suitable": [n for n, verdict in enumerate(verdicts, 1) if verdict is True],
        "unsuitable": [str(n) for n, verdict in enumerate(verdicts, 1) if verdict is False],
    }
    assert FILTER.parse(json.dumps(reply), _questions(len(verdicts))) == verdicts


def test_filter_label_in_both_lists_has_no_verdict() -> None:
    text = '{"suitable": [1, 2], "unsuitable": [2, 3]}'
    assert FILTER.parse(text, _questions(3)) == [True, None, False]


@settings(deadline=None)
@given(st.lists(st.none() | st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.randoms())
def test_questions_round_trip_in_any_order(pairs: list[Any], dice: Any) -> None:
    items = [
        {"label": n, "question": pair[0], "answer": pair[1]}
        for n, pair in enumerate(pairs, 1)
        if pair is not None
    ]
    dice.shuffle(items)
    expected = [
        None if pair is None else {"question": pair[0].strip(), "answer": pair[1].strip()}
        for pair in pairs
    ]
    assert QUESTIONS.parse(json.dumps({"items": items}), _questions(len(pairs))) == expected


def test_first_of_two_questions_for_a_label_counts() -> None:
    items = [{"label": 1, "question": q, "answer": "a"} for q in ("first?", "second?")]
    (found,) = QUESTIONS.parse(json.dumps({"items": items}), _questions(1))
    assert found is not None
    assert found["question"] == "first?"


@pytest.mark.parametrize(
    ("text", "vote"),
    [
        ('{"vote": 1}', 1),
        ('{"vote": "0"}', 0),
        (" 1. ", 1),
        ("`0`", 0),
        ('See [2] above: {"vote": 1}', 1),
        ('<think>{"vote": 0} or not?</think>{"vote": 1}', 1),
        ('[{"vote": 1}]', 1),
    ],
)
def test_vote_is_read(text: str, vote: int) -> None:
    assert VOTE.parse(text, _questions(1)) == [vote]


@pytest.mark.parametrize(
    "text", ["", "yes", "2", "10", '{"vote": 2}', '{"vote": true}', '{"vote": 1.0}', "{}", "[1]"]
)
def test_vote_that_is_none_is_unusable(text: str) -> None:
    with pytest.raises(UnusableReply):
        VOTE.parse(text, _questions(1))


@settings(deadline=None)
@given(data=st.dictionaries(st.text(), st.none() | st.text() | st.integers(-(2**53), 2**53)))
def test_data_of_a_prompt_round_trips(data: dict[str, Any]) -> None:
    assert data_of(with_data("Do this.\nDATA\n{}", data)) == data


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("piece", ["[", '{"a":', '["', "{", "}", '{"'])
@pytest.mark.timeout(20)
def test_no_reply_is_slow_to_read(name: str, piece: str) -> None:
    text = piece * 20_000
    with pytest.raises(UnusableReply) as raised:
        STAGES[name].parse(text, _questions(1))
    assert len(str(raised.value)) < 300
