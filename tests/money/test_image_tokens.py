"""An image's tokens are those of the model's published rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.chat.money.image_tokens import RULES, UNKNOWN, image_tokens, rule_of

RECORDED = json.loads(Path(__file__).with_name("processors.json").read_text())
DELIMITERS = {"Qwen": 2, "OpenGVLab": 2}
"""Tokens around an image that a processor's count leaves out, by the owner of the model."""

SIDES = st.integers(1, 5000)


@pytest.mark.parametrize("model", RECORDED["counts"])
def test_open_models_count_as_their_real_processors_do(model: str) -> None:
    around = DELIMITERS.get(model.split("/")[0], 0)
    for size, tokens in RECORDED["counts"][model].items():
        width, height = map(int, size.split("x"))
        assert image_tokens(model, width, height) == tokens + around, size


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        # OpenAI's guide, "Calculating costs"
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4.1", (512, 512), "high", 255),
        ("gpt-4o-mini", (1024, 1024), "high", 2833 + 4 * 5667),
        ("gpt-5", (1024, 1024), "high", 70 + 4 * 140),
        ("o3", (1024, 1024), "high", 75 + 4 * 150),
        ("gpt-4.1-mini", (1024, 1024), "high", 1659),  # 1024 patches x 1.62
        ("gpt-4.1-mini", (1800, 2400), "high", 2353),  # 1452 patches x 1.62
        ("o4-mini", (1800, 2400), "high", 2498),
        # what was billed: community.openai.com, topics 1281361 and 1377015
        ("gpt-4.1", (2049, 513), "high", 85 + 8 * 170),
        ("gpt-4.1", (2050, 513), "high", 85 + 4 * 170),
        # gpt-6-astra's row of the guide, September 2026
        ("gpt-6-astra", (640, 480), "high", 360),
        ("gpt-6-astra", (640, 480), "low", 231),
        ("gpt-6-astra", (2880, 864), "auto", 2916),
        # Anthropic's guide, "Resolution and token cost"
        ("claude-sonnet-4-5", (1000, 1000), "auto", 1296),
        ("claude-opus-4-7", (1000, 1000), "auto", 1296),
        ("claude-sonnet-4-5", (3840, 2160), "auto", 1560),
        # Google's guide, "How tokens are calculated"
        ("gemini-2.5-flash", (384, 384), "auto", 258),
        ("gemini-2.5-flash", (960, 540), "auto", 6 * 258),
        ("llava-hf/llava-1.5-7b-hf", (640, 480), "auto", 576),
    ],
)
def test_worked_examples_of_the_makers_guides(
    model: str, size: tuple[int, int], detail: str, tokens: int
) -> None:
    assert image_tokens(model, *size, detail) == tokens


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-4o-2024-08-06", "gpt-4"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-5.1", "gpt-5"),
        ("gpt-5.2-chat-latest", "gpt-5.2 and 5.3"),
        ("gpt-5.4-mini", "OpenAI mini"),
        ("gpt-5-nano-2025-08-07", "OpenAI nano"),
        ("o1-pro", "o1 and o3"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude up to 4.6"),
        ("claude-sonnet-4-20250514", "Claude up to 4.6"),
        ("claude-opus-4-8", "Claude"),
        ("Qwen/Qwen2.5-VL-72B-Instruct-AWQ", "Qwen2-VL and Qwen2.5-VL"),
        ("OpenGVLab/InternVL-Chat-V1-5", "InternVL"),
        ("zai-org/glm-4v-9b", "GLM-4V-9B"),
        ("my-own-model", "unknown"),
    ],
)
def test_a_name_finds_its_family(model: str, family: str) -> None:
    assert rule_of(model).family == family


@given(SIDES, SIDES, st.sampled_from(["auto", "low", "high"]))
def test_an_unknown_model_counts_no_less_than_any_known_one(
    width: int, height: int, detail: str
) -> None:
    bound = UNKNOWN.tokens(width, height, detail)
    for rule in RULES:
        if rule.family != "gpt-4o-mini":  # whose tokens cost a thirtieth, and are thirty times more
            assert 1 <= rule.tokens(width, height, detail) <= bound


@given(SIDES, SIDES)
def test_counts_stay_within_what_the_models_allow(width: int, height: int) -> None:
    assert image_tokens("gpt-4o", width, height) <= 85 + 8 * 170
    assert image_tokens("gpt-4.1-mini", width, height) <= 2489
    assert image_tokens("claude-sonnet-4-5", width, height) <= 1568
    assert image_tokens("claude-opus-4-7", width, height) <= 4784
    assert image_tokens("OpenGVLab/InternVL2-26B", width, height) <= 13 * 256 + 2
    assert image_tokens("gpt-4o", width, height, "low") == 85


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="0 x 10 pixels"):
        image_tokens("gpt-4o", 0, 10)
