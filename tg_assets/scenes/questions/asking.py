"""What a question is, and the desk at which the templates of one scene hand theirs in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from zlib import crc32

from tg_assets.scenes.graph import Scene

T = TypeVar("T")
Form = tuple[str, str]  # a question and its answer, both with {placeholders}; {v} is the value
_MARKS = re.compile(r"(?<!\d)[.:,](?!\d)|(?<=\d)[.:,](?!\d)|(?<!\d)[.:,](?=\d)|[!?;\"'()]")


@dataclass(frozen=True)
class Question:
    """A question with its true answer and answers that are plausible but false."""

    template: str
    question: str
    answer: str
    wrong: tuple[str, ...]


def normalized(text: str) -> str:
    """Text as answers are compared: no case, no extra space, no punctuation.

    Points and colons between digits stay: 4.50 is not 450.
    """
    return " ".join(_MARKS.sub(" ", text.casefold()).split())


class Asker:
    """Collects the questions of one scene by task path.

    Every choice (wording, distractors, which of many) is a hash of the scene and of what is asked,
    so that the same scene always yields the same questions, in any process.
    """

    def __init__(self, scene: Scene) -> None:
        """Start with no questions about `scene`."""
        self.scene = scene
        self.found: dict[str, list[Question]] = {}
        self._seen: dict[str, str] = {}

    @cached_property
    def _salt(self) -> int:
        return crc32(self.scene.key.encode())

    def draw(self, count: int, *about: object) -> int:
        """A number below `count`, fixed by the scene and by what it is drawn for."""
        return crc32("|".join(map(str, about)).encode(), self._salt) % count

    def pick(self, pool: Sequence[T], *about: object) -> T:
        """One of `pool`."""
        return pool[self.draw(len(pool), *about)]

    def some(self, pool: Sequence[T], count: int, *about: object) -> list[T]:
        """Up to `count` of `pool`, in a mixed order."""
        order = sorted(range(len(pool)), key=lambda i: self.draw(1 << 30, i, *about))
        return [pool[i] for i in order[:count]]

    def ask(
        self,
        template: str,
        paths: str | Sequence[str],
        forms: Sequence[Form],
        value: object,
        wrong: Sequence[object],
        **names: object,
    ) -> None:
        """Hand in one question under every path in `paths`.

        One of `forms` is chosen; `value` and each of `wrong` fill its answer's {v}.
        """
        question, answer = self.pick(forms, template, *names.values())
        right = _sentence(answer.format(v=value, **names))
        false = [_sentence(answer.format(v=w, **names)) for w in wrong]
        self.add(template, paths, question.format(**names), right, false)

    def ask_yes_no(
        self,
        template: str,
        paths: str | Sequence[str],
        wordings: Sequence[str],
        truth: bool,
        yes: str,
        no: str,
        **names: object,
    ) -> None:
        """Hand in a question answered by "Yes, `yes`." or "No, `no`."."""
        question = self.pick(wordings, template, *names.values()).format(**names)
        said = [f"Yes, {yes.format(**names)}.", f"No, {no.format(**names)}."]
        if self.draw(4, "short", template, *names.values()) == 0:
            question, said = f"{question} Answer yes or no.", ["Yes", "No"]
        right, false = said if truth else said[::-1]
        self.add(template, paths, question, right, [false])

    def ask_choice(
        self,
        template: str,
        paths: str | Sequence[str],
        stems: Sequence[str],
        right: str,
        wrong: Sequence[str],
        **names: object,
    ) -> None:
        """Hand in a question with lettered options."""
        options = list(dict.fromkeys([right, *wrong]))[:4]
        if len(options) < 2:
            return
        stem = self.pick(stems, template, *names.values()).format(**names)
        order = self.some(options, 4, "options", template, *names.values())
        lettered = [f"{letter}. {o}" for letter, o in zip("ABCD", order, strict=False)]
        answer = lettered[order.index(right)]
        self.add(
            template, paths, "\n".join([stem, *lettered]), answer,
            [o for o in lettered if o != answer],
        )  # fmt: skip

    def add(
        self,
        template: str,
        paths: str | Sequence[str],
        question: str,
        answer: str,
        wrong: Sequence[str],
    ) -> None:
        """Keep a question, unless the same words already have another answer here."""
        taken = {normalized(answer)}
        false: list[str] = []
        for text in wrong:
            if normalized(text) not in taken:
                taken.add(normalized(text))
                false.append(text)
        known = self._seen.setdefault(normalized(question), normalized(answer))
        if not false or known != normalized(answer):
            return
        made = Question(template, question, answer, tuple(false[:5]))
        for path in [paths] if isinstance(paths, str) else paths:
            kept = self.found.setdefault(path, [])
            if made not in kept:
                kept.append(made)


def _sentence(text: str) -> str:
    """The text with a capital first letter when it is a sentence."""
    return text[0].upper() + text[1:] if text.endswith(".") else text


def near(value: int, *, least: int = 0) -> list[int]:
    """Whole numbers close to `value`, none of them equal to it."""
    close = [value + 1, value - 1, value + 2, value - 2, value + 3]
    return [n for n in close if n >= least]
