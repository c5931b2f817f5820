"""The assets `referee_scores` and `scored_qa`."""

from __future__ import annotations

import polars as pl

from tg_assets.artifact import UNANSWERED, Made, Work, artifact, unanswered
from tg_assets.pools import referees_pool
from tg_assets.referee_scores.prompts import stage
from tg_assets.referee_scores.questions import judged, questions
from tg_assets.referee_scores.scoring import agreement, score
from tg_assets.showing import plot
from tg_assets.tables import REFEREE_SCORES
from tg_assets.task_tree.paths import task_paths


@artifact("chat", pool=referees_pool)
def referee_scores(work: Work) -> Made:
    """One referee's votes on the shard's questions: 1, 0, or none, for a reason."""
    _, referee = work.keys
    sees = work.settings.referee_sees
    rows = judged(work.read("raw_qa"), work.read("image_pool"), task_paths(work.tables))
    answers = work.ask(stage(sees), questions(rows, sees), work.settings.referees[referee])
    frame = rows.select("qa_id").with_columns(
        vote=pl.Series([answer.value for answer in answers], dtype=pl.Int8),
        outcome=pl.Series([str(answer.outcome) for answer in answers], dtype=pl.String),
        reason=pl.Series([answer.reason for answer in answers], dtype=pl.String),
    )
    votes = frame["vote"]
    return Made(
        frame.select(*REFEREE_SCORES.columns),
        metadata={
            "votes 1": int((votes == 1).sum()),
            "votes 0": int((votes == 0).sum()),
            "no verdict": votes.null_count(),
        },
        facts={UNANSWERED: unanswered(answers)},
        preview=rows.select("path", "question", "answer").hstack(frame.select("vote", "reason")),
    )


@artifact("polars")
def scored_qa(work: Work) -> Made:
    """The shard's questions with the votes of all referees: where agreement is checked."""
    ballots = {key.split("|")[1]: frame for key, frame in work.read_each("referee_scores")}
    frame = score(work.read("raw_qa"), ballots)
    from tg_assets.balanced_dataset.plots import plot_scores, plot_votes  # matplotlib

    scores = frame.group_by("score").len().sort("score")
    return Made(
        frame,
        metadata={f"score {value}": count for value, count in scores.iter_rows()}
        | {f"agreement of {pair}": round(share, 4) for pair, share in agreement(frame).items()}
        | {"scores": plot(plot_scores(frame["score"])), "votes": plot(plot_votes(frame))},
        preview=frame.select("question", "answer", "score"),
    )
