"""What growing the tree will ask: the real growth, with answers made up where none is known.

Which questions a round asks depends on what the round before it brought. So a batch is grown
three times: with answers that give all that was asked for, most of it, or a single name each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from resources.chat.asking.packing import is_settled
from resources.galaxy import Galaxy
from tg_assets.forecasting.ahead import Ahead
from tg_assets.forecasting.known import Remembered
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.meters import Meter
from tg_assets.forecasting.spans import Span
from tg_assets.forecasting.standing import Standing
from tg_assets.task_tree.growth import GrowthAnswer, grow
from tg_assets.task_tree.prompts import GrowthQuestion
from tg_assets.task_tree.questions import asked_about, growth_stage
from tg_assets.task_tree.task_types import TaskType, task_types_of

Yield = Callable[[int], int]
"""Takes how many names were asked for; gives how many an answer brings."""

YIELDS: tuple[tuple[str, Yield], ...] = (
    ("all", lambda limit: limit),
    ("most", lambda limit: max(1, limit * 2 // 3)),
    ("one", lambda _: 1),
)
SAID = "growth: unknown answers bring all names asked for, two thirds of them, or one each"
_SYLLABLES = [c + v for c in "bdfgklmnprtvz" for v in "aeiou"]


@dataclass(slots=True)
class Tree:
    """The task types of the next pass.

    Attributes:
        sizes: How many types each batch has, in order of batches.
        paths: Paths that stand for all: those that exist, and made-up ones.
        line: What growing asks.
    """

    sizes: dict[str, Span]
    paths: Sequence[str]
    line: Line

    @property
    def size(self) -> Span:
        """How many types there are in all."""
        total = Span()
        for size in self.sizes.values():
            total = total + size
        return total


@dataclass(slots=True)
class _Grown:
    """A tree grown once, and what that took."""

    sizes: dict[str, int] = field(default_factory=dict)
    types: list[TaskType] = field(default_factory=list)
    certain: int = 0
    certain_prompt: int = 0
    questions: int = 0
    known: int = 0
    prompt: int = 0


def grown_tree(
    galaxy: Galaxy, ahead: Ahead, standing: Standing, remembered: Remembered, meter: Meter
) -> Tree:
    """Return the tree as the next pass would leave it, and what growing it asks."""
    trees = [_grown(galaxy, ahead, standing, remembered, meter, brings) for _, brings in YIELDS]
    sizes = {batch: _span([tree.sizes[batch] for tree in trees]) for batch in ahead.batches}
    line = Line("task_tree", "growth", meter)
    line.partitions = sum(not standing.is_made("task_tree", batch) for batch in ahead.batches)
    line.known = trees[0].known
    line.certain = line.certain_requests = trees[0].certain
    line.certain_prompt = trees[0].certain_prompt
    further = [tree.questions - line.certain for tree in trees]
    line.further = line.further_requests = _span(further)
    line.further_prompt = _span([tree.prompt - line.certain_prompt for tree in trees])
    return Tree(sizes, [task_type.path for task_type in trees[1].types], line)


def _span(values: Sequence[int]) -> Span:
    low, middle, high = sorted(max(0, value) for value in values)
    return Span(low, middle, high)


def _grown(
    galaxy: Galaxy,
    ahead: Ahead,
    standing: Standing,
    remembered: Remembered,
    meter: Meter,
    brings: Yield,
) -> _Grown:
    tree, settings = _Grown(), galaxy.settings.task_tree
    answering = _Answering(galaxy, remembered, meter, brings, tree)
    for batch in ahead.batches:
        if standing.is_made("task_tree", batch):
            new = task_types_of(galaxy.tables.read("task_tree", batch))
        else:
            listed = batch in galaxy.tables.partitions("seed_paths")
            seeds = galaxy.tables.read("seed_paths", batch)["path"] if listed else ahead.new_seeds
            grown = grow(
                existing=tree.types,
                new_seeds=list(seeds),
                targets=settings.targets,
                max_rounds=settings.max_rounds,
                per_request=settings.per_request,
                ask=answering,
            )
            new = task_types_of(grown.task_types)
        tree.sizes[batch] = len(new)
        tree.types.extend(new)
    return tree


class _Answering:
    """Answers a round from the ledger, and makes up what it does not know."""

    def __init__(
        self, galaxy: Galaxy, remembered: Remembered, meter: Meter, brings: Yield, tree: _Grown
    ) -> None:
        self._model = galaxy.settings.task_tree.model
        self._identity = galaxy.chat_model(self._model).identity
        self._remembered = remembered
        self._meter = meter
        self._brings = brings
        self._tree = tree
        self._numbers = count()

    def __call__(self, questions: Sequence[GrowthQuestion]) -> list[GrowthAnswer]:
        """Answer the questions of one round, in their order."""
        stages = [growth_stage(question.prompt) for question in questions]
        items = [asked_about(question) for question in questions]
        keys = [stage.key(self._identity, item) for stage, item in zip(stages, items, strict=True)]
        known = self._remembered.known(keys)
        settled = {key: found for key, found in known.items() if is_settled(found)}
        guessed_before = self._tree.questions > 0
        answers = []
        for question, stage, item, key in zip(questions, stages, items, keys, strict=True):
            if key in settled:
                self._tree.known += 1
                value = settled[key].answer.value
                labels = None if value is None else tuple(value)
            else:
                tokens = self._meter.prompt(stage.request([item]), None)
                self._tree.questions += 1
                self._tree.prompt += tokens
                if not guessed_before:
                    self._tree.certain += 1
                    self._tree.certain_prompt += tokens
                brought = min(question.limit, self._brings(question.limit))
                labels = tuple(_made_up(next(self._numbers)) for _ in range(brought))
            answers.append(GrowthAnswer(labels, self._model, question.prompt_version, "no reply"))
        return answers


def _made_up(number: int) -> str:
    """Return a name as long as real ones, unlike any other."""
    word = ""
    for _ in range(3):
        number, syllable = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return f"{word} recognition"
