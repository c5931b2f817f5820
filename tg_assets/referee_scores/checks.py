"""The suites of `referee_scores` and `scored_qa`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tg_assets.referee_scores.calibration import accuracy_on_known_answers
from tg_assets.referee_scores.scoring import agreement
from tg_assets.suites import Measure, Subject, Suite, between, first_reason, one_of


def _votes(subject: Subject) -> Sequence[Measure]:
    questions = subject.frame.height
    return [
        Measure(
            "share of questions without vote",
            subject.frame["vote"].null_count() / questions if questions else None,
            high=subject.settings.checks.max_failed_requests,
            advice=first_reason(subject.frame, pl.col("vote").is_null())
            + "The column reason has them all; the next run asks again.",
        ),
        Measure(
            "accuracy on known answers",
            accuracy_on_known_answers(subject),
            low=subject.settings.checks.min_referee_accuracy,
            advice="Compare the referee's votes with the scene graphs of the rendered images.",
        ),
    ]


def without_ballot(subject: Subject) -> int:
    """Count the questions that a referee was never asked about, over all referees."""
    (shard,) = subject.keys
    return sum(
        subject.frame.join(
            subject.tables.read("referee_scores", shard, referee), on="qa_id", how="anti"
        ).height
        for referee in subject.settings.referees
    )


def _scores(subject: Subject) -> Sequence[Measure]:
    least = subject.settings.checks.min_referee_agreement
    alike = [
        Measure(
            f"agreement of {pair}",
            share,
            low=least,
            advice="Referees that agree this little judge different things: look at their votes.",
        )
        for pair, share in agreement(subject.frame).items()
    ]
    ballots = Measure(
        "questions without a ballot",
        without_ballot(subject),
        high=0,
        advice="The referee's votes are older than the questions: materialize them again.",
    )
    return [ballots, *alike]


REFEREE_SCORES = Suite("referee_scores", [one_of("vote", [0, 1])], _votes)
SCORED_QA = Suite("scored_qa", [between("score", 0, None)], _scores)
