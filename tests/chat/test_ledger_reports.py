"""The ledger says how questions ended, what failed and why, and what was spent."""

from __future__ import annotations

import sqlalchemy as sa
from ledgers import BOTH, key, received

from resources.chat.ledger import Ledger, reports
from resources.chat.messages import Outcome


def fill(ledger: Ledger) -> None:
    ledger.record(
        [
            received(["a", "b"]),
            received(["c"], Outcome.INVALID, reason="prose", image_id="picture 1"),
            received(["d", "e"], Outcome.FAILED, reason="503", image_id="picture 2"),
            received(["f"], Outcome.REFUSED, reason="No.", stage="vote", model="other"),
            received(["g"], stage="vote", model="other", prompt_version="2"),
        ]
    )


@BOTH
def test_outcomes_are_counted_over_prompts(ledger: Ledger) -> None:
    fill(ledger)
    assert reports.outcomes(ledger).rows() == [
        ("filter", "m", "answered", 2),
        ("filter", "m", "failed", 2),
        ("filter", "m", "invalid", 1),
        ("vote", "other", "answered", 1),
        ("vote", "other", "refused", 1),
    ]


@BOTH
def test_most_frequent_reasons_come_first(ledger: Ledger) -> None:
    fill(ledger)
    assert reports.reasons(ledger).rows() == [
        ("filter", "m", "failed", "503", 2),
        ("filter", "m", "invalid", "prose", 1),
        ("vote", "other", "refused", "No.", 1),
    ]
    assert reports.reasons(ledger, limit=1).height == 1
    assert reports.reasons(ledger, stage="vote").rows() == [("vote", "other", "refused", "No.", 1)]


@BOTH
def test_every_failure_names_its_image_and_item(ledger: Ledger) -> None:
    fill(ledger)
    found = {item.key: item for item in reports.failures(ledger)}
    assert set(found) == {key(name) for name in "cdef"}
    paid, unpaid = found[key("c")], found[key("e")]
    assert (paid.image_id, paid.item, paid.attempts) == ("picture 1", {"path": "c"}, 1)
    assert (unpaid.image_id, unpaid.item, unpaid.attempts) == ("picture 2", {"path": "e"}, 0)
    assert (unpaid.outcome, unpaid.reason) == (Outcome.FAILED, "503")
    assert [item.stage for item in reports.failures(ledger, model="other")] == ["vote"]
    assert len(reports.failures(ledger, limit=2)) == 2


@BOTH
def test_what_failed_and_was_answered_later_is_no_failure(ledger: Ledger) -> None:
    fill(ledger)
    ledger.record([received(["c", "d", "e"])])
    assert [item.stage for item in reports.failures(ledger)] == ["vote"]


@BOTH
def test_spending_counts_what_was_asked_in_vain(ledger: Ledger) -> None:
    fill(ledger)
    ledger.record([received(["never answered"], Outcome.FAILED, stage="questions")])
    assert reports.spending(ledger).rows() == [
        ("filter", "m", 2, 20, 4, 0.5, 0.5, 2),
        ("questions", "m", 0, 0, 0, 0.0, None, 1),
        ("vote", "other", 2, 20, 4, 0.5, 0.5, 0),
    ]


@BOTH
def test_reports_of_an_empty_ledger_are_empty(ledger: Ledger) -> None:
    assert reports.outcomes(ledger).is_empty()
    assert reports.reasons(ledger).is_empty()
    assert reports.failures(ledger) == []
    assert reports.spending(ledger).is_empty()


def test_failures_are_found_without_reading_the_answers(ledger: Ledger) -> None:
    query = "EXPLAIN QUERY PLAN SELECT key FROM answers WHERE answers.outcome <> 0"
    with ledger.reading() as connection:
        (step,) = connection.execute(sa.text(query)).all()
    assert "INDEX unanswered" in step[3]
