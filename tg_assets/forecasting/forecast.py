"""The forecast of a pass: all that it would ask, what that uses, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import polars as pl

from resources.galaxy import Galaxy
from tg_assets.filtered_pairs.prompts import STAGE as FILTER
from tg_assets.forecasting import calibrating, evaluating, growing, reasoning
from tg_assets.forecasting.ahead import look_ahead
from tg_assets.forecasting.growing import Tree, grown_tree
from tg_assets.forecasting.known import Paid, Remembered
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.meters import Meter
from tg_assets.forecasting.rates import Rates, measure
from tg_assets.forecasting.shards import Lines, Shapes, Shards
from tg_assets.forecasting.spans import Span
from tg_assets.forecasting.standing import Standing
from tg_assets.ids import digest
from tg_assets.partitions import Registered
from tg_assets.raw_qa.prompts import STAGE as ASK
from tg_assets.referee_scores.prompts import stage as vote_stage
from tg_assets.settings import Settings
from tg_assets.tables_io import TableStore
from tg_assets.task_tree.paths import task_paths

QUESTIONS_READ = 40
MADE_UP = {
    "question": "Which of the objects on the left side of the picture is closest to the camera?",
    "answer": "The red cup, which stands in front of the two plates.",
}
MADE_UP_LENGTH = Span(0.8, 1.0, 1.5)
MEASURED_LENGTH = Span(0.95, 1.0, 1.05)
"""How far the length of questions that nobody wrote yet may be off, as a share of a vote's text."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the next pass would ask and cost.

    Attributes:
        name: The galaxy's.
        lines: What each stage asks, in the order of the pass.
        new_shards: Shards that it would register.
        new_seeds: Task types that it would begin a batch with.
        assumptions: What the numbers rest on, a line each.
    """

    name: str
    lines: Sequence[Line]
    new_shards: int
    new_seeds: int
    assumptions: Sequence[str]

    def total(self, what: str) -> Span:
        """Return the sum of a line's span (``questions``, ``cost``, ...) over all lines."""
        total = Span()
        for line in self.lines:
            total = total + getattr(line, what)
        return total

    def to_json(self) -> str:
        """Return the forecast as one line of JSON."""
        stages = [
            {
                "stage": line.stage,
                "model": line.meter.name,
                "partitions": line.partitions,
                "known": line.known,
                "certain": line.certain,
                "certain_requests": line.certain_requests,
                "certain_prompt_tokens": line.certain_prompt,
                **_spans(line),
            }
            for line in self.lines
        ]
        total = {name: _plain(self.total(what)) for name, what in _SPANS.items()}
        return orjson.dumps(
            {
                "name": self.name,
                "new_shards": self.new_shards,
                "new_seeds": self.new_seeds,
                "stages": stages,
                "total": total,
                "assumptions": list(self.assumptions),
            }
        ).decode()


_SPANS: Mapping[str, str] = {
    "questions": "questions",
    "requests": "requests",
    "prompt_tokens": "prompt",
    "completion_tokens": "completion",
    "cost_usd": "cost",
    "seconds": "seconds",
}


def _spans(line: Line) -> dict[str, Any]:
    return {name: _plain(getattr(line, what)) for name, what in _SPANS.items()}


def _plain(span: Span) -> dict[str, float]:
    return {name: round(value, 6) for name, value in asdict(span).items()}


def forecast(galaxy: Galaxy) -> Forecast:
    """Tell what the next pass would ask and cost; registers, writes and asks nothing.

    Args:
        galaxy: The resource; its tables and its ledger are read.

    Raises:
        SeedsError, FolderError, ListError, WithdrawalsError: What the settings name cannot be used.
        LedgerError: The ledger cannot be read.
    """
    settings, tables = galaxy.settings, galaxy.tables
    ahead = look_ahead(galaxy)
    registered = Registered(
        [shard.key for shard in ahead.shards],
        list(ahead.batches),
        sorted(settings.referees),
        sorted(settings.evaluation.models),
    )
    standing = Standing(galaxy, registered)
    remembered = Remembered(galaxy)
    paid = remembered.paid()
    rates = measure(tables, tables.partitions("shard_files"), settings.checks)

    def meter(model: str) -> Meter:
        return Meter(model, settings.models[model], paid)

    tree = grown_tree(galaxy, ahead, standing, remembered, meter(settings.task_tree.model))
    lines = Lines(
        Line("filtered_pairs", "filter", meter(settings.filter)),
        Line("raw_qa", "questions", meter(settings.ask)),
        {
            referee: Line(f"referee_scores {referee}", "vote", meter(model))
            for referee, model in sorted(settings.referees.items())
        },
    )
    shapes = _shapes(settings, tables, tree, lines)
    shards = Shards(galaxy, standing, remembered, tree, rates, lines, shapes)
    for shard in ahead.shards:
        shards.add(shard)
    tried = {
        referee: Line(f"referee_calibration {referee}", "vote", meter(model))
        for referee, model in sorted(settings.referees.items())
    }
    drawn = sum(shard.drawn for shard in ahead.shards[len(ahead.shards) - ahead.new_shards :])
    calibrating.add(tried, galaxy, standing, remembered, drawn)
    all_lines = [tree.line, lines.filter, lines.ask, *lines.votes.values()]
    all_lines += [line for line in tried.values() if line.partitions]
    if settings.cot is not None:
        line = Line("cot_answers", "cot", meter(settings.cot))
        reasoning.add(line, galaxy, standing, remembered, lines.ask.questions)
        all_lines.append(line)
    for model in sorted(settings.evaluation.models):
        line = Line(f"model_answers {model}", "evaluation", meter(model))
        evaluating.add(line, galaxy, standing, remembered)
        all_lines.append(line)
    said = _assumptions(all_lines, rates, paid)
    if said and settings.dataset.quota_aware:
        said.append(
            "no task type is full yet: what dataset.quota_aware saves is not taken off (it shows "
            "once earlier shards are scored)"
        )
    return Forecast(settings.name, all_lines, ahead.new_shards, len(ahead.new_seeds), said)


def _shapes(settings: Settings, tables: TableStore, tree: Tree, lines: Lines) -> Shapes:
    """Work out what requests take that cannot be rendered yet, from paths and earlier questions."""
    paths = sorted(tree.paths, key=lambda path: digest("rendered", path)) or ["image description"]
    items = [{"path": path} for path in paths]
    judged, length = _judged_before(tables), MEASURED_LENGTH
    if not judged:
        judged = [{"task_label": path, **MADE_UP} for path in paths[:QUESTIONS_READ]]
        length = MADE_UP_LENGTH
    sees = settings.referee_sees
    if sees == "question":
        judged = [{name: item[name] for name in ("task_label", "question")} for item in judged]
    stage = vote_stage(sees)
    return Shapes(
        lines.filter.meter.shape(FILTER, items),
        lines.ask.meter.shape(ASK, items),
        {
            referee: (line.meter.shape(stage, judged), length)
            for referee, line in lines.votes.items()
        },
    )


def _judged_before(tables: TableStore) -> list[dict[str, str]]:
    """Return some questions of earlier shards as referees see them."""
    paths = task_paths(tables)
    for shard in reversed(tables.partitions("raw_qa")):
        if not tables.rows("raw_qa", shard):
            continue
        some = tables.read("raw_qa", shard).join(paths, on="task_id").sort("qa_id")
        rows = some.head(QUESTIONS_READ).select(
            pl.col("path").alias("task_label"), "question", "answer"
        )
        return list(rows.iter_rows(named=True))
    return []


def _assumptions(
    lines: Sequence[Line], rates: Rates, paid: Mapping[tuple[str, str], Paid]
) -> list[str]:
    """Return what the numbers rest on; nothing is assumed of a pass that asks nothing."""
    asking = [line for line in lines if line.requests.high > 0]
    if not asking:
        return []
    said = ["every check passes, and no request fails or is refused"]
    if any(line.stage == "task_tree" for line in asking):
        said.append(growing.SAID)
    if any(line.further.high > 0 and line.stage != "task_tree" for line in asking):
        said += [
            *rates.said,
            "task types are alike: new ones enter a picture's best as old ones do",
        ]
    for line in asking:
        said += line.meter.said(line.asks)
    if paid:
        said.append("lengths of replies and latencies as the ledger has them, where not said")
    return list(dict.fromkeys(said))
