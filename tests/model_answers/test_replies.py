"""What counts as an answer to a task, and what settings may ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from evaluated_galaxy import settings
from hypothesis import given
from hypothesis import strategies as st

from resources.chat.stages import Question, UnusableReply
from tg_assets.model_answers.prompts import STAGE
from tg_assets.model_performance.accuracy import wilson
from tg_assets.settings import SettingsError

QUESTION = [Question({"question": "How many?", "options": ["2", "3"]})]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"answer": "B"}', "B"),
        ('Sure: {"answer": 3}', "3"),
        ("<think>{}</think> The answer is B.", "The answer is B."),
        ('{"letter": "B"}', '{"letter": "B"}'),
    ],
)
def test_a_reply_in_json_or_in_prose_is_an_answer(text: str, answer: str) -> None:
    assert STAGE.parse(text, QUESTION) == [answer]


@pytest.mark.parametrize("text", ["", "  ", '{"answer": " "}', "<think>B</think>"])
def test_a_reply_that_says_nothing_is_none(text: str) -> None:
    with pytest.raises(UnusableReply):
        STAGE.parse(text, QUESTION)


def test_options_stand_under_letters_in_the_order_they_are_asked_in() -> None:
    text = STAGE.render(QUESTION)
    assert text.index('"A": "2"') < text.index('"B": "3"')


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_an_interval_holds_its_share_and_stays_between_0_and_1(count: int, share: float) -> None:
    low, high = wilson(share, count)
    assert 0 <= low <= share <= high <= 1


def test_wilson_s_interval_is_the_published_one() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.23659, 0.76341), abs=1e-5)
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.27753), abs=1e-5)


@pytest.mark.parametrize(
    ("evaluation", "said"),
    [
        ({"models": ["nobody"]}, "evaluation.models.0: no model is called 'nobody'"),
        ({"generators": ["what-2D"]}, "did you mean 'what-2d'?"),
        ({"models": ["sure", "sure"]}, "'sure' is named twice"),
        ({"permutations": 5}, "permutations"),
        ({"models": ["sure"], "per_generator": 0}, "per_generator"),
    ],
)
def test_what_settings_cannot_mean_is_said(
    evaluation: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        settings(tmp_path, evaluation)
