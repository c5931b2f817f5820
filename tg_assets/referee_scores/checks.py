"""The suites of `referee_scores` and `scored_qa`."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.referee_scores.calibration import accuracy_on_known_answers
from tg_assets.referee_scores.scoring import agreement
from tg_assets.suites import Measure, Subject, Suite, between, one_of


def _votes(subject: Subject) -> Sequence[Measure]:
    questions = subject.frame.height
    return [
        Measure(
            "share of questions without vote",
            subject.frame["vote"].null_count() / questions if questions else None,
            high=subject.settings.checks.max_failed_requests,
            advice="The column reason says why; the next run asks them again.",
        ),
        Measure(
            "accuracy on known answers",
            accuracy_on_known_answers(subject),
            low=subject.settings.checks.min_referee_accuracy,
            advice="Compare the referee's votes with the scene graphs of the rendered images.",
        ),
    ]


def _scores(subject: Subject) -> Sequence[Measure]:
    least = subject.settings.checks.min_referee_agreement
    return [
        Measure(
            f"agreement of {pair}",
            share,
            low=least,
            advice="Referees that agree this little judge different things: look at their votes.",
        )
        for pair, share in agreement(subject.frame).items()
    ]


REFEREE_SCORES = Suite("referee_scores", [one_of("vote", [0, 1])], _votes)
SCORED_QA = Suite("scored_qa", [between("score", 0, None)], _scores)
