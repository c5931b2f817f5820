"""Gathering what the card and the report state, from tables, settings and ledger."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from resources.chat.ledger import Ledger
from tg_assets.artifact import Work
from tg_assets.balanced_dataset.costs import dataset_costs
from tg_assets.balanced_dataset.facts import (
    CalibrationFacts,
    DatasetFacts,
    DroppedFacts,
    LedgerFacts,
    LeftOutPartition,
    ModelFacts,
    RefereeFacts,
    StageRows,
    ThresholdFacts,
    count_levels,
    count_sources,
    dropped_facts,
)
from tg_assets.balanced_dataset.licences import resulting_licence
from tg_assets.partitions import dimensions
from tg_assets.settings import EmbeddedModel, Settings
from tg_assets.tables_io import TableStore

NOTICE = (
    "This dataset was made with the project's embedded default: pictures the project drew, asked "
    "about and judged from their scene graphs by programs with a stated error rate "
    "({models}), not by vision-language models. It shows how the engine works."
)


def gather(work: Work, samples: pl.DataFrame, tree: pl.DataFrame) -> DatasetFacts:
    """Return the facts of the dataset as it is now."""
    settings, tables = work.settings, work.tables
    licence = resulting_licence(samples["license"])
    stamp = tables.stamp("balanced_dataset")
    left_out = stamp.facts.get("left_out", []) if stamp else []
    return DatasetFacts(
        name=settings.name,
        resulting_licence=licence.licence,
        licence_because=licence.because,
        licence_conflict=licence.conflict,
        levels=count_levels(tree),
        sources=count_sources(samples),
        funnel=funnel(tables, work.registered.shards, settings, samples),
        models=models(settings),
        referees=tuple(sorted(settings.referees)),
        calibration=calibration(tables),
        ledger=ledger_facts(work.galaxy.ledger),
        dropped=(*dropped_before(tables, work.registered.shards), *dropped_facts(_dropped(tables))),
        left_out=tuple(LeftOutPartition(*line) for line in left_out),
        embedded_notice=embedded_notice(settings),
    )


def _dropped(tables: TableStore) -> pl.DataFrame:
    return tables.read("dropped_questions")


def calibration(tables: TableStore) -> CalibrationFacts:
    """Return what the referees' votes on known answers say of them; nothing before there are."""
    stamp = tables.stamp("referee_calibration")
    if stamp is None:
        return CalibrationFacts()
    rates = tables.read("referee_rates").filter(pl.col("votes") > 0)
    columns = ("referee", "kind", "right", "votes", "low", "high")
    expected = tables.read("vote_thresholds").select("min_score", "precision", "recall", "f1")
    return CalibrationFacts(
        rates=tuple(RefereeFacts(*row) for row in rates.select(columns).iter_rows()),
        thresholds=tuple(ThresholdFacts(*row) for row in expected.iter_rows()),
        **stamp.facts["calibrated"],
    )


def embedded_notice(settings: Settings) -> str | None:
    """Return what must be said when the embedded model took part, null when it did not."""
    used = sorted(
        {
            f"{name}: {model.error_rate:.0%}"
            for _, name in settings.dataset_model_uses()
            if isinstance(model := settings.models[name], EmbeddedModel)
        }
    )
    return NOTICE.format(models=", ".join(used)) if used else None


def models(settings: Settings) -> tuple[ModelFacts, ...]:
    """Return which model does what, with the version of its prompt."""
    from tg_assets.cot_answers.prompts import STAGE as COT
    from tg_assets.filtered_pairs.prompts import STAGE as FILTER
    from tg_assets.raw_qa.prompts import STAGE as ASK
    from tg_assets.referee_scores.prompts import stage
    from tg_assets.task_tree.prompts import PROMPT_VERSION

    def called(name: str) -> str:
        model = settings.models[name]
        return f"{name} (embedded)" if isinstance(model, EmbeddedModel) else model.model

    vote = stage(settings.referee_sees).prompt_version
    growth = ", ".join(f"{name} {version}" for name, version in sorted(PROMPT_VERSION.items()))
    return (
        ModelFacts("task_tree", called(settings.task_tree.model), growth),
        ModelFacts("clip", settings.clip.pretrained or settings.clip.model),
        ModelFacts("filtered_pairs", called(settings.filter), FILTER.prompt_version),
        ModelFacts("raw_qa", called(settings.ask), ASK.prompt_version),
        *(
            ModelFacts(f"referee {referee}", called(name), vote)
            for referee, name in sorted(settings.referees.items())
        ),
        *([ModelFacts("cot", called(settings.cot), COT.prompt_version)] if settings.cot else []),
    )


def ledger_facts(ledger: Ledger) -> tuple[LedgerFacts, ...]:
    """Return what was asked and paid for the dataset in all."""
    columns = ("stage", "model", "requests", "prompt_tokens", "completion_tokens", "cost_usd")
    return tuple(LedgerFacts(*row) for row in dataset_costs(ledger).select(columns).iter_rows())


def funnel(
    tables: TableStore, shards: Sequence[str], settings: Settings, samples: pl.DataFrame
) -> tuple[StageRows, ...]:
    """Return the rows in and out of every stage, over all shards that have them."""

    def rows(table: str, condition: pl.Expr | None = None) -> int:
        frames = [tables.read(table, shard) for shard in shards if tables.stamp(table, shard)]
        return sum(
            (frame if condition is None else frame.filter(condition)).height for frame in frames
        )

    kept = rows("filtered_pairs", pl.col("kept").fill_null(False))
    asked = rows("raw_qa")
    passed = rows("scored_qa", pl.col("score") >= settings.dataset.min_score)
    return (
        StageRows("image_pool", rows("shard_files"), rows("image_pool"), "images"),
        StageRows("filtered_pairs", rows("candidate_pairs"), kept, "pairs"),
        StageRows("raw_qa", kept, asked, "questions"),
        StageRows("scored_qa", asked, passed, "questions"),
        StageRows("balanced_dataset", passed, samples.height, "samples"),
    )


def dropped_before(tables: TableStore, shards: Sequence[str]) -> tuple[DroppedFacts, ...]:
    """Return what was left behind before balancing, with reasons."""
    counts: dict[tuple[str, str], int] = {}

    def add(stage: str, frame: pl.DataFrame, column: str) -> None:
        for reason, count in frame.group_by(column).len().iter_rows():
            counts[stage, reason] = counts.get((stage, reason), 0) + count

    for shard in shards:
        for stage, table, column, condition in (
            ("image_pool", "rejected_images", "reason", pl.lit(True)),
            ("filtered_pairs", "filtered_pairs", "verdict", ~pl.col("kept").fill_null(False)),
            ("raw_qa", "qa_failures", "outcome", pl.lit(True)),
            ("raw_qa", "qa_skipped", "reason", pl.lit(True)),
        ):
            if tables.stamp(table, *dimensions(shard)) is None:
                continue
            frame = tables.read(table, shard)
            if column == "verdict":
                frame = frame.with_columns(
                    verdict=pl.when(pl.col("kept").is_null())
                    .then(pl.col("outcome"))
                    .otherwise(pl.lit("not suitable for the image"))
                )
            add(stage, frame.filter(condition), column)
    return tuple(DroppedFacts(*key, count) for key, count in sorted(counts.items()))
