"""What a forecast makes of requests: replies, dollars and time, by what was paid for before."""

from __future__ import annotations

import pytest

from tg_assets.forecasting.known import Paid
from tg_assets.forecasting.meters import Meter
from tg_assets.forecasting.spans import Span
from tg_assets.settings_models import EmbeddedModel, OpenAIModel

HUNDRED = Span.exactly(100.0)
PAID = {("vote", "far"): Paid(400, 400, completion_tokens=6.0, latency_s=2.0)}


class Limited(OpenAIModel):
    """Settings of a provider that has limits and a discount."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    discount: float = 1.0


def far(**given: object) -> Limited:
    raw = {"provider": "openai", "model": "gpt-4o", "concurrency": 10, **given}
    return Limited.model_validate(raw)


def test_replies_are_as_long_as_those_paid_for_before() -> None:
    tokens = Meter("far", far(), PAID).completion("vote", HUNDRED, HUNDRED)
    assert tokens.expected == pytest.approx(600)
    assert 450 < tokens.low < 600 < tokens.high < 800


def test_replies_nobody_has_seen_are_a_wide_range_within_max_tokens() -> None:
    tokens = Meter("far", far(max_tokens=100), {}).completion("questions", HUNDRED, HUNDRED)
    assert tokens.high == 10_000
    assert tokens.low < tokens.expected / 2


def test_a_reasoning_model_may_think_up_to_max_tokens() -> None:
    thinking = far(model="o3", max_tokens=4000)
    tokens = Meter("far", thinking, {}).completion("vote", HUNDRED, HUNDRED)
    assert tokens.high == 400_000


def test_time_is_that_of_the_measured_latency_or_of_the_tighter_limit() -> None:
    thousand = HUNDRED * 10.0
    assert Meter("far", far(), PAID).seconds("vote", HUNDRED, thousand).expected == 20
    slow = far(requests_per_minute=60)
    assert Meter("far", slow, PAID).seconds("vote", HUNDRED, thousand).expected == 100
    slower = far(requests_per_minute=60, tokens_per_minute=100)
    assert Meter("far", slower, PAID).seconds("vote", HUNDRED, thousand).expected == 600


def test_a_batch_pays_its_share_and_the_embedded_model_nothing() -> None:
    whole = Meter("far", far(), {}).cost(HUNDRED, HUNDRED)
    half = Meter("far", far(discount=0.5), {}).cost(HUNDRED, HUNDRED)
    assert whole.expected == pytest.approx(100 * (2.5 + 10) / 1e6)
    assert half.expected == pytest.approx(whole.expected / 2)
    embedded = EmbeddedModel(provider="embedded")
    assert Meter("embedded", embedded, {}).cost(HUNDRED, HUNDRED) == Span()
