"""The suite of `filtered_pairs`."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.suites import Measure, Subject, Suite


def _measures(subject: Subject) -> Sequence[Measure]:
    pairs = subject.frame.height
    limits = subject.settings.checks
    return [
        Measure(
            "share of pairs without verdict",
            subject.frame["kept"].null_count() / pairs if pairs else None,
            high=limits.max_failed_requests,
            advice="The column reason says why; the next run asks them again.",
        ),
        Measure(
            "share of pairs kept",
            float(subject.frame["kept"].sum()) / pairs if pairs else None,
            low=limits.min_kept_pairs,
            advice="A filter that keeps next to nothing saw other images or labels than meant.",
        ),
    ]


SUITE = Suite("filtered_pairs", measures=_measures)
