"""The table of changes in the documents is what is measured, every row of it."""

from __future__ import annotations

import pytest

from benchmarks import changes

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("refresh")]


@pytest.fixture
def quick_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots are most of what a small dataset takes, and none of what is counted here."""
    from tg_assets.balanced_dataset import plots

    monkeypatch.setattr(plots, "_png", lambda _: b"")


@pytest.mark.usefixtures("quick_plots")
def test_the_table_in_the_documents_is_what_each_change_ran_and_asked() -> None:
    text = changes.DOCUMENT.read_text("utf-8")
    measured = changes.table(changes.measure())
    assert measured.count("\n") > 10
    assert changes.with_table(text, measured) == text, measured
