"""The asset `cot_answers`."""

from __future__ import annotations

import polars as pl

from resources.chat.messages import Answer
from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.cot_answers.prompts import STAGE, as_text
from tg_assets.cot_answers.questions import questions
from tg_assets.pools import chat_pool
from tg_assets.showing import some, thumbnails
from tg_assets.tables import COT_ANSWERS


@artifact("chat", pool=lambda settings: chat_pool(settings, settings.cot))
def cot_answers(work: Work) -> Made:
    """A step-by-step answer for each sample, when the settings name a model under `cot`."""
    model = work.settings.cot
    if model is None:
        return Made(COT_ANSWERS.empty(), metadata={"off": "name a model under cot to have them"})
    samples = work.read("balanced_dataset").sort("image_id", "sample_id")
    answers = work.ask(STAGE, questions(samples), model)
    frame = _rows(samples, answers, model)
    shown = samples.join(frame, on="sample_id").filter(pl.col("cot_answer").is_not_null())
    columns = ("uri", "image_id", "path", "question", "cot_answer")
    return Made(
        frame,
        metadata={
            "samples without a step-by-step answer": frame["cot_answer"].null_count(),
            "end with the sample's own answer": int(frame["same_answer"].sum()),
            "examples": thumbnails(some(shown, "sample_id").select(columns).iter_rows()),
        },
        facts={UNANSWERED: unanswered(answers)},
        preview=some(shown, "sample_id").select("question", "answer", "cot_answer"),
    )


def _rows(samples: pl.DataFrame, answers: list[Answer], model: str) -> pl.DataFrame:
    rows = [
        {
            "sample_id": sample,
            "cot_answer": None if answer.value is None else as_text(answer.value),
            "same_answer": None if answer.value is None else _same(own, answer.value["answer"]),
            "outcome": str(answer.outcome),
            "reason": answer.reason,
            "model": model,
            "prompt_version": STAGE.prompt_version,
        }
        for (sample, own), answer in zip(
            samples.select("sample_id", "answer").iter_rows(), answers, strict=True
        )
    ]
    return pl.DataFrame(rows, schema=dict(COT_ANSWERS.columns))


def _same(first: str, second: str) -> bool:
    """Whether two answers are the same words, whatever their case and closing mark."""
    return _plain(first) == _plain(second)


def _plain(answer: str) -> str:
    return " ".join(answer.casefold().split()).rstrip(".!")
