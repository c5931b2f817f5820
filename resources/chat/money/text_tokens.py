"""How many tokens a text is, by the tokenizer of the model that reads it; never over a network."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from resources.chat.stages import DATA_MARK

BYTES_PER_TOKEN = 3
"""Where a model's tokenizer is not to be had: English takes 4 and more bytes a token, so this
overstates it by about a third; of other scripts it is a fair guess."""

OPENAI_OVERHEAD = 7
"""Tokens of one user message beside its content: 3 a message, 1 for its role, 3 that begin the
reply (OpenAI's cookbook, "How to count tokens with tiktoken"; vision requests were billed so)."""
TEMPLATE_OVERHEAD = 32
"""Tokens of other models' chat templates, at most: roles, marks, a one-line system message."""

_CL100K = re.compile(r"\bgpt-(4(?!o|\.)|3\.5)")
_O200K = re.compile(r"\b(gpt-(4o|4\.|[5-9])|chatgpt-4o|o[1-9](-|$)|codex-mini|computer-use)")
_HOSTED = re.compile(r"\b(claude|gemini)-")


@dataclass(frozen=True, slots=True)
class TextRule:
    """How a model counts text.

    Attributes:
        tokenizer: Its name, for people.
        count: Takes a text, gives tokens.
        exact: Whether it is the model's own tokenizer.
        overhead: Tokens of a request beside its content.
        reads_schema: Whether the reply's schema is part of what the model reads and is billed.
    """

    tokenizer: str
    count: Callable[[str], int]
    exact: bool
    overhead: int
    reads_schema: bool


@lru_cache(maxsize=256)
def text_rule(model: str) -> TextRule:
    """Return how a model counts text.

    Args:
        model: Its name at the endpoint: a hosted model, the folder of a checkpoint, or a
            repository of Hugging Face whose tokenizer lies in the local cache.
    """
    name = model.lower()
    encoding = (
        "o200k_base" if _O200K.search(name) else "cl100k_base" if _CL100K.search(name) else None
    )
    if encoding is not None:
        return TextRule(encoding, _openai_count(encoding), True, OPENAI_OVERHEAD, True)
    file = _tokenizer_file(model)
    if file is not None:
        return TextRule(str(file), _checkpoint_count(file), True, TEMPLATE_OVERHEAD, False)
    hosted = bool(_HOSTED.search(name))
    return TextRule(
        f"{BYTES_PER_TOKEN} bytes a token", _bytes_count, False, TEMPLATE_OVERHEAD, hosted
    )


def prompt_tokens(rule: TextRule, prompt: str) -> int:
    """Count a prompt; its instructions, the same in every request of a stage, only once.

    A tokenizer of OpenAI's never joins the end of the mark to the brace that begins the data, so
    the two parts add up exactly.
    """
    instructions, mark, data = prompt.rpartition(DATA_MARK)
    if not mark:
        return rule.count(prompt)
    return _counted_once(rule, instructions + mark) + rule.count(data)


@lru_cache(maxsize=1024)
def _counted_once(rule: TextRule, text: str) -> int:
    return rule.count(text)


def _bytes_count(text: str) -> int:
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def _openai_count(encoding: str) -> Callable[[str], int]:
    import bpe_openai

    tokenizer = bpe_openai.get_encoding(encoding)

    def count(text: str) -> int:
        return len(tokenizer.encode_ordinary(text))

    return count


def _checkpoint_count(file: Path) -> Callable[[str], int]:
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))


def _tokenizer_file(model: str) -> Path | None:
    """Return a checkpoint's tokenizer: of a folder, else of Hugging Face's local cache."""
    folder = Path(model) / "tokenizer.json"
    if folder.is_file():
        return folder
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError

    try:
        found = huggingface_hub.try_to_load_from_cache(model, "tokenizer.json")
    except HFValidationError:  # no name of a repository
        return None
    return Path(found) if isinstance(found, str) else None
