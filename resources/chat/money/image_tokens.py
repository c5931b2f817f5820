"""How many tokens an image is, by the name of the model that looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from resources.chat.money.hosted_images import Claude, gemini_2, gemini_3
from resources.chat.money.open_images import (
    LLAVA_NEXT_GRIDS,
    ONEVISION_GRIDS,
    AnyResolution,
    InternVL,
    Pixtral,
    Qwen,
    glm_4v,
    llava,
)
from resources.chat.money.openai_images import Patches, Tiles

Formula = Callable[[int, int, str], int]
"""Takes width and height in pixels, as sent, and the detail; gives tokens."""


@dataclass(frozen=True, slots=True)
class ImageRule:
    """How the models of a family count an image.

    Attributes:
        family: Their name, for people.
        names: Matches the names of its models, in lower case.
        tokens: The formula.
        at_most: Whether it is a bound and not what will be billed.
    """

    family: str
    names: re.Pattern[str]
    tokens: Formula
    at_most: bool = False


def _rule(family: str, names: str, tokens: Formula, *, at_most: bool = False) -> ImageRule:
    return ImageRule(family, re.compile(names), tokens, at_most)


_NEWER_PATCHES = Patches(
    2500, 1.2, budget_auto=30_000, longest_auto=65_535, fits_low=True
)  # `auto` is taken for the image's own size

RULES: tuple[ImageRule, ...] = (
    _rule("gpt-4o-mini", r"\bgpt-4o-mini", Tiles(2833, 5667)),
    _rule("o4-mini", r"\b(o4|codex)-mini", Patches(1536, 1.72)),
    _rule("OpenAI mini", r"\bgpt-(4\.1|5(\.\d)?)(-codex)?-mini", Patches(1536, 1.62)),
    _rule("OpenAI nano", r"\bgpt-(4\.1|5(\.\d)?)-nano", Patches(1536, 2.46)),
    _rule("gpt-5.2 and 5.3", r"\bgpt-5\.[23]", Patches(1536, 1.2)),
    _rule("gpt-5.4 and later", r"\bgpt-(5\.[4-9]|[6-9])", _NEWER_PATCHES),
    _rule("gpt-5", r"\bgpt-5", Tiles(70, 140)),
    _rule("o1 and o3", r"\bo[13]\b", Tiles(75, 150)),
    _rule("computer-use-preview", r"\bcomputer-use-preview", Tiles(65, 129)),
    _rule("gpt-4", r"\b(gpt-4(o|\.1|\.5|-turbo|-vision)|chatgpt-4o)", Tiles(85, 170)),
    _rule(
        "Claude up to 4.6",
        r"\bclaude-(3|2|instant|((opus|sonnet|haiku)-4(-[0-6]\b|-20|$|@)))",
        Claude(1568, 1568),
    ),
    _rule("Claude", r"\bclaude-", Claude(2576, 4784)),
    _rule("Gemini up to 2.5", r"\bgemini-[12]", gemini_2),
    _rule("Gemini", r"\bgemini-", gemini_3, at_most=True),
    _rule("Qwen3-VL", r"\bqwen3(\.\d)?-?(vl|omni)", Qwen(32, 65_536, 16_777_216)),
    _rule("Qwen2-VL and Qwen2.5-VL", r"\bqwen2(\.5)?-?(vl|omni)", Qwen(28, 3_136, 12_845_056)),
    _rule(
        "LLaVA-OneVision",
        r"\bllava-(onevision|ov)",
        AnyResolution(384, 27, ONEVISION_GRIDS, most_tiles=9),
    ),
    _rule("LLaVA-NeXT", r"\bllava-(v1\.6|1\.6|next)", AnyResolution(336, 24, LLAVA_NEXT_GRIDS)),
    _rule("LLaVA-1.5", r"\b(llava-(v?1\.5)|bakllava)", llava),
    _rule("InternVL", r"\bintern_?vl", InternVL()),
    _rule("Pixtral", r"\bpixtral", Pixtral(16, 1024)),
    _rule("Mistral", r"\b(mistral-(small|medium|large)|ministral|magistral)", Pixtral(28, 1540)),
    _rule("GLM-4V-9B", r"\bglm-4v-9b", glm_4v),
)
"""Tried in this order on the model's name in lower case; the first that is found in it counts."""

PRICED_BY_TOKENS = frozenset({"gpt-4o-mini"})
"""Families whose image tokens are inflated to make up for a low price; no bound for others."""


def _at_most(width: int, height: int, detail: str) -> int:
    counts = (
        rule.tokens(width, height, detail) for rule in RULES if rule.family not in PRICED_BY_TOKENS
    )
    return max(counts)


UNKNOWN = ImageRule("unknown", re.compile(""), _at_most, at_most=True)
"""For a model that no rule knows: the most that any of the rules counts."""


@lru_cache(maxsize=256)
def rule_of(model: str) -> ImageRule:
    """Return the rule for a model by its name at the endpoint; `UNKNOWN` when none fits."""
    name = model.lower()
    return next((rule for rule in RULES if rule.names.search(name)), UNKNOWN)


@lru_cache(maxsize=65_536)
def image_tokens(model: str, width: int, height: int, detail: str = "auto") -> int:
    """Return how many tokens an image is.

    Args:
        model: The model's name at the endpoint.
        width: Pixels, as sent: see `sent_size`.
        height: Likewise.
        detail: ``auto``, ``low`` or ``high``.

    Raises:
        ValueError: The image has no pixels.
    """
    if width < 1 or height < 1:
        raise ValueError(f"an image of {width} x {height} pixels has no tokens")
    return rule_of(model).tokens(width, height, detail)
