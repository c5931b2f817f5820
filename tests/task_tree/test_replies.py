"""Labels are found in whatever a model replies."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.task_tree.labels import normalise_label
from tg_assets.task_tree.replies import UnusableReply, parse_labels, render_labels

CALM = settings(deadline=None)  # the machine is shared

PIECES = ['{"labels": [', '"a"', ",", "]", "}", "```json\n", "\n```", "<think>", "</think>", "b\n"]
TEXTS = st.one_of(
    st.text(st.characters()),
    st.text(st.sampled_from("{}[]\"',:\\ \n`*-1.<>/abthinklabels")),
    st.lists(
        st.sampled_from(
            [
                '{"labels": [',
                '"a"',
                ",",
                "]",
                "}",
                "```json\n",
                "\n```",
                "<think>",
                "</think>",
                "b\n",
            ]
        )
    ).map("".join),
)
ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))


@CALM
@given(st.lists(ENCODABLE))
def test_a_reply_as_asked_for_gives_its_labels_unchanged(labels: list[str]) -> None:
    assert parse_labels(render_labels(labels)) == labels
    assert parse_labels(json.dumps({"labels": labels})) == labels


@CALM
@given(TEXTS)
def test_no_text_raises_anything_but_unusable_reply(text: str) -> None:
    try:
        labels = parse_labels(text)
    except UnusableReply:
        return
    assert all(isinstance(label, str) for label in labels)
    assert parse_labels(render_labels(labels)) == labels
    "".join(labels).encode()


@CALM
@given(st.lists(st.text("bcdefg", min_size=2, max_size=8), min_size=1))
def test_plain_lines_give_one_label_each(labels: list[str]) -> None:
    assert parse_labels("\n".join(labels)) == labels
    numbered = "\n\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))
    assert [normalise_label(label) for label in parse_labels(numbered)] == labels


@pytest.mark.parametrize(
    "text",
    [
        '["a b", "c"]',
        '```json\n{"labels": ["a b", "c"]}\n```',
        'Sure! [Here] you are: {"labels": ["a b", "c"]}. Shall I add more?',
        'First a draft ["x"], then {"labels": ["a b", "c"]}',
        '<think>{"labels": ["x"]}</think>\n{"labels": ["a b", "c"]}',
        'No opening mark: ["x"] </think> {"labels": ["a b", "c"]}',
        '{"categories": ["a b", "c"]}',
        '{"labels": [{"name": "a b"}, {"label": "c", "why": "x"}]}',
        '{"labels": {"a b": "what it is", "c": "what it is"}}',
        '{"labels": "a b\\nc"}',
        '{"labels": ["a b", null, 3, "c"]}',
        "['a b', 'c']",
        '{"labels": ["a b", "c", "cut of',
        '[\n"a b"\n"c"\n]',
        "Here are the names:\n\na b\nc\n\nI hope this helps!",
        "```\na b\nc\n```",
        "**a b**: with an explanation\n**c** - with another",
    ],
)
def test_labels_are_found_in_replies_that_ignore_the_form(text: str) -> None:
    assert parse_labels(text) == ["a b", "c"]


def test_a_quote_inside_single_quotes_does_not_end_the_name() -> None:
    assert parse_labels("['children's book', 'c']") == ["children's book", "c"]


@pytest.mark.parametrize(
    "text", ['{"labels": []}', "[]", "```json\n[]\n```", 'Well: {"labels": []}']
)
def test_an_empty_list_is_an_answer(text: str) -> None:
    assert parse_labels(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "5",
        "null",
        '{"error": "busy"}',
        '{"labels": [',
        '{"labels": [1]}',
        "I cannot help.",
    ],
)
def test_replies_without_labels_are_unusable_and_say_so(text: str) -> None:
    with pytest.raises(UnusableReply, match="expected"):
        parse_labels(text)


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "{" * 50_000, '["' + '"a' * 5_000, "<think>" * 5_000]
)
def test_hostile_replies_end_quickly(text: str) -> None:
    with pytest.raises(UnusableReply):
        parse_labels(text)


def test_lone_surrogates_do_not_travel_on() -> None:
    assert parse_labels('{"labels": ["a\\ud800"]}') == ["a?"]
