"""`tg ask`: words become a query that is shown before it runs; what is no query is said so."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answered_tasks import BAD, GOOD
from click.testing import Result
from fixtures import RunningServer
from schema_server import Behaviour
from translator_server import TranslatorServer
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.model_performance.queries.query import make_query
from tg_assets.model_performance.translation.prompts import query_of
from tg_assets.model_performance.translation.reply_schema import REPLY_SCHEMA

NO_PLANS = dict.fromkeys(("generator", "target", "attribute_type", "attribute_value", "grid"))


def said(kind: str, **fields: Any) -> dict[str, Any]:
    query = {"kind": kind, "model": BAD, "by": [], "plans": NO_PLANS, **fields}
    return {"query": query, "reason": None}


GOOD_ONES = {
    "what is bob worst at on large grids?": said(
        "top-k", k=3, order="worst", by=["generator"], plans={**NO_PLANS, "grid": 3}
    ),
    "where is bob below a half?": said("threshold", threshold=0.5, side="below", by=["target"]),
    "where does bob lose to ada?": said(
        "compare", others=[GOOD], margin=0, finding="worse", by=["generator"]
    ),
    "what is wrong with bob?": said("debug", deviations=None, threshold=0.4, patterns=None),
}
BAD_ONES = {
    "which model?": (said("top-k", k=1, order="worst", model="zed"), "the model 'zed'; there are"),
    "which column?": (
        said("top-k", k=1, order="worst", by=["colour"]),
        "no column 'colour'; they have generator",
    ),
    "which filter?": (
        said("top-k", k=1, order="worst", plans={"colour": "red"}),
        "no column 'colour'; there are generator",
    ),
    "which kind?": (said("tournament"), "the reply's query is none"),
    "which number?": (said("top-k", k=-1, order="worst"), "k: Input should be greater than"),
    "no kind?": ({"query": {"model": BAD}, "reason": None}, "kind: it names none of top-k"),
    "prose?": ("You could look at the worst ones.", "holds no JSON object"),
    "nothing?": ({"query": None, "reason": None}, "neither a query nor a reason"),
    "refused?": (None, "refused): I do not speak about models"),
    "who won the cup?": (
        {"query": None, "reason": "nothing is known of cups"},
        "no query answers this: nothing is known of cups",
    ),
    "which thing?": (
        said("top-k", k=1, order="worst", plans={"target": "appel"}),
        "no plan has target 'appel'; there are apple",
    ),
    "broken?": (400, "gave no query (failed)"),
}
GREEDY = "spend?"
SETTINGS = """
  translator:
    provider: openai
    model: translator
    base_url: URL
    api_key_env: null
    max_attempts: 1
    price: {input: 1, output: 10}
  nobody: {provider: openai, model: m, base_url: "http://127.0.0.1:9/v1", api_key_env: null,
    max_attempts: 1, price: {input: 0, output: 0}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    replies = GOOD_ONES | {words: reply for words, (reply, _) in BAD_ONES.items()}
    replies[GREEDY] = said("top-k", k=1, order="worst", model="A", budget=10_000, seed=7)
    running = RunningServer(Behaviour(), TranslatorServer(replies))  # type: ignore[arg-type]
    yield running
    running.stop()


@pytest.fixture(scope="module")
def config(answered: Path, server: RunningServer) -> Path:
    file = answered.with_name("asking.yaml")
    file.write_text(answered.read_text() + SETTINGS.replace("URL", server.url))
    return file


def ask(config: Path, words: str, *more: str, model: str = "translator", **run: Any) -> Result:
    command = ["ask", words, "--model", model, "--config", str(config), *more]
    return CliRunner().invoke(app, command, terminal_width=200, **run)


@pytest.mark.parametrize("words", GOOD_ONES)
def test_a_question_becomes_a_query_and_the_command_that_is_shown_asks_the_same(
    config: Path, words: str
) -> None:
    result = ask(config, words, "--yes", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    wanted = query_of(GOOD_ONES[words]["query"], budget=0)
    assert make_query(**answer["query"]) == wanted
    _, command = result.stderr.splitlines()[:2]
    assert command.startswith(f"  tg query {wanted.kind}")
    alone = CliRunner().invoke(app, [*shlex.split(command)[1:], "--json"])
    assert json.loads(alone.stdout) == answer


def test_the_same_words_are_bought_once_and_the_model_is_told_what_there_is(
    config: Path, server: RunningServer
) -> None:
    words = "what is bob worst at on large grids?"
    ask(config, words, "--yes")
    before = len(server.log)
    assert "from the ledger" in ask(config, words, "--yes").stderr
    assert len(server.log) == before
    (told, *_) = [entry for entry in server.log if entry["data"]["words"] == words]
    assert told["data"]["models"] == [GOOD, BAD, "shy"]
    assert "how-many-2d" in told["data"]["columns"]["generator"]["values"]
    assert told["format"]["json_schema"]["schema"] == REPLY_SCHEMA


def test_nothing_runs_before_someone_agrees(config: Path) -> None:
    words = "what is bob worst at on large grids?"
    left = ask(config, words, "--json")
    assert (left.exit_code, left.stdout) == (1, "")
    assert "tg query top-k" in left.stderr
    assert ask(config, words, "--json", input="n\n").stdout == ""
    assert json.loads(ask(config, words, "--json", input="y\n").stdout)["found"]


@pytest.mark.parametrize("words", BAD_ONES)
def test_what_is_no_query_is_said_with_what_there_is(config: Path, words: str) -> None:
    result = ask(config, words, "--yes", "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert BAD_ONES[words][1] in result.stderr


def test_a_bad_reply_is_kept_with_its_reason_and_asked_again_only_so_often(
    config: Path, server: RunningServer
) -> None:
    for _ in range(5):
        assert "holds no JSON object" in ask(config, "prose?").stderr
    asked = [entry for entry in server.log if entry["data"]["words"] == "prose?"]
    assert 1 < len(asked) <= 4


def test_a_reply_cannot_spend(config: Path) -> None:
    simulated = ["--simulate", "smooth", "--plans", "30", "--budget", "7", "--yes", "--json"]
    answer = json.loads(ask(config, GREEDY, *simulated).stdout)
    assert answer["spent"] == answer["query"]["budget"] == 7
    assert answer["query"]["seed"] == 0


@pytest.mark.parametrize(
    ("model", "words", "message"),
    [
        ("embedded", "why?", "does not understand questions in words"),
        ("nobody", "why?", "nobody gave no query (failed)"),
        ("absent", "why?", "the settings have no model 'absent'; they have embedded"),
        ("translator", "  ", "there is no question"),
    ],
)
def test_who_cannot_translate_says_so(config: Path, model: str, words: str, message: str) -> None:
    result = ask(config, words, "--yes", model=model)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_schema_is_one_that_strict_servers_take() -> None:
    def objects(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if part.get("type") == "object":
                yield part
            for one in part.values():
                yield from objects(one)
        elif isinstance(part, list):
            for one in part:
                yield from objects(one)

    found = list(objects(REPLY_SCHEMA))
    assert len(found) == 9  # the reply, four kinds, the plans of each
    for one in found:
        assert one["required"] == list(one["properties"])
        assert one["additionalProperties"] is False
    assert "$ref" not in json.dumps(REPLY_SCHEMA)
