"""`tg ledger` and `tg costs` as a user meets them."""

from __future__ import annotations

import uuid
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from resources.chat.ledger import Ledger, Received
from resources.chat.messages import Answer, ChatReply, Outcome
from resources.galaxy import Galaxy
from tg_assets.cli import app
from tg_assets.filtered_pairs.prompts import STAGE
from tg_assets.ids import digest
from tg_assets.recipes import recipe
from tg_assets.settings import load_settings

COMMANDS = (["ledger", "failures"], ["ledger", "outcomes"], ["ledger", "replay"], ["costs"])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    model = {
        "filter": "embedded",
        "ask": "embedded",
        "referees": {"ada": "embedded", "bob": "embedded"},
    }
    file = tmp_path / "galaxy.yaml"
    settings = {
        "name": "small",
        "home": str(tmp_path / "home"),
        "sources": [{"kind": "rendered", "name": "drawn", "count": 2}],
        "task_tree": {"seeds": "embedded", "model": "embedded"},
        **model,
    }
    file.write_bytes(orjson.dumps(settings))  # JSON is YAML
    return file


def tg(config: Path, *words: str) -> Result:
    result = CliRunner().invoke(app, [*words, "--config", str(config)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(config: Path, *words: str) -> object:
    result = tg(config, *words, "--json")
    assert result.exit_code == 0, result.output
    return orjson.loads(result.stdout)


def _response(names: list[str], outcome: Outcome, raw: str, value: object = None) -> Received:
    paid = outcome != Outcome.FAILED
    return Received(
        uuid.uuid4().hex,
        STAGE.name,
        "cheap",
        STAGE.prompt_version,
        "picture 1",
        [digest(name) for name in names],
        [{"path": name} for name in names],
        ChatReply(Outcome.ANSWERED if paid else outcome, "", raw, 1000, 20, 0.0125, 2.0),
        [Answer(outcome, value, None if value else f"{outcome}: why") for _ in names],
    )


@pytest.fixture
def filled(config: Path) -> Path:
    """A ledger with an answer, a reply that only a better parser reads, and a failed request."""
    ledger = Ledger(f"sqlite:///{config.parent}/home/state/ledger.sqlite")
    readable = '{"embedded": "Sure: {\\"suitable\\": [1], \\"unsuitable\\": []}"}'
    ledger.record(
        [
            _response(["ocr"], Outcome.ANSWERED, '{"embedded": "{}"}', True),
            _response(["counting"], Outcome.INVALID, readable),
            _response(["charts", "maps"], Outcome.FAILED, ""),
        ]
    )
    ledger.close()
    return config


@pytest.mark.parametrize("words", COMMANDS)
def test_where_no_ledger_is_the_command_says_so_and_makes_none(
    config: Path, words: list[str]
) -> None:
    result = tg(config, *words)
    assert result.exit_code == 0
    assert "There is no ledger at sqlite:///" in result.output
    assert "tg run makes it" in result.output
    assert not (config.parent / "home").exists()
    assert isinstance(told(config, *words), dict)


@pytest.mark.parametrize("words", COMMANDS)
def test_empty_ledger_is_no_trouble(config: Path, words: list[str]) -> None:
    Ledger(f"sqlite:///{config.parent}/home/state/ledger.sqlite").close()
    result = tg(config, *words)
    assert result.exit_code == 0
    assert result.output.strip()


def test_costs_name_every_stage_and_the_total(filled: Path) -> None:
    assert told(filled, "costs") == {
        "stages": [
            {
                "stage": "filter",
                "model": "cheap",
                "requests": 2,
                "prompt_tokens": 2000,
                "completion_tokens": 40,
                "cost_usd": 0.025,
                "mean_latency_s": 2.0,
                "failed": 2,
            }
        ],
        "total": {
            "requests": 2,
            "prompt_tokens": 2000,
            "completion_tokens": 40,
            "cost_usd": 0.025,
            "failed": 2,
        },
    }
    shown = tg(filled, "costs").stdout
    assert "in all" in shown
    assert "0.0250" in shown


def test_failures_are_grouped_and_listed_with_their_items(filled: Path) -> None:
    found = told(filled, "ledger", "failures")
    assert isinstance(found, dict)
    assert [(line["outcome"], line["answers"]) for line in found["reasons"]] == [
        ("failed", 2),
        ("invalid", 1),
    ]
    listed = {line["item"]["path"]: line for line in found["failures"]}
    assert set(listed) == {"counting", "charts", "maps"}
    assert listed["maps"]["image_id"] == "picture 1"
    shown = tg(filled, "ledger", "failures").stdout
    assert "failed: why" in shown
    assert '{"path":"maps"}' in shown
    assert tg(filled, "ledger", "failures", "--stage", "vote").exit_code == 0


def test_outcomes_are_counted(filled: Path) -> None:
    found = told(filled, "ledger", "outcomes")
    assert isinstance(found, dict)
    assert {line["outcome"]: line["answers"] for line in found["outcomes"]} == {
        "answered": 1,
        "failed": 2,
        "invalid": 1,
    }


def test_replay_tells_what_it_does(filled: Path) -> None:
    dry = told(filled, "ledger", "replay", "--dry-run")
    assert isinstance(dry, dict)
    assert (dry["answered"], dry["lost"]) == (1, 1)
    result = tg(filled, "ledger", "replay", "--stage", "filter")
    assert "1 items that had no answer have one now." in result.stdout
    assert "1 answers cannot be read any more; they stay." in result.stdout
    assert told(filled, "ledger", "replay") == {**dry, "answered": 0, "changes": {
        **dry["changes"], "answered": []
    }}  # fmt: skip


def test_what_a_replay_changed_makes_its_stage_s_partitions_stale(filled: Path) -> None:
    galaxy = Galaxy(load_settings(filled))
    before = {asset: recipe(galaxy, asset, "shard") for asset in ("filtered_pairs", "raw_qa")}
    assert recipe(galaxy, "filtered_pairs", "shard") == before["filtered_pairs"]
    tg(filled, "ledger", "replay")
    assert recipe(galaxy, "filtered_pairs", "shard") != before["filtered_pairs"]
    assert recipe(galaxy, "raw_qa", "shard") == before["raw_qa"]
    galaxy.close()


def test_unknown_stage_is_named_with_those_there_are(filled: Path) -> None:
    result = tg(filled, "ledger", "replay", "--stage", "votes")
    assert result.exit_code == 2
    assert "no stage is called 'votes'" in result.output


def test_ledger_that_cannot_be_opened_is_said_without_a_traceback(config: Path) -> None:
    place = config.parent / "home" / "state" / "ledger.sqlite"
    place.mkdir(parents=True)
    result = tg(config, "costs")
    assert result.exit_code == 2
    assert "cannot be opened" in result.output
    assert "Traceback" not in result.output
