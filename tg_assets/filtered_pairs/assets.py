"""The asset `filtered_pairs`."""

from __future__ import annotations

import polars as pl

from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.filtered_pairs.prompts import STAGE
from tg_assets.filtered_pairs.questions import candidates, questions
from tg_assets.pools import chat_pool
from tg_assets.tables import FILTERED_PAIRS
from tg_assets.task_tree.paths import task_paths


@artifact("chat", pool=lambda settings: chat_pool(settings, settings.filter))
def filtered_pairs(work: Work) -> Made:
    """The filter's verdict on each candidate pair: kept, not kept, or none, for a reason."""
    pairs = candidates(
        work.read("candidate_pairs"), work.read("image_pool"), task_paths(work.tables)
    )
    answers = work.ask(STAGE, questions(pairs), work.settings.filter)
    frame = pairs.select("image_id", "task_id").with_columns(
        kept=pl.Series([answer.value for answer in answers], dtype=pl.Boolean),
        outcome=pl.Series([str(answer.outcome) for answer in answers], dtype=pl.String),
        reason=pl.Series([answer.reason for answer in answers], dtype=pl.String),
    )
    verdicts = frame["kept"]
    return Made(
        frame.select(*FILTERED_PAIRS.columns),
        metadata={
            "kept": int(verdicts.sum()),
            "not kept": int((~verdicts).sum()),
            "no verdict": verdicts.null_count(),
        },
        facts={UNANSWERED: unanswered(answers)},
        preview=pairs.select("image_id", "path", "score").hstack(frame.select("kept", "reason")),
    )
