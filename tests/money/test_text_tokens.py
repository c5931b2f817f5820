"""A text's tokens are those of the model's own tokenizer, counted without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vocabularies import tiktoken_of

from resources.chat.money.text_tokens import prompt_tokens, text_rule
from resources.chat.stages import Question
from tg_assets.filtered_pairs.prompts import STAGE

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o", "o200k_base"),
        ("gpt-4.1-mini", "o200k_base"),
        ("gpt-5.2", "o200k_base"),
        ("o4-mini", "o200k_base"),
        ("gpt-4-turbo", "cl100k_base"),
    ],
)
def test_openai_models_count_as_openais_tokenizer(
    model: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rule, real = text_rule(model), tiktoken_of(encoding, tmp_path_factory.mktemp("vocabularies"))
    assert rule.exact
    assert rule.tokenizer == encoding
    for text in [
        STAGE.request([Question({"path": f"ocr~sign reading {n}"}) for n in range(10)]).text,
        "Wie viele rote Würfel? 图中有几个人？ 🌍\n\n\t  end",
        Path(__file__).read_text(encoding="utf-8"),
    ]:
        assert rule.count(text) == len(real.encode_ordinary(text))


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_instructions_counted_once_add_up_exactly(paths: list[str]) -> None:
    rule = text_rule("gpt-4o")
    prompt = STAGE.request([Question({"path": path}) for path in paths]).text
    assert prompt_tokens(rule, prompt) == rule.count(prompt)


def test_a_checkpoint_counts_by_its_own_tokenizer(tmp_path: Path) -> None:
    vocabulary = {"one": 0, "two": 1, "[UNK]": 2}
    tokenizer = {
        "version": "1.0",
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
        "added_tokens": [],
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    rule = text_rule(str(tmp_path))
    assert rule.exact
    assert not rule.reads_schema
    assert rule.count("one two three") == 3


def test_what_is_only_a_bound_says_so() -> None:
    rule = text_rule("a-model-of-nobody")
    assert not rule.exact
    assert "3 bytes" in rule.tokenizer
    assert rule.count("x" * 31) == 11
    prompt = STAGE.request([Question({"path": "ocr~sign reading"})]).text
    assert rule.count(prompt) > text_rule("gpt-4o").count(prompt)


def test_a_hosted_model_reads_the_schema_and_a_local_one_does_not() -> None:
    assert text_rule("claude-opus-4-7").reads_schema
    assert not text_rule("OpenGVLab/InternVL2-26B").reads_schema
