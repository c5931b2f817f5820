"""The asset `raw_qa`."""

from __future__ import annotations

from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.pools import chat_pool
from tg_assets.raw_qa.prompts import STAGE
from tg_assets.raw_qa.questions import kept_pairs, questions, split
from tg_assets.showing import some, thumbnails
from tg_assets.task_tree.paths import task_paths


@artifact("chat", pool=lambda settings: chat_pool(settings, settings.ask))
def raw_qa(work: Work) -> Made:
    """One question with its answer for each kept pair; those not had stand beside, with reasons."""
    pairs = kept_pairs(
        work.read("filtered_pairs"), work.read("image_pool"), task_paths(work.tables)
    )
    answers = work.ask(STAGE, questions(pairs), work.settings.ask)
    asked, failed = split(pairs, answers, work.settings.ask)
    shown = asked.join(task_paths(work.tables), on="task_id")
    return Made(
        asked,
        metadata={
            "different questions": asked["question"].n_unique(),
            "examples": thumbnails(
                some(shown.join(pairs.select("image_id", "uri").unique(), on="image_id"), "qa_id")
                .select("uri", "image_id", "path", "question", "answer")
                .iter_rows()
            ),
        },
        facts={UNANSWERED: unanswered(answers), "asked": pairs.height},
        beside={"qa_failures": failed},
        preview=some(shown, "qa_id").select("path", "question", "answer", "image_id"),
    )
