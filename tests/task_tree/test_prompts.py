"""A question carries all that it is about, and the version of its prompt."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets import ids
from tg_assets.task_tree.prompts import (
    DATA_MARK,
    GROWTH_SCHEMA,
    PROMPT_VERSION,
    PROMPTS,
    GrowthQuestion,
    data_of,
    render,
)

CALM = settings(deadline=None)  # the machine is shared

NAMES = st.text(st.characters(exclude_categories=["Cs"]))


@CALM
@given(NAMES, st.lists(NAMES), st.integers(1, 9), st.integers(1, 9), st.integers(1, 99))
def test_what_a_question_is_about_can_be_read_back(
    parent: str, existing: list[str], number: int, level: int, limit: int
) -> None:
    text = render(GrowthQuestion(parent, tuple(existing), number, level, limit))
    data = {
        "parent": parent,
        "existing": existing,
        "level": level,
        "round": number,
        "limit": limit,
    }
    assert json.loads(text.rsplit("\nDATA\n", 1)[1]) == data
    assert data_of(text) == data


def test_a_parent_with_children_is_asked_about_in_other_words_than_one_without() -> None:
    extend = GrowthQuestion("ocr", ("bill ocr",), 1, 2)
    start = GrowthQuestion("ocr", (), 1, 2)
    assert (extend.prompt, start.prompt) == ("extend", "start")
    assert extend.prompt_version != start.prompt_version
    assert render(extend).startswith(PROMPTS["extend"])
    assert render(start).startswith(PROMPTS["start"])


def test_the_version_of_a_prompt_is_the_hash_of_its_text() -> None:
    for name, text in PROMPTS.items():
        assert PROMPT_VERSION[name] == ids.digest(text)[:16]
        assert DATA_MARK not in text


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(dict(GROWTH_SCHEMA)))["required"] == ["labels"]


@pytest.mark.parametrize("text", ["", "hello", "a\nDATA\n[1]", "a\nDATA\n{"])
def test_other_texts_are_no_questions(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        data_of(text)
