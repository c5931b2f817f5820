"""The suite of `raw_qa`."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.suites import Measure, Subject, Suite, matching


def _measures(subject: Subject) -> Sequence[Measure]:
    (shard,) = subject.keys
    failed = subject.tables.read("qa_failures", shard).height
    asked = failed + subject.frame.height
    return [
        Measure(
            "share of pairs without question",
            failed / asked if asked else None,
            high=subject.settings.checks.max_failed_requests,
            advice="The table qa_failures says why; the next run asks them again.",
        )
    ]


SUITE = Suite("raw_qa", [matching("question", r"\S"), matching("answer", r"\S")], _measures)
