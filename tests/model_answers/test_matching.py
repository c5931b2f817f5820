"""A reply names one option or none, however it is put."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_assets.model_answers.matching import said

FRUIT = ("apple", "red apple", "banana", "cherry")
PLACES = ("top left", "left", "bottom", "top")
COUNTS = ("1", "2", "3", "4")


@pytest.mark.parametrize(
    ("reply", "options", "option"),
    [
        ("banana", FRUIT, 2),
        ("Banana.", FRUIT, 2),
        ("**banana**", FRUIT, 2),
        ("C", FRUIT, 2),
        ("(C)", FRUIT, 2),
        ("C.", FRUIT, 2),
        ("C) banana", FRUIT, 2),
        ("C: banana", FRUIT, 2),
        ("The answer is (C) banana.", FRUIT, 2),
        ("The answer is C", FRUIT, 2),
        ("Answer: C", FRUIT, 2),
        ("Option C", FRUIT, 2),
        ("It is a banana, I think.", FRUIT, 2),
        ("I see bananas.", FRUIT, 2),
        ("It shows a red apple.", FRUIT, 1),
        ("An apple stands there.", FRUIT, 0),
        ("It is not a cherry but a banana.", FRUIT, 2),
        ("It isn't a cherry, it's a banana.", FRUIT, 2),
        ("A banana rather than a cherry", FRUIT, 2),
        ("It could be (A) or (C).\nAnswer: C", FRUIT, 2),
        ("top left", PLACES, 0),
        ("It is at the top left of the picture.", PLACES, 0),
        ("on the left", PLACES, 1),
        ("There are three apples.", COUNTS, 2),
        ("Three", COUNTS, 2),
        ("3", COUNTS, 2),
        ("There is one apple.", COUNTS, 0),
        ("The one on the left makes 2.", COUNTS, 1),
    ],
)
def test_one_option_is_named(reply: str, options: tuple[str, ...], option: int) -> None:
    assert said(reply, options).option == option


@pytest.mark.parametrize(
    ("reply", "options", "how"),
    [
        ("", FRUIT, "none"),
        ("I cannot tell.", FRUIT, "none"),
        ("A thing of some kind", FRUIT, "none"),  # the article is no letter
        ("A strange fruit, I would say.", FRUIT, "none"),
        ("It is not a banana.", FRUIT, "none"),
        ("pineapple", FRUIT, "none"),
        ("E", FRUIT, "none"),
        ("A banana or a cherry", FRUIT, "several"),
        ("(A) or (C)", FRUIT, "several"),
        ("C) cherry", FRUIT, "several"),  # the letter says one thing, the text another
        ("Neither apple nor banana", FRUIT, "none"),
    ],
)
def test_none_is_named(reply: str, options: tuple[str, ...], how: str) -> None:
    found = said(reply, options)
    assert (found.option, found.how) == (None, how)


words = st.text(string.ascii_lowercase, min_size=3, max_size=8)


@given(st.lists(words, min_size=2, max_size=6, unique=True), st.data())
def test_an_option_or_its_letter_alone_is_always_understood(
    options: list[str], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(options) - 1))
    letter = string.ascii_uppercase[place]
    for reply in (options[place], f"({letter})", f"{letter}. {options[place]}"):
        assert said(reply, options).option == place


@given(st.text(max_size=60), st.lists(words, min_size=2, max_size=5, unique=True))
def test_any_text_is_read_without_error(reply: str, options: list[str]) -> None:
    found = said(reply, options)
    assert found.option is None or 0 <= found.option < len(options)
