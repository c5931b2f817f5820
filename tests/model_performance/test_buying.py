"""What is known of models, and buying more of a galaxy's models: within the budget, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from answered_tasks import BAD, GOOD, SHY
from fixtures import RunningServer
from schema_server import Behaviour

from resources.galaxy import Galaxy
from tg_assets.model_performance.buying import outcomes
from tg_assets.model_performance.evidence import Evidence
from tg_assets.model_performance.opening import of_galaxy
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.query import make_query
from tg_assets.settings import load_settings

SETTINGS = """
  MODEL: {provider: openai, model: schema, base_url: "URL", api_key_env: null, max_attempts: 1,
    price: {input: 1, output: 1}}
"""
COUNTING = {"generator": "how-many-2d"}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    running = RunningServer(Behaviour())
    yield running
    running.stop()


@pytest.fixture
def galaxy(answered: Path, server: RunningServer) -> Iterator[Galaxy]:
    file = answered.with_name("buying.yaml")
    settings = SETTINGS.replace("URL", server.url).replace("MODEL", GOOD)
    file.write_text(answered.read_text() + settings)
    opened = Galaxy(load_settings(file))
    yield opened
    opened.close()


def test_a_reply_that_names_no_option_says_nothing_of_a_plan(galaxy: Galaxy) -> None:
    evidence: Evidence = of_galaxy(galaxy)
    assert evidence.models == (GOOD, BAD, SHY)
    assert evidence.known is not None
    assert set(evidence.known["model"]) == {GOOD, BAD}
    assert evidence.known.filter(pl.col("model") == GOOD)["correct"].to_list() == [1.0] * 48
    with pytest.raises(QueryError, match="of shy no reply named an option"):
        evidence.answer(make_query("debug", model=SHY, budget=0))


def test_what_is_bought_stays_within_the_budget_and_is_bought_once(
    galaxy: Galaxy, server: RunningServer
) -> None:
    evidence = of_galaxy(galaxy, ("--config", "g.yaml"), buys=True)
    query = make_query("top-k", model=GOOD, plans=COUNTING, budget=4, way="random")
    found = evidence.answer(query, more=20)
    assert (found.spent, found.free) == (4, 12)
    assert 0 < len(server.log) <= 4
    assert found.failed["reason"].null_count() == 0
    assert all(entry["shows_image"] for entry in server.log)
    asked = len(server.log)
    again = evidence.answer(query, more=20)
    assert again.found.equals(found.found)
    assert evidence.command(query, 20).endswith("--plans 20 --config g.yaml --buy")
    free = evidence.answer(query.model_copy(update={"budget": 0}), more=20)
    assert free.spent == 0
    assert len(server.log) == asked


def test_an_evaluation_is_the_share_of_right_replies_or_has_a_reason() -> None:
    plans = pl.DataFrame({"generator": ["g"] * 4, "index": [3, 1, 2, 0]})
    answers = pl.DataFrame(
        {
            "generator": ["g"] * 5,
            "plan_index": [1, 1, 1, 2, 3],
            "correct": [True, False, None, None, None],
            "reason": [None, None, None, None, "the server is gone"],
        }
    )
    lost = pl.DataFrame({"generator": ["g"], "index": [0], "reason": ["no room"]})
    assert outcomes(plans, answers, lost).rows() == [
        (None, "the server is gone"),
        (0.5, None),
        (None, "no reply named an option"),
        (None, "no room"),
    ]


def test_a_model_that_the_settings_lack_cannot_be_asked(galaxy: Galaxy) -> None:
    evidence = of_galaxy(galaxy, buys=True)
    query = make_query("top-k", model=BAD, plans=COUNTING, budget=2, way="random")
    with pytest.raises(QueryError, match="cannot be asked: the settings have no model of that"):
        evidence.answer(query, more=10)
