"""The table of changes in the documents is what is measured.

Its first rows are measured here; all of them by `python -m benchmarks.changes --write`.
"""

from __future__ import annotations

import pytest

from benchmarks import changes

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("refresh")]


@pytest.fixture
def quick_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots are most of what a small dataset takes, and none of what is counted here."""
    from tg_assets.balanced_dataset import plots

    monkeypatch.setattr(plots, "png_of", lambda _: b"")


@pytest.mark.usefixtures("quick_plots")
def test_the_table_in_the_documents_is_what_each_change_ran_and_asked() -> None:
    documented = changes.documented().splitlines()
    measured = changes.table(changes.measure(changes.CHANGES[: changes.QUICK]))
    heading = len(measured.splitlines()) - changes.QUICK
    assert "\n".join(documented[: heading + changes.QUICK]) == measured, measured


def test_the_table_in_the_documents_has_a_row_for_every_change() -> None:
    rows = changes.documented().splitlines()[-len(changes.CHANGES) :]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [
        name for name, _ in changes.CHANGES
    ]
