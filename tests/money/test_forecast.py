"""A forecast is held to the bill of the server that was asked.

The tests share one galaxy and go on from each other's state, in the order they stand here.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from counting_server import CountingServer
from fixtures import RunningServer
from priced_galaxy import SEEDS, TOP_K, PricedGalaxy, billed
from schema_server import Behaviour
from vocabularies import tiktoken_of

from tg_assets.cli import app
from tg_assets.forecasting.forecast import Forecast
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.spans import Span
from tg_assets.tables_io import TableStore

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("forecast")]
PHOTOS = 10
BOB = 0.8


@dataclass
class Priced:
    """The galaxy, its server, and how much of the log earlier tests have seen."""

    galaxy: PricedGalaxy
    server: RunningServer
    seen: int = 0

    def run(self) -> list[dict[str, Any]]:
        """Run a pass; return what the server billed in it."""
        self.galaxy.run()
        log = self.server.log[self.seen :]
        self.seen = len(self.server.log)
        return log


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Priced]:
    folder = tmp_path_factory.mktemp("priced")
    encoding = tiktoken_of("o200k_base", tmp_path_factory.mktemp("vocabularies"))
    server = RunningServer(Behaviour(), CountingServer(encoding))
    yield Priced(PricedGalaxy(folder, server.url, PHOTOS), server)
    server.stop()


def holds(span: Span, value: float) -> bool:
    return span.low - 1e-9 <= value <= span.high + 1e-9


def lines_of(forecast: Forecast) -> dict[str, Line]:
    return {line.stage: line for line in forecast.lines}


def plain(span: Span) -> str:
    if span.is_known:
        return f"{span.expected:,.0f} exactly"
    return f"{span.expected:,.0f} ({span.low:,.0f} to {span.high:,.0f})"


def dollars(log: list[dict[str, Any]]) -> float:
    return sum(2.5 * e["prompt_tokens"] + 10 * e["completion_tokens"] for e in log) / 1e6


def assert_held(forecast: Forecast, log: list[dict[str, Any]]) -> None:
    """Compare each stage, and the whole, with what was billed."""
    for line in forecast.lines:
        for span in (line.questions, line.requests, line.prompt, line.completion, line.seconds):
            assert span.low <= span.expected <= span.high, (line.stage, span)
    for stage, found in billed(log).items():
        told = [line for line in forecast.lines if line.asks == stage]
        for what, value in (
            ("requests", found.requests),
            ("prompt", found.prompt_tokens),
            ("completion", found.completion_tokens),
        ):
            span = sum((getattr(line, what) for line in told), Span())
            print(f"{stage:10} {what:10} forecast {plain(span)}, billed {value:,}")
            assert holds(span, value), (stage, what, value, span)
    cost = forecast.total("cost")
    print(f"dollars forecast {cost.expected:.4f} ({cost.low:.4f} to {cost.high:.4f}), ", end="")
    print(f"billed {dollars(log):.4f}")
    assert holds(cost, dollars(log)), (dollars(log), cost)


def test_an_empty_galaxy_is_forecast_without_registering_anything(priced: Priced) -> None:
    forecast = priced.galaxy.forecast()
    assert not priced.galaxy.home.exists()
    assert forecast.new_shards == 1
    assert forecast.new_seeds == len(SEEDS) + sum(map(len, SEEDS.values()))
    lines = lines_of(forecast)
    assert lines["filtered_pairs"].further.high == PHOTOS * TOP_K
    assert lines["filtered_pairs"].further_requests.high == PHOTOS
    assert any("nothing measured yet" in line for line in forecast.assumptions)
    assert_held(forecast, priced.run())


def test_a_finished_galaxy_would_cost_nothing(priced: Priced) -> None:
    forecast = priced.galaxy.forecast()
    assert forecast.total("requests") == Span()
    assert forecast.total("cost") == Span()
    assert forecast.assumptions == []


@pytest.fixture
def home_as_it_was(priced: Priced) -> Iterator[Path]:
    """The home, to be damaged by a test and put back after it."""
    home, aside = priced.galaxy.home, priced.galaxy.folder / "aside"
    shutil.copytree(home, aside)
    yield home
    shutil.rmtree(home)
    aside.rename(home)


def test_a_lost_table_costs_nothing_for_the_ledger_knows(
    priced: Priced, home_as_it_was: Path
) -> None:
    shutil.rmtree(home_as_it_was / "tables" / "raw_qa")
    forecast = priced.galaxy.forecast()
    assert forecast.total("requests") == Span()
    lines = lines_of(forecast)
    assert lines["raw_qa"].partitions == 1
    assert lines["raw_qa"].known > 0
    assert lines["referee_scores ada"].known == lines["raw_qa"].known


def test_a_lost_ledger_costs_nothing_for_what_is_made(priced: Priced, home_as_it_was: Path) -> None:
    for path in (home_as_it_was / "state").glob("ledger.sqlite*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert priced.galaxy.forecast().total("requests") == Span()


def test_a_question_that_failed_is_asked_again_and_what_hangs_on_it(
    priced: Priced, home_as_it_was: Path
) -> None:
    """As after a pass in which one request failed: its table says so, the ledger has no answer."""
    tables = TableStore(str(home_as_it_was))
    (shard,) = tables.partitions("filtered_pairs")
    stamp = tables.stamp("filtered_pairs", shard)
    assert stamp is not None
    frame = tables.read("filtered_pairs", shard)
    facts = {**stamp.facts, "unanswered": 1}
    tables.write("filtered_pairs", frame, shard, inputs=stamp.inputs, facts=facts)
    with sqlite3.connect(home_as_it_was / "state" / "ledger.sqlite") as ledger:
        ledger.execute(
            "DELETE FROM answers WHERE key = (SELECT min(key) FROM answers WHERE asking IN "
            "(SELECT id FROM askings WHERE stage = 'filter'))"
        )
    ledger.close()
    lines = lines_of(priced.galaxy.forecast())
    assert lines["filtered_pairs"].questions == Span.exactly(1)
    assert lines["filtered_pairs"].known == PHOTOS * TOP_K - 1
    assert lines["raw_qa"].certain == 0
    assert lines["raw_qa"].questions.high <= 1


def test_known_requests_are_counted_as_they_are_billed(priced: Priced) -> None:
    """The filter gets other parameters: every question that it is asked is known beforehand."""
    priced.galaxy.parameters = {"filter": {"temperature": 0.7}}
    forecast = priced.galaxy.forecast()
    log = priced.run()
    filtered, bill = lines_of(forecast)["filtered_pairs"], billed(log)
    assert filtered.certain == PHOTOS * TOP_K
    assert filtered.further == Span()
    assert filtered.certain_requests == bill["filter"].requests
    assert filtered.certain_prompt == pytest.approx(bill["filter"].prompt_tokens, rel=0.02)
    assert "growth" not in bill
    assert_held(forecast, log)


def test_new_images_are_a_range_and_a_new_referees_votes_on_old_ones_exact(
    priced: Priced,
) -> None:
    galaxy = priced.galaxy
    old = set(galaxy.images())
    galaxy.drawn = 10
    galaxy.parameters["bob"] = {"temperature": BOB}
    forecast = galaxy.forecast()
    assert forecast.new_shards == 1
    lines = lines_of(forecast)
    assert lines["task_tree"].requests == Span()
    assert any("measured on" in line for line in forecast.assumptions)
    log = priced.run()
    assert_held(forecast, log)
    bob = lines["referee_scores bob"]
    votes = [e for e in log if e["temperature"] == BOB and e["image_id"] in old]
    assert bob.certain_requests == len(votes) > 0
    assert bob.certain_prompt == pytest.approx(sum(e["prompt_tokens"] for e in votes), rel=0.02)
    cost, span = dollars(log), forecast.total("cost")
    assert span.high < 3 * span.low  # measured, it is no longer anybody's guess
    assert cost == pytest.approx(span.expected, rel=0.35)


def test_new_task_types_are_a_range_that_holds(priced: Priced) -> None:
    priced.galaxy.seeds = {**SEEDS, "comparison": ["tallest object", "brightest part"]}
    forecast = priced.galaxy.forecast()
    assert forecast.new_shards == 0
    assert forecast.new_seeds == 3
    filtered = lines_of(forecast)["filtered_pairs"]
    assert filtered.certain == 0
    assert filtered.known == 20 * TOP_K
    assert 0 < filtered.further.expected < filtered.further.high <= 20 * 3
    assert_held(forecast, priced.run())


def test_the_command_shows_it_and_says_what_it_rests_on(
    priced: Priced, capsys: pytest.CaptureFixture[str]
) -> None:
    priced.galaxy.photos = 12
    priced.galaxy.settings()
    config = str(priced.galaxy.folder / "galaxy.yaml")
    app(["forecast", "-c", config, "--json"], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert said["new_shards"] == 1
    assert {stage["stage"] for stage in said["stages"]} == set(lines_of(priced.galaxy.forecast()))
    total = said["total"]["cost_usd"]
    assert 0 < total["low"] < total["expected"] < total["high"]
    app(["forecast", "-c", config], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "expected, from $" in shown
    assert "o200k_base" in shown
