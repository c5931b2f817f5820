"""The asset `raw_qa`."""

from __future__ import annotations

import polars as pl

from resources.chat.messages import Answer, ImageRef
from resources.chat.stages import Question
from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.ids import qa_id
from tg_assets.pools import chat_pool
from tg_assets.raw_qa.prompts import STAGE
from tg_assets.showing import some, thumbnails
from tg_assets.tables import QA_FAILURES, RAW_QA
from tg_assets.task_tree.paths import task_paths


@artifact("chat", pool=lambda settings: chat_pool(settings, settings.ask))
def raw_qa(work: Work) -> Made:
    """One question with its answer for each kept pair; those not had stand beside, with reasons."""
    pairs = (
        work.read("filtered_pairs")
        .filter(pl.col("kept"))
        .join(work.read("image_pool").select("image_id", "uri"), on="image_id")
        .join(task_paths(work.tables), on="task_id")
        .sort("image_id", "task_id")
    )
    questions = [
        Question({"path": path}, ImageRef(image, uri))
        for image, uri, path in pairs.select("image_id", "uri", "path").iter_rows()
    ]
    answers = work.ask(STAGE, questions, work.settings.ask)
    asked, failed = _split(pairs, answers, work.settings.ask)
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


def _split(
    pairs: pl.DataFrame, answers: list[Answer], model: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the questions that were had, and the pairs for which none was."""
    had, failed = [], []
    rows = pairs.select("image_id", "task_id").iter_rows()
    for (image, task), answer in zip(rows, answers, strict=True):
        if answer.value is None:
            failed.append((image, task, str(answer.outcome), answer.reason or "no reason given"))
            continue
        question, reply = answer.value["question"], answer.value["answer"]
        name = qa_id(image, task, question, reply)
        had.append((name, image, task, question, reply, model, STAGE.prompt_version))
    return (
        pl.DataFrame(had, schema=dict(RAW_QA.columns), orient="row"),
        pl.DataFrame(failed, schema=dict(QA_FAILURES.columns), orient="row"),
    )
