"""`tg batches`: what is under way, and how it is ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from asked import VOTE, picture, votes
from batch_server import Script, running
from batches import NAME, batch_model, executed_twice
from typer.testing import CliRunner

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.messages import Answer, Outcome
from tg_assets.cli import app


def _galaxy(folder: Path, url: str) -> Path:
    model = {
        "provider": "openai-batch",
        "model": "schema",
        "base_url": url,
        "api_key_env": None,
        "price": {"input": 1, "output": 10},
    }
    settings = {
        "name": "small",
        "home": str(folder / "home"),
        "sources": [{"kind": "rendered", "name": "drawn", "count": 2}],
        "task_tree": {"seeds": "embedded", "model": "embedded"},
        "filter": NAME,
        "ask": NAME,
        "referees": {"ada": NAME},
        "models": {NAME: model},
        "ledger": f"sqlite:///{folder}/ledger.sqlite",
        "dataset": {"min_score": 1},
    }
    file = folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return file


def _tg(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["batches", *map(str, words)])
    return done.exit_code, done.output


def _ask(url: str, folder: Path, **settings: object) -> list[Answer]:
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
    try:
        questions = votes(picture(folder, 1), 4)
        return ask(VOTE, questions, batch_model(url, **settings), ledger)[0]
    finally:
        ledger.close()


@pytest.mark.parametrize("how", ["table", "--json"])
def test_open_batches_are_listed_with_state_counts_and_age(how: str, tmp_path: Path) -> None:
    with running(Script()) as server:
        config = _galaxy(tmp_path, server.url)
        assert "No batch is under way" in _tg("-c", config)[1]
        _ask(server.url, tmp_path, wait=False)
        code, said = _tg("-c", config, *(["--json"] if how == "--json" else []))
        assert code == 0
        if how == "--json":
            (job,) = json.loads(said)
            assert (job["batch"], job["state"], job["requests"]) == ("batch_1", "submitted", 4)
            assert job["remote_status"] == "in_progress"
        else:
            assert all(word in said for word in ("batch_1", "in_progress", "vote", "0:00 h"))
        _ask(server.url, tmp_path)
        assert "No batch is under way" in _tg("-c", config)[1]
        assert "harvested" in _tg("-c", config, "--all")[1]


def test_cancelled_batch_is_harvested_and_its_rest_asked_again(tmp_path: Path) -> None:
    with running(Script(plan=["half cancelled"])) as server:
        config = _galaxy(tmp_path, server.url)
        _ask(server.url, tmp_path, wait=False)
        code, said = _tg("cancel", "batch_1", "-c", config)
        assert (code, "cancelling" in said) == (0, True)
        answers = _ask(server.url, tmp_path)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (len(server.batches), executed_twice(server)) == (2, [])


def test_batch_that_the_endpoint_lost_can_be_given_up(tmp_path: Path) -> None:
    with running(Script()) as server:
        config = _galaxy(tmp_path, server.url)
        _ask(server.url, tmp_path, wait=False)
        server.batches.clear()
        code, said = _tg("forget", "batch_1", "-c", config)
        assert (code, "asks its 4 requests anew" in said) == (0, True)
        answers = _ask(server.url, tmp_path)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}


@pytest.mark.parametrize("command", ["cancel", "forget"])
def test_unknown_batch_is_refused(command: str, tmp_path: Path) -> None:
    code, said = _tg(command, "batch_9", "-c", _galaxy(tmp_path, "http://127.0.0.1:1/v1"))
    assert (code, "batch_9" in said) == (2, True)
