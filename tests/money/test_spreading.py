"""Laws of the estimates: what is expected lies between what is least and most, and adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_assets.forecasting.spans import Span
from tg_assets.forecasting.spreading import packed_by, touched


@st.composite
def spans(draw: st.DrawFn) -> Span:
    eighths = draw(st.lists(st.integers(0, 10**7), min_size=3, max_size=3))
    return Span(*sorted(n / 8 for n in eighths))


def is_ordered(span: Span) -> bool:
    return span.low <= span.expected * (1 + 1e-9) and span.expected <= span.high * (1 + 1e-9)


@given(spans(), spans(), st.integers(1, 50))
def test_spread_questions_are_ordered_and_within_bounds(
    questions: Span, images: Span, limit: int
) -> None:
    about = touched(questions, images)
    assert is_ordered(about)
    assert about.high <= min(questions.high, images.high)
    requests = packed_by(limit, questions, about)
    assert is_ordered(requests)
    assert requests.high <= questions.high * (1 + 1e-9)


@given(st.integers(1, 10_000), st.integers(1, 60), st.integers(1, 20))
def test_equal_numbers_for_every_image_pack_exactly(images: int, each: int, limit: int) -> None:
    """As for a new shard: every image has its whole list of candidates."""
    questions, about = Span.exactly(images * each), Span.exactly(images)
    requests = packed_by(limit, questions, about)
    assert requests.expected == requests.high == images * -(-each // limit)


@given(spans(), spans())
def test_sums_and_products_keep_the_order(one: Span, other: Span) -> None:
    assert is_ordered(one + other)
    assert is_ordered(one * other)
    assert (one * 2.0).high == pytest.approx(2 * one.high)
