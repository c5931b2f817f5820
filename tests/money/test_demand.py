"""A request's demand is the most that it may use; its price is the settings' or the list's."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from resources.chat.images import encode
from resources.chat.messages import ChatRequest, ImageRef
from resources.chat.money.demand import MARGIN, counted, demand_of
from resources.chat.money.prices import list_price
from resources.chat.money.sent_size import sent_size
from tg_assets.checking import describe
from tg_assets.ids import image_id
from tg_assets.settings import SettingsError, load_settings
from tg_assets.settings_models import OpenAIModel

REQUEST = ChatRequest("vote", "Is it red?", "vote", {"type": "object"})


def model(**given: Any) -> OpenAIModel:
    return OpenAIModel.model_validate({"provider": "openai", "model": "gpt-4o", **given})


@given(width=st.integers(1, 700), height=st.integers(1, 700), side=st.sampled_from([64, 100, 333]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_size_counted_is_the_size_sent(
    width: int, height: int, side: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / f"{width}x{height}.png"
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(file)
    encoded = encode(ImageRef(image_id(file.read_bytes()), str(file)), side)
    with Image.open(io.BytesIO(base64.b64decode(encoded.base64))) as sent:
        assert sent.size == sent_size(width, height, side)


def test_demand_covers_the_whole_reply_and_more_than_the_prompt() -> None:
    settings = model(max_tokens=500, price={"input": 2.0, "output": 8.0})
    tokens = counted(settings, REQUEST, [(3000, 2000)])
    assert tokens.image == 765  # 1024 x 683, as it is sent: 4 tiles
    demand = demand_of(settings, REQUEST, [(3000, 2000)])
    assert tokens.total < demand.prompt_tokens <= tokens.total * MARGIN + 1
    assert demand.completion_tokens == 500
    assert demand.cost_usd == pytest.approx((demand.prompt_tokens * 2 + 500 * 8) / 1e6)
    assert demand_of(settings, REQUEST).prompt_tokens < demand.prompt_tokens
    half = demand_of(settings, REQUEST, [(3000, 2000)], discount=0.5)
    assert half.cost_usd == pytest.approx(demand.cost_usd / 2)


def test_detail_low_costs_less() -> None:
    assert counted(model(image_detail="low"), REQUEST, [(3000, 2000)]).image == 85


def test_a_model_without_a_price_has_its_list_price() -> None:
    price = model().price
    assert (price.input, price.output) == (2.5, 10.0)
    assert price.source is not None
    assert "20" in price.source
    assert "https://" in price.source
    assert model(model="gpt-4o-2024-08-06").price == price
    assert model(model="gpt-4o-2024-05-13").price.input == 5.0


def test_a_price_of_the_settings_goes_before_the_list() -> None:
    price = model(price={"input": 1, "output": 2}).price
    assert (price.input, price.output, price.source) == (1, 2, None)


@pytest.mark.parametrize(
    "given", [{"model": "gpt-nobody"}, {"base_url": "http://127.0.0.1:8000/v1"}]
)
def test_a_price_nobody_knows_is_asked_for(given: dict[str, str], tmp_path: Path) -> None:
    """An endpoint of somebody else has a price of its own, whatever its model is called."""
    raw = {"provider": "openai", "model": "gpt-4o", "api_key_env": None, **given}
    file = settings_file(tmp_path, raw)
    with pytest.raises(SettingsError, match=r"models.far.price: is missing; say what it costs"):
        load_settings(file)


def test_check_says_where_prices_are_from(tmp_path: Path) -> None:
    file = settings_file(tmp_path, {"provider": "openai", "model": "gpt-4o", "api_key_env": None})
    lines = [line for line in describe(load_settings(file)) if line.startswith("price of far")]
    assert len(lines) == 1
    assert "$2.5 in, $10 out" in lines[0]
    assert "list price of 20" in lines[0]
    assert "https://developers.openai.com" in lines[0]


def test_every_list_price_is_a_price() -> None:
    from resources.chat.money.prices import _listed

    for models in _listed().values():
        for name, price in models.items():
            assert 0 < price.input < price.output, name
            assert price.cached_input is None or price.cached_input < price.input, name
            assert price.batch <= 1
            assert price.source.startswith("https://")
            assert price.date > "2026"
    assert list_price("gpt-4o", "https://api.openai.com/v1") is not None


def settings_file(folder: Path, far: dict[str, Any]) -> Path:
    file = folder / "galaxy.yaml"
    raw = {
        "name": "priced",
        "sources": [{"kind": "rendered", "name": "drawn", "count": 1}],
        "task_tree": {"model": "far"},
        "filter": "far",
        "ask": "far",
        "referees": {"ada": "far"},
        "dataset": {"min_score": 1},
        "models": {"far": far},
    }
    file.write_text(yaml.safe_dump(raw))
    return file
