from __future__ import annotations

import re
from html.parser import HTMLParser

import polars as pl
from small_galaxy import facts, galaxy, picture, tree

from tg_assets.balanced_dataset.counts import agreements, size_bins, votes_per_referee
from tg_assets.balanced_dataset.report import example_samples, render_report

MADE = galaxy(images=60, task_types=30)
VOID = {"meta", "img", "line", "rect"}


class Balance(HTMLParser):
    """Checks that every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def report(samples: pl.DataFrame = MADE.samples, **changes: object) -> str:
    return render_report(facts(**changes), samples, tree(30), lambda image_id: picture(3))


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    page = report()
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    assert "url(" not in page


def test_the_page_shows_examples_with_their_pictures() -> None:
    page = report()
    assert page.count('class="example"') == 24
    assert page.count("data:image/png;base64,") == 24


def test_text_from_outside_cannot_become_html() -> None:
    evil = "<img src=x onerror=alert(1)>"
    samples = MADE.samples.with_columns(
        question=pl.lit(evil), answer=pl.lit(evil), path=pl.lit(f"{evil}~b"), license=pl.lit(evil)
    )
    page = report(samples, name=evil, embedded_notice=evil, licence_because=evil)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_picture_that_is_gone_leaves_a_gap_not_an_error() -> None:
    def gone(image_id: str) -> bytes:
        raise FileNotFoundError(image_id)

    page = render_report(facts(), MADE.samples, tree(30), gone)
    assert page.count("the image cannot be read any more") == 24


def test_an_empty_dataset_has_a_report() -> None:
    page = report(MADE.samples.clear())
    assert "<b>0</b><span>samples</span>" in page


def test_examples_show_different_task_types_and_images() -> None:
    chosen = example_samples(MADE.samples, 10)
    assert chosen.height == chosen["task_id"].n_unique() == chosen["image_id"].n_unique() == 10
    assert chosen.columns == MADE.samples.columns


def test_votes_and_agreement_are_counted_without_the_missing_verdicts() -> None:
    kind = MADE.samples.schema["votes"]
    ballots = [(1, 1, 0), (1, 0, None), (1, 1, None)]
    votes = [
        [{"referee": r, "vote": v} for r, v in zip("abc", ballot, strict=True)]
        for ballot in ballots
    ]
    samples = pl.DataFrame({"votes": pl.Series(votes, dtype=kind)})
    assert [(v.referee, v.fits, v.does_not, v.no_verdict) for v in votes_per_referee(samples)] == [
        ("a", 3, 0, 0),
        ("b", 2, 1, 0),
        ("c", 0, 1, 2),
    ]
    pairs = {(p.first, p.second): (p.same, p.both) for p in agreements(samples)}
    assert pairs == {("a", "b"): (2, 3), ("a", "c"): (0, 1), ("b", "c"): (0, 1)}


def test_task_types_are_counted_by_their_size() -> None:
    samples = pl.DataFrame({"task_id": ["a"] * 55 + ["b"] * 5 + ["c"] * 6 + ["d"]})
    assert [(name, n) for name, n in size_bins(samples) if n] == [
        ("1-5", 2),
        ("6-10", 1),
        ("51-55", 1),
    ]
    assert len(size_bins(samples)) == 11
    assert size_bins(samples.clear()) == []
