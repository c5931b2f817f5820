"""A task type's path, worded for a text encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tg_assets.tables import PATH_SEPARATOR

_FIELDS = ("label", "leaf", "levels")


@dataclass(frozen=True)
class FittedLabel:
    """The text that stands for a task type.

    Attributes:
        text: What is encoded.
        shortened: Whether leading levels were dropped, or the encoder still cuts its end off.
    """

    text: str
    shortened: bool


def label_text(path: str, template: str) -> str:
    """Word a task type.

    Args:
        path: Levels joined by ``~``, such as ``counting~object counting~red object counting``.
        template: Text with at least one of ``{label}`` (all levels, joined by commas),
            ``{levels}`` (all levels, joined by ``>``) and ``{leaf}`` (the last level).

    Raises:
        ValueError: The template has another field, or none.
    """
    levels = path.split(PATH_SEPARATOR)
    if not any(f"{{{field}}}" in template for field in _FIELDS):
        raise ValueError(
            f"label template {template!r} names no task type: put {{label}}, {{leaf}} or "
            "{levels} into it"
        )
    try:
        return template.format(
            label=", ".join(levels), leaf=levels[-1], levels=" > ".join(levels)
        ).strip()
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(
            f"label template {template!r}: {error!r}; it may hold {{label}}, {{leaf}} and "
            "{levels}, and other braces doubled"
        ) from error


def fit_labels(
    paths: Sequence[str], template: str, fits: Callable[[Sequence[str]], Sequence[bool]]
) -> list[FittedLabel]:
    """Word task types so that the encoder sees their specific ends.

    Leading levels, which say least, are dropped one by one until the text fits. A last level
    that is too long by itself is left for the tokenizer to cut.

    Args:
        paths: Levels joined by ``~``.
        template: See `label_text`.
        fits: Tells of each text whether the encoder sees all of it: `ClipEncoder.fits`. Asked
            about many at once, and again about those alone that do not fit.
    """
    fitted: dict[int, FittedLabel] = {}
    waiting = dict(enumerate(path.split(PATH_SEPARATOR) for path in paths))
    dropped = 0
    while waiting:
        texts = [
            label_text(PATH_SEPARATOR.join(levels[dropped:]), template)
            for levels in waiting.values()
        ]
        for place, text, whole in zip(list(waiting), texts, fits(texts), strict=True):
            if whole or dropped == len(waiting[place]) - 1:
                fitted[place] = FittedLabel(text, shortened=dropped > 0 or not whole)
                del waiting[place]
        dropped += 1
    return [fitted[place] for place in range(len(paths))]
