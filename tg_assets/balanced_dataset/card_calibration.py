"""The card's section on the referees: what their votes on known answers say of the dataset."""

from __future__ import annotations

from tg_assets.balanced_dataset.card_parts import markdown_table
from tg_assets.balanced_dataset.facts import CalibrationFacts


def calibration_section(facts: CalibrationFacts) -> str:
    """Return the section; empty where the referees were not tried."""
    if not facts.rates:
        return ""
    rates = [
        (
            line.referee,
            line.kind,
            f"{line.right:,} of {line.votes:,}",
            f"{line.low:.0%} to {line.high:.0%}",
        )
        for line in facts.rates
    ]
    parts = [
        "## How far the referees can be trusted",
        "Each referee voted on pairs of question and answer that are known, from the scene graphs "
        "of rendered pictures, to be right, or wrong in one way.",
        markdown_table(("referee", "pairs that are", "votes that are right", "95 %"), rates),
    ]
    if facts.thresholds:
        parts += [_expected(facts), _thresholds(facts)]
    if facts.better is not None:
        parts.append(f"By these, `min_score: {facts.better}` serves best.")
    return "\n\n".join(parts)


def _expected(facts: CalibrationFacts) -> str:
    share = (
        "half of the questions that are voted on are right"
        if facts.share_right is None
        else f"{facts.share_right:.0%} of the questions that are voted on are right, as their "
        "votes suggest"
    )
    return (
        f"Expected of the votes needed, if {share}, faults are of all kinds alike, votes are "
        "independent of each other given whether a question is right, and referees judge other "
        "pictures as they judge these:"
    )


def _thresholds(facts: CalibrationFacts) -> str:
    rows = [
        (
            f">= {line.min_score}",
            "" if line.precision is None else f"{line.precision:.1%}",
            f"{line.recall:.1%}",
            "" if line.f1 is None else f"{line.f1:.1%}",
        )
        for line in facts.thresholds
    ]
    return markdown_table(("votes", "precision", "recall", "F1"), rows)
