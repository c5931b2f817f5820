"""The asset `raw_qa`."""

from __future__ import annotations

from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.pools import chat_pool
from tg_assets.raw_qa.prompts import STAGE
from tg_assets.raw_qa.questions import kept_pairs, questions, split
from tg_assets.raw_qa.quota import full_types, without_full
from tg_assets.showing import some, thumbnails
from tg_assets.task_tree.paths import task_paths


@artifact("chat", pool=lambda settings: chat_pool(settings, settings.ask))
def raw_qa(work: Work) -> Made:
    """One question with its answer for each kept pair; those not had stand beside, with reasons."""
    pairs = kept_pairs(
        work.read("filtered_pairs"), work.read("image_pool"), task_paths(work.tables)
    )
    full = _full(work)
    pairs, skipped = without_full(pairs, full)
    answers = work.ask(STAGE, questions(pairs), work.settings.ask)
    asked, failed = split(pairs, answers, work.settings.ask)
    shown = asked.join(task_paths(work.tables), on="task_id")
    return Made(
        asked,
        metadata={
            "different questions": asked["question"].n_unique(),
            "task types full before": len(full),
            "examples": thumbnails(
                some(shown.join(pairs.select("image_id", "uri").unique(), on="image_id"), "qa_id")
                .select("uri", "image_id", "path", "question", "answer")
                .iter_rows()
            ),
        },
        facts={UNANSWERED: unanswered(answers), "asked": pairs.height},
        beside={"qa_failures": failed, "qa_skipped": skipped},
        preview=some(shown, "qa_id").select("path", "question", "answer", "image_id"),
    )


def _full(work: Work) -> frozenset[str]:
    """Return the task types that are not asked about here; none unless the settings say so."""
    dataset = work.settings.dataset
    if not dataset.quota_aware:
        return frozenset()
    return full_types(work.tables, work.keys[0], dataset.min_score, dataset.max_per_type)
